/** How steady the machine is: the same arithmetic, timed again and again between the rounds. */
import type { Measurement, Sample } from "../report/bench_report.ts";
import { spin } from "./spin.ts";
import { measurement } from "./statistics.ts";

/** The fastest of a few is how fast a core can go now; the others were interrupted. */
const TRIES = 3;

/** The pace of one core alone, and of all of them at once: a shared machine may lose the others. */
export interface Paces {
  /** Milliseconds of the arithmetic on one core. */
  readonly oneCore: Measurement;
  /** Mean milliseconds of the arithmetic on every core at the same time. */
  readonly allCores: Measurement;
}

/** Collects the samples; it has a thread for every core but the caller's. */
export class Calibration {
  readonly #oneCore: Sample[] = [];
  readonly #allCores: Sample[] = [];
  readonly #beganMs: number;
  readonly #others: readonly Worker[];

  /**
   * @param beganMs When the benchmark began, by `performance.now()`.
   * @param cores How many there are.
   */
  constructor(beganMs: number, cores: number = navigator.hardwareConcurrency) {
    this.#beganMs = beganMs;
    const module = new URL("./spin_worker.ts", import.meta.url);
    this.#others = Array.from({ length: cores - 1 }, () => new Worker(module, { type: "module" }));
  }

  /** Times the loop on the calling thread, then on one thread a core. */
  async measure(): Promise<void> {
    if (this.#oneCore.length === 0) await this.#spinAll(); // the first run is interpreted
    const one: number[] = [];
    const all: number[] = [];
    for (let i = 0; i < TRIES; i++) {
      one.push(spin());
      all.push(await this.#spinAll());
    }
    this.#oneCore.push(this.#sample(one));
    this.#allCores.push(this.#sample(all));
  }

  /**
   * What was collected.
   *
   * @throws {RangeError} If nothing was measured.
   */
  result(): Paces {
    return { oneCore: measurement(this.#oneCore), allCores: measurement(this.#allCores) };
  }

  /** Ends the threads. */
  [Symbol.dispose](): void {
    for (const worker of this.#others) worker.terminate();
  }

  #sample(times: readonly number[]): Sample {
    return { atMs: performance.now() - this.#beganMs, value: Math.min(...times) };
  }

  async #spinAll(): Promise<number> {
    const others = this.#others.map((worker) => {
      const { promise, resolve } = Promise.withResolvers<number>();
      worker.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
      worker.postMessage(undefined);
      return promise;
    });
    const times = [spin(), ...await Promise.all(others)];
    return times.reduce((sum, ms) => sum + ms, 0) / times.length;
  }
}
