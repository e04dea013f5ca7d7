import { type ByteSource, truncated } from "./byte_source.ts";

const CHUNK_BYTES = 1 << 16;

/**
 * Reads a range of a source from front to back, in chunks; what is skipped is not read.
 *
 * Every read throws a ModelError where the range ends too early, before anything is allocated.
 */
export class ByteCursor {
  /** Where the next read begins. */
  position: number;
  /** Where the range ends. */
  readonly end: number;
  /** What is read. */
  readonly source: ByteSource;
  #chunk = new Uint8Array(0);
  #chunkStart = 0;

  /** Starts at `start`; the range is the rest of the source unless `end` is given. */
  constructor(source: ByteSource, start = 0, end = source.size) {
    this.source = source;
    this.position = start;
    this.end = end;
    if (end > source.size || start > end) throw truncated(source.name, end, source.size);
  }

  /** Bytes to the end of the range. */
  get remaining(): number {
    return this.end - this.position;
  }

  /** The next byte. */
  readByte(): number {
    const at = this.#locate(1);
    this.position++;
    return this.#chunk[at]!;
  }

  /** The next bytes; they are the caller's. */
  readBytes(length: number): Uint8Array<ArrayBuffer> {
    this.#require(length);
    if (length > CHUNK_BYTES) {
      const bytes = this.source.read(this.position, length);
      this.position += length;
      return bytes;
    }
    const at = this.#locate(length);
    this.position += length;
    return this.#chunk.slice(at, at + length);
  }

  /** A view of the next bytes, at most 8, for numbers. */
  readView(length: number): DataView {
    const at = this.#locate(length);
    this.position += length;
    return new DataView(this.#chunk.buffer, this.#chunk.byteOffset + at, length);
  }

  /** Bytes up to a line feed, which is passed over; at most `limit`. */
  readLine(limit: number): Uint8Array {
    const line: number[] = [];
    for (let byte = this.readByte(); byte !== 10; byte = this.readByte()) {
      line.push(byte);
      if (line.length > limit) throw truncated(this.source.name, this.end + 1, this.end);
    }
    return Uint8Array.from(line);
  }

  /** Passes over bytes. */
  skip(length: number): void {
    this.#require(length);
    this.position += length;
  }

  #require(length: number): void {
    if (!(length >= 0 && length <= this.remaining)) {
      throw truncated(this.source.name, this.position + length, this.end);
    }
  }

  /** Position in the chunk of the next `length` bytes, which are in it afterwards. */
  #locate(length: number): number {
    this.#require(length);
    const at = this.position - this.#chunkStart;
    if (at >= 0 && at + length <= this.#chunk.length) return at;
    this.#chunk = this.source.read(this.position, Math.min(CHUNK_BYTES, this.remaining));
    this.#chunkStart = this.position;
    return 0;
  }
}
