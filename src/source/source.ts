/** What every source of frames is to the pipeline. */
import type { StreamInfo } from "../frame/stream.ts";
import type { FrameRing } from "../ring/ring.ts";

/** The producer's side of the ring: all that a source touches. */
export type SlotFiller = Pick<
  FrameRing,
  "acquire" | "publish" | "abandon" | "header" | "section"
>;

/** What a live source touches as well: it may not wait for a slot, and may take a frame back. */
export type LiveSlotFiller = SlotFiller & Pick<FrameRing, "tryAcquire" | "reclaimOldest">;

/**
 * Fills the ring with the frames of one stream.
 *
 * - One `run` a source; it ends with the stream, the signal, the ring or `close`.
 * - Back-pressure is `acquire()`: a source holds at most one slot and no frames of its own.
 * - Errors: `run` rejects with `InputError` when the stream gives no frame, with `FfmpegError` when
 *   the decoder misbehaves or is killed. An abort is no error.
 */
export interface FrameSource {
  /** What is true of every frame; `startUs` is known once the first frame is published. */
  readonly info: StreamInfo;
  /**
   * Fills slots with frames in order until the stream ends or the signal aborts. Sets the header's
   * `index`, `ptsUs`, `reading` and `ready`, fills the section of the pixels, then publishes.
   */
  run(ring: SlotFiller, signal: AbortSignal): Promise<void>;
  /** CPU milliseconds spent on decoding or drawing so far, where known. */
  readonly cpuMs: number | undefined;
  /** Whether `cpuMs` is time of the thread that runs it, and not of a process; false by default. */
  readonly isDrawn?: boolean;
  /** Frees everything (kills the decoder); safe to call twice. */
  close(): Promise<void>;
}
