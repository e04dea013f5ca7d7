/** The stream ended where more was expected. */
export class EndOfDataError extends RangeError {
  /** Always "EndOfDataError". */
  override readonly name = "EndOfDataError";
}

/** What a pipe holds, and so the most that one read gives. */
const BUFFER_BYTES = 65536;

/**
 * V8 copies into shared memory word by word where source and destination lie alike within a word, and
 * byte by byte where not, which takes eight times as long.
 */
const WORD_BYTES = 8;

/**
 * Reads a byte stream byte by byte and span by span across its pieces, without joining them. One
 * buffer serves all reads, which keeps the garbage collector out of the flow of pixels.
 */
export class ByteReader {
  #reader: ReadableStreamBYOBReader;
  #buffer = new ArrayBuffer(WORD_BYTES + BUFFER_BYTES);
  #piece = new Uint8Array(0);
  #at = 0;
  #before = 0;
  #hasEnded = false;

  /** Locks the stream, which must be one of bytes as those of a process are, to this reader. */
  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader({ mode: "byob" });
  }

  /** How many bytes were taken from the stream so far. */
  get position(): number {
    return this.#before + this.#at;
  }

  /** Whether the stream has ended; waits for the next piece where that is not known yet. */
  async isAtEnd(): Promise<boolean> {
    return this.#at === this.#piece.length && !await this.#advance();
  }

  /**
   * The next byte; without a wait where it is there already.
   *
   * @throws {EndOfDataError} If the stream has ended.
   */
  byte(): number | Promise<number> {
    return this.#at < this.#piece.length ? this.#piece[this.#at++]! : this.#awaitByte();
  }

  /**
   * Fills `destination`, which may lie in shared memory, piece by piece as they come.
   *
   * @throws {EndOfDataError} If the stream ends before.
   */
  async readInto(destination: Uint8Array): Promise<void> {
    let filled = 0;
    while (filled < destination.length) {
      if (this.#at === this.#piece.length) await this.#require(destination.byteOffset + filled);
      const count = Math.min(destination.length - filled, this.#piece.length - this.#at);
      destination.set(this.#piece.subarray(this.#at, this.#at + count), filled);
      this.#at += count;
      filled += count;
    }
  }

  /**
   * Passes over `count` bytes.
   *
   * @throws {EndOfDataError} If the stream ends before.
   */
  async skip(count: number): Promise<void> {
    let left = count;
    while (left > 0) {
      if (this.#at === this.#piece.length) await this.#require();
      const step = Math.min(left, this.#piece.length - this.#at);
      this.#at += step;
      left -= step;
    }
  }

  /** Stops reading and lets the stream go. */
  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }

  async #awaitByte(): Promise<number> {
    await this.#require();
    return this.#piece[this.#at++]!;
  }

  async #require(target?: number): Promise<void> {
    if (!await this.#advance(target)) {
      throw new EndOfDataError(`the data ends too early, after ${this.position} bytes`);
    }
  }

  /**
   * Goes on to the next piece; false at the end.
   *
   * @param target Where in its memory the piece is going to be copied to.
   */
  async #advance(target = 0): Promise<boolean> {
    if (this.#hasEnded) return false;
    this.#before += this.#at;
    this.#at = 0;
    this.#piece = new Uint8Array(0);
    const room = new Uint8Array(this.#buffer, target % WORD_BYTES, BUFFER_BYTES);
    const { done, value } = await this.#reader.read(room);
    this.#hasEnded = done;
    if (done) return false;
    // The stream takes the buffer while it fills it, and gives it back as a new object.
    this.#buffer = value.buffer;
    this.#piece = value;
    return true;
  }
}
