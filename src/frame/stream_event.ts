/** What happens to a live stream beside its frames: the log's lines and what the counters count. */
import type { Size } from "./geometry.ts";

/** One event of one stream. Texts are on one line, credentials hidden. */
export type StreamEvent =
  /** The decoder gives frames. `attempt` counts from 1; `awayMs` is the time without frames before. */
  | {
    readonly kind: "connected";
    readonly codec: string;
    /** As the camera sends it. */
    readonly size: Size;
    readonly attempt: number;
    readonly awayMs: number;
  }
  /** The camera sends another size than before; its frames are fitted into the stream's. */
  | { readonly kind: "resized"; readonly from: Size; readonly to: Size }
  /** The stream ended or broke off. */
  | { readonly kind: "lost"; readonly reason: string }
  /** Nothing came for that long; the decoder is ended. */
  | { readonly kind: "stalled"; readonly silentMs: number }
  /** The next attempt comes after `delayMs`. */
  | {
    readonly kind: "retrying";
    readonly attempt: number;
    readonly delayMs: number;
    readonly reason: string;
  }
  /** The camera answers, and refuses (401, 403, 404): asked again only after minutes. */
  | { readonly kind: "rejected"; readonly reason: string; readonly delayMs: number }
  /** No more attempts are made. */
  | { readonly kind: "gave up"; readonly attempts: number; readonly reason: string }
  /** The stream cannot go on, for another reason than its camera. */
  | { readonly kind: "failed"; readonly reason: string }
  /** The stream's clock jumped; frames are timed by their arrival from here. */
  | { readonly kind: "clock jumped"; readonly jumpMs: number }
  /** A thread failed and was replaced. */
  | { readonly kind: "worker replaced"; readonly reason: string }
  /** The encoder died and was replaced. */
  | { readonly kind: "encoder replaced"; readonly reason: string }
  /** A recording's segment is closed. */
  | { readonly kind: "segment closed"; readonly path: string }
  /** An output fell away; it is tried again after `delayMs`. */
  | {
    readonly kind: "output lost";
    readonly output: string;
    readonly reason: string;
    readonly delayMs: number;
  }
  /** An output that had fallen away is back. */
  | { readonly kind: "output restored"; readonly output: string }
  /** The governor runs the network at another size. */
  | { readonly kind: "stepped"; readonly from: Size; readonly to: Size; readonly reason: string };

/** Where events go. Called on the main thread; must not throw. */
export type OnStreamEvent = (event: StreamEvent) => void;
