import type { ByteReader } from "./byte_reader.ts";

/** Reads the fields of NUT headers from a stream of bytes. */
export class NutFields {
  #bytes: ByteReader;

  /** Reads from where `bytes` stands. */
  constructor(bytes: ByteReader) {
    this.#bytes = bytes;
  }

  /** How many bytes were read so far. */
  get position(): number {
    return this.#bytes.position;
  }

  /**
   * A variable-length unsigned integer: seven bits a byte, the highest first, the top bit set on all
   * but the last ("v" in the specification).
   *
   * @throws {RangeError} If it is no safe integer.
   */
  async unsigned(): Promise<number> {
    let value = 0;
    for (;;) {
      const byte = await this.#bytes.byte();
      value = value * 128 + (byte & 0x7F);
      if (value > Number.MAX_SAFE_INTEGER) throw new RangeError("a number of more than 53 bits");
      if (byte < 0x80) return value;
    }
  }

  /** A variable-length signed integer: 0, 1, −1, 2, −2, … as 0, 1, 2, 3, 4, … ("s"). */
  async signed(): Promise<number> {
    const value = await this.unsigned();
    return value % 2 === 1 ? (value + 1) / 2 : 0 - value / 2;
  }

  /**
   * An unsigned integer below `limit`.
   *
   * @throws {RangeError} If it is `limit` or more; `what` names it.
   */
  async below(what: string, limit: number): Promise<number> {
    const value = await this.unsigned();
    if (value >= limit) throw new RangeError(`${value} ${what}`);
    return value;
  }

  /** The next `count` bytes, copied; for short fields. */
  async bytes(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const copy = new Uint8Array(count);
    await this.#bytes.readInto(copy);
    return copy;
  }

  /** Passes over `count` bytes. */
  skip(count: number): Promise<void> {
    return this.#bytes.skip(count);
  }
}
