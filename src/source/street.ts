/**
 * `street:`, a source that needs no file: a drive through a street that this project draws itself,
 * with the true class of every pixel known.
 */

import process from "node:process";
import { setImmediate as turn } from "node:timers/promises";
import { nowMs } from "../frame/clock.ts";
import { i420Layout } from "../frame/geometry.ts";
import type { Ratio, StreamInfo } from "../frame/stream.ts";
import { HEADER } from "../frame/timing.ts";
import { SECTION } from "../ring/sections.ts";
import type { FrameSource, SlotFiller } from "./source.ts";
import type { StreetOptions } from "./street/options.ts";
import { STREET_COLOUR } from "./street/paint.ts";
import { StreetScene } from "./street/scene.ts";

export { isStreet, parseStreet, STREET_DEFAULTS, type StreetOptions } from "./street/options.ts";
export { StreetScene } from "./street/scene.ts";

/**
 * Opens a drive as a source. It draws as fast as the ring takes frames, on the thread that calls
 * `run`, one frame between two turns of the event loop.
 *
 * @throws {RangeError} If a side of the size is not a positive even integer.
 */
export function openStreetSource(options: StreetOptions): FrameSource {
  return new StreetSource(options);
}

class StreetSource implements FrameSource {
  readonly info: StreamInfo;
  readonly #options: StreetOptions;
  #cpuMs = 0;
  #closed = false;

  constructor(options: StreetOptions) {
    i420Layout(options.size);
    const { size, frameRate, durationUs } = options;
    const { numerator, denominator } = frameRate;
    this.#options = options;
    this.info = {
      size,
      sampleAspectRatio: { numerator: 1, denominator: 1 },
      colour: STREET_COLOUR,
      frameRate,
      startUs: 0,
      durationUs,
      frameCount: Math.max(1, Math.round((durationUs * numerator) / (denominator * 1e6))),
      hasAudio: false,
    };
  }

  get cpuMs(): number {
    return this.#cpuMs;
  }

  get isDrawn(): true {
    return true;
  }

  async run(ring: SlotFiller, signal: AbortSignal): Promise<void> {
    const { size, seed, frameRate } = this.#options;
    const begun = threadCpuMs();
    const scene = new StreetScene({ size, seed });
    this.#cpuMs += threadCpuMs() - begun;
    for (let index = 0; index < this.info.frameCount! && !this.#closed; index++) {
      const slot = await ring.acquire(signal);
      if (slot === undefined) return;
      const ptsUs = framePtsUs(index, frameRate);
      const header = ring.header(slot);
      header[HEADER.index] = index;
      header[HEADER.ptsUs] = ptsUs;
      header[HEADER.reading] = nowMs();
      const before = threadCpuMs();
      scene.draw(ptsUs, ring.section(slot, SECTION.pixels));
      this.#cpuMs += threadCpuMs() - before;
      header[HEADER.ready] = nowMs();
      ring.publish(slot);
      await turn(); // the sink and the timers of this thread
    }
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }
}

/**
 * CPU time of this thread. On a busy machine the wall clock counts other programs too; this clock may
 * be coarse, but over many frames its steps average out.
 */
function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The presentation time of a frame: exact to the rounding of the last microsecond. */
export function framePtsUs(index: number, { numerator, denominator }: Ratio): number {
  return Math.round((index * denominator * 1e6) / numerator);
}
