/** Two frames, each tried twice: one alone may be a bad frame. */
const FEWEST_FAULTS = 4;

/** Streams that have no frames say nothing of the thread: after that long it is not waited for them. */
const LONGEST_RUN_MS = 10_000;

/**
 * Frames that failed one after the other in one thread: tells a stream that cannot be run from a thread
 * that can run none. To replace a thread costs all its streams their networks, so that of a bad stream
 * is kept.
 */
export class FaultRun {
  readonly #streams = new Set<number>();
  #count = 0;
  #sinceMs = 0;

  /**
   * A frame failed.
   *
   * @param streams How many the thread serves.
   * @returns Whether the thread is to blame: each of its streams failed, or nothing else was run for
   *   ten seconds.
   */
  add(stream: number, streams: number, atMs: number): boolean {
    if (this.#count++ === 0) this.#sinceMs = atMs;
    this.#streams.add(stream);
    if (this.#count < FEWEST_FAULTS) return false;
    return this.#streams.size >= streams || atMs - this.#sinceMs >= LONGEST_RUN_MS;
  }

  /** The network ran on a frame. */
  end(): void {
    this.#count = 0;
    this.#streams.clear();
  }
}
