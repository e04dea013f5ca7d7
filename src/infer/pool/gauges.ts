import { GAUGE, GAUGES } from "./messages.ts";

/** How quickly the figures follow: the share of the newest frame. */
const SMOOTHING = 0.1;

/** The smoothed figures that the workers' HUDs show: written by the main thread, frame by frame. */
export class Gauges {
  /** What the workers read. */
  readonly buffer = new SharedArrayBuffer(GAUGES * Float64Array.BYTES_PER_ELEMENT);
  readonly #values = new Float64Array(this.buffer);
  #lastMs = 0;
  #intervalMs = 0;

  /** Takes in a frame that was ready and written then, by `nowMs()`. */
  add(readyMs: number, writtenMs: number): void {
    this.#values[GAUGE.latencyMs] = smooth(this.#values[GAUGE.latencyMs]!, writtenMs - readyMs);
    // The interval is smoothed, not its inverse, whose mean is always too high.
    if (this.#lastMs > 0) this.#intervalMs = smooth(this.#intervalMs, writtenMs - this.#lastMs);
    if (this.#intervalMs > 0) this.#values[GAUGE.fps] = 1000 / this.#intervalMs;
    this.#lastMs = writtenMs;
  }
}

function smooth(before: number, value: number): number {
  return before === 0 ? value : before + (value - before) * SMOOTHING;
}
