/**
 * What threads wait on that look at several rings: a word in shared memory, which changes whenever
 * there may be something to do.
 *
 * Look at `epoch` first, then at everything that may have happened, then `wait` for that epoch: a
 * ring in between is not missed.
 */
export class Bell {
  /** Crosses threads. */
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array<SharedArrayBuffer>;

  /** @param buffer Of the bell to share; a bell of its own without it. */
  constructor(
    buffer: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
  ) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  /** Changes with every ring. */
  get epoch(): number {
    return Atomics.load(this.#words, 0);
  }

  /** Wakes every thread that waits. */
  ring(): void {
    Atomics.add(this.#words, 0, 1);
    Atomics.notify(this.#words, 0);
  }

  /** Blocks this thread until the epoch is no longer `seen`. */
  wait(seen: number): void {
    Atomics.wait(this.#words, 0, seen);
  }
}
