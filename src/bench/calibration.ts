/** How steady the machine is: the same arithmetic, timed again and again between the rounds. */
import type { Measurement, Sample } from "../report/bench_report.ts";
import { measurement } from "./statistics.ts";

/** Steps of the generator; about 20 ms on a core of 2020. */
const STEPS = 1 << 24;

/** The fastest of a few is how fast the core can go now; the others were interrupted. */
const TRIES = 3;

/** Collects the samples. */
export class Calibration {
  readonly #samples: Sample[] = [];
  readonly #beganMs: number;
  /** Kept, so that the loop cannot be optimised away. */
  #state = 1;

  /** @param beganMs When the benchmark began, by `performance.now()`. */
  constructor(beganMs: number) {
    this.#beganMs = beganMs;
    this.#spin(); // the first run is interpreted
  }

  /** Times the loop on the calling thread. */
  measure(): void {
    let value = Infinity;
    for (let i = 0; i < TRIES; i++) value = Math.min(value, this.#spin());
    this.#samples.push({ atMs: performance.now() - this.#beganMs, value });
  }

  /**
   * What was collected.
   *
   * @throws {RangeError} If nothing was measured.
   */
  result(): Measurement {
    return measurement(this.#samples);
  }

  /** Xorshift: each step needs the one before, so that only the clock of the core counts. */
  #spin(): number {
    const began = performance.now();
    let state = this.#state;
    for (let step = 0; step < STEPS; step++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
    }
    this.#state = state;
    return performance.now() - began;
  }
}
