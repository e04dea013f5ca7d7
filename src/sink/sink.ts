/** What empties the ring: the contract of every output that takes finished frames in order. */
import { OutputError } from "../errors.ts";

/** A frame with everything that was computed for it. The buffers belong to the caller. */
export interface FinishedFrame {
  /** The frame's timing record; the fields are `HEADER` in src/frame/timing.ts. */
  readonly header: Float64Array;
  /** The overlaid frame: I420, of the output's size. */
  readonly pixels: Uint8Array;
  /** Class ids, row-major, of the source's size. */
  readonly labels: Uint8Array;
  /** Confidence of each label, 0–255, of the source's size, where the run computes it. */
  readonly confidence: Uint8Array | undefined;
}

/**
 * Takes the frames of one stream.
 *
 * - Frames come in order, one at a time: `write()` is called again only after it resolved.
 * - Back-pressure is the promise of `write()`: it resolves when the frame's buffers may be reused.
 * - Either `close()` or `abort()` ends it; after that `write()` rejects.
 */
export interface FrameSink {
  /**
   * Takes one frame.
   *
   * @throws {OutputError} If the output cannot be written; the sink takes no more frames.
   */
  write(frame: FinishedFrame): Promise<void>;
  /**
   * Ends the output. `complete` puts it under its final name; `interrupted` leaves what there is,
   * playable, under a partial name beside it.
   *
   * @throws {OutputError} If it cannot be finished; the message says what is left and where.
   */
  close(outcome: SinkOutcome): Promise<SinkResult>;
  /** Stops at once and leaves nothing behind. Safe to call at any time, and twice. */
  abort(): Promise<void>;
}

/** How a stream of frames ended. */
export type SinkOutcome = "complete" | "interrupted";

/** What a sink leaves. */
export interface SinkResult {
  /** Where the output is; undefined when it is no file, or when there was no frame. */
  readonly path: string | undefined;
  /** CPU milliseconds spent on encoding, where known. */
  readonly cpuMs: number | undefined;
  /** The size of the output, where known. */
  readonly bytes: number | undefined;
  /** What the user should know, one line each: sound that could not be kept, for example. */
  readonly notes?: readonly string[];
}

/** The error for what comes after the end of a sink. */
export function closedError(target: string): OutputError {
  return new OutputError(
    `Cannot write to ${JSON.stringify(target)}: it was closed. Open it again.`,
    { output: target },
  );
}

/** The result of a sink that had no frame: there is nothing. */
export const NOTHING: SinkResult = { path: undefined, cpuMs: undefined, bytes: undefined };
