/** What a live source is to those who use it. */
import type { Size } from "../../frame/geometry.ts";
import type { OnStreamEvent } from "../../frame/stream_event.ts";
import type { BinaryOptions } from "../../ffmpeg/binary.ts";
import type { RtspTransport } from "../../ffmpeg/live_input.ts";
import type { FrameSource, LiveSlotFiller } from "../source.ts";
import type { BackoffOptions } from "./backoff.ts";
import type { DropPolicy } from "./intake.ts";

/** Where a live source is in its life. */
export type LiveState = "connecting" | "live" | "reconnecting" | "ended";

/** How to read a camera. */
export interface LiveSourceOptions extends BinaryOptions {
  /** Ends the source when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** What gives way when the ring is full: `oldest` by default. */
  readonly drop?: DropPolicy | undefined;
  /** Silence of so long ends the decoder, and the camera is asked anew: 10 s by default. */
  readonly stallTimeoutMs?: number | undefined;
  /**
   * How often in a row a lost camera is asked again: for ever by default. A connection that held for
   * five seconds sets the count back.
   */
  readonly maxReconnects?: number | undefined;
  /** Opening fails where the camera refuses (401, 403, 404), rather than to ask again in minutes. */
  readonly failOnRefusal?: boolean | undefined;
  /** How packets travel from an RTSP camera: `tcp` by default. */
  readonly rtspTransport?: RtspTransport | undefined;
  /** Told of all that happens beside the frames. */
  readonly onEvent?: OnStreamEvent | undefined;
  /** How long to wait between attempts. */
  readonly backoff?: BackoffOptions | undefined;
  /** Frames are fitted into this size, square pixels; into the camera's first by default. */
  readonly size?: Size | undefined;
}

/**
 * Counted since `run` began: what was published and not taken back is `framesIn` less all that was
 * dropped.
 */
export interface LiveCounts {
  /** Frames read from the camera. */
  readonly framesIn: number;
  /** Those that were dropped, by which: `oldest`, taken back from the ring; `newest`, never put in. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Connections after the first, since the source was opened. */
  readonly reconnects: number;
}

/** A source that reads a camera. */
export interface LiveSource extends FrameSource {
  /** What was counted so far. */
  readonly counts: LiveCounts;
  /** Where it is in its life. */
  readonly state: LiveState;
  /** Why it is not live, where it is not; on one line, credentials hidden. */
  readonly reason: string | undefined;
  /** When the first frame of `run` came, in `nowMs()`: PTS 0. Undefined before. */
  readonly epochMs: number | undefined;
  /**
   * Fills slots until the signal aborts, the source is closed or no more attempts are left; losses
   * on the way do not end it. PTS are microseconds of wall time since the first frame, outages
   * included; the header's `index` counts every frame read, so that drops leave gaps in it.
   */
  run(ring: LiveSlotFiller, signal: AbortSignal): Promise<void>;
}
