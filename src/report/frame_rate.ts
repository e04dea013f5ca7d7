const WINDOW_MS = 5000;
const SAMPLE_INTERVAL_MS = 100;

/**
 * The frame rate of the last five seconds, steady enough to read: what a display shows while the run
 * goes on. At rates below one frame in five seconds it reaches back to the last frame.
 */
export class FrameRate {
  #samples: { atMs: number; frames: number }[] = [];

  /** Tells how many frames there are now; `atMs` never goes back. */
  update(frames: number, atMs: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && (frames === last.frames || atMs - last.atMs < SAMPLE_INTERVAL_MS)) {
      return;
    }
    this.#samples.push({ atMs, frames });
    while (this.#samples.length > 2 && this.#samples[1]!.atMs <= atMs - WINDOW_MS) {
      this.#samples.shift();
    }
  }

  /** Frames a second; undefined until there are two moments to compare. */
  fps(frames: number, atMs: number): number | undefined {
    const first = this.#samples[0];
    if (first === undefined || frames <= first.frames || atMs <= first.atMs) return undefined;
    return (frames - first.frames) * 1000 / (atMs - first.atMs);
  }
}
