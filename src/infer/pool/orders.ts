import type { Network } from "../../model/network.ts";
import type { LaneOptions } from "./lane.ts";
import type { SegmenterOptions } from "../segmenter.ts";

/** Tells a worker to time a few runs of the network on a provider, and nothing else. */
export interface TrialOrder {
  readonly kind: "trial";
  readonly network: Network;
  readonly segmenter: SegmenterOptions;
}

/** Tells a worker to serve streams, which further orders bring, until it is told to quit. */
export interface ServeOrder {
  readonly kind: "serve";
  /** This worker's number, which marks the slots it holds. */
  readonly worker: number;
  /** What it waits on: every ring rings it, and every order. */
  readonly bell: SharedArrayBuffer;
  /** Counts the orders that come after this one; see Outbox. */
  readonly mail: SharedArrayBuffer;
  /**
   * How often a frame is tried before it is dropped, for a worker that goes on after a frame that
   * failed; undefined for one that ends at it.
   */
  readonly attempts: number | undefined;
}

/** Tells a worker to load a stream's networks and to take its frames too. */
export interface AttachOrder {
  readonly kind: "attach";
  readonly stream: number;
  readonly lane: LaneOptions;
}

/** Tells a worker to draw a stream's frames otherwise from the next on. */
export interface DrawOrder {
  readonly kind: "draw";
  readonly stream: number;
  readonly overlay: NonNullable<LaneOptions["overlay"]>;
}

/** Tells a worker to free what it holds for a stream, but for the networks. */
export interface DetachOrder {
  readonly kind: "detach";
  readonly stream: number;
}

/** What changes the streams that a worker serves. */
export type StreamOrder = AttachOrder | DrawOrder | DetachOrder;

/** A stream order with the number that its answer has. */
export type NumberedOrder = StreamOrder & { readonly id: number };

/** Tells a worker that it is not needed: it ends after what it is doing, loading included. */
export interface QuitOrder {
  readonly kind: "quit";
}

/** What the main thread sends. */
export type Order = TrialOrder | ServeOrder | NumberedOrder | QuitOrder;
