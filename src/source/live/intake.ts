/** Puts the frames of a camera into the ring, or drops them where there is no place. */
import { nowMs } from "../../frame/clock.ts";
import { HEADER } from "../../frame/timing.ts";
import { SECTION } from "../../ring/sections.ts";
import type { LiveSlotFiller } from "../source.ts";

/**
 * What gives way when the ring is full: the `oldest` frame that waits for a worker, the `newest`,
 * which has just come, or none: then the camera is made to `wait`.
 */
export type DropPolicy = "oldest" | "newest" | "wait";

/** A frame of which the header was read: its pixels are next. */
export interface ArrivingFrame {
  /** When it came, in `nowMs()`. */
  readonly arrivalMs: number;
  /** Of the pixels. */
  readonly byteLength: number;
  /** Reads the pixels; says whether all came. */
  readonly read: (pixels: Uint8Array) => Promise<boolean>;
  /** Passes over them; says whether all came. */
  readonly skip: () => Promise<boolean>;
}

/**
 * Hands frames to one ring and counts them: `framesIn` is what was read to its end, and equals what
 * was published and not taken back, and what was dropped.
 *
 * - `oldest`: a frame that no worker took yet is taken back; where there is none, because all are
 *   being worked on, the one that has just come is dropped.
 * - The frame is read even when it is dropped: nothing piles up in pipes and sockets, so the next one
 *   is new.
 */
export class Intake {
  /** Frames read to their end. */
  framesIn = 0;
  /** Frames dropped, by which they were. */
  readonly dropped: Record<"oldest" | "newest", number> = { oldest: 0, newest: 0 };
  /** Whether the ring gives no more slots. */
  isClosed = false;
  readonly #ring: LiveSlotFiller;
  readonly #policy: DropPolicy;

  /** Fills this ring, whose section of the pixels is at least as long as a frame. */
  constructor(ring: LiveSlotFiller, policy: DropPolicy) {
    this.#ring = ring;
    this.#policy = policy;
  }

  /**
   * Takes one frame.
   *
   * @param ptsUs When it is shown, in microseconds from the first.
   * @param signal Ends the wait for a slot.
   * @returns Whether the frame came to its end. A wait that ended without a slot is an end as well.
   */
  async take(frame: ArrivingFrame, ptsUs: number, signal: AbortSignal): Promise<boolean> {
    const slot = this.#policy === "wait" ? await this.#ring.acquire(signal) : this.#place();
    if (slot !== undefined) return await this.#fill(slot, frame, ptsUs);
    this.isClosed = this.#policy === "wait";
    if (this.isClosed || !await frame.skip()) return false;
    this.framesIn++;
    this.dropped.newest++;
    return true;
  }

  #place(): number | undefined {
    const free = this.#ring.tryAcquire();
    if (free !== undefined || this.#policy === "newest") return free;
    const taken = this.#ring.reclaimOldest();
    // A worker was faster, and may have been through a frame since.
    if (taken === undefined) return this.#ring.tryAcquire();
    this.dropped.oldest++;
    return taken;
  }

  async #fill(slot: number, frame: ArrivingFrame, ptsUs: number): Promise<boolean> {
    const header = this.#ring.header(slot);
    let isWhole = false;
    try {
      const pixels = this.#ring.section(slot, SECTION.pixels);
      isWhole = await frame.read(pixels.subarray(0, frame.byteLength));
    } finally {
      if (!isWhole) this.#ring.abandon(slot);
    }
    if (!isWhole) return false;
    header[HEADER.index] = this.framesIn++;
    header[HEADER.ptsUs] = ptsUs;
    header[HEADER.reading] = frame.arrivalMs;
    header[HEADER.ready] = nowMs();
    this.#ring.publish(slot);
    return true;
  }
}
