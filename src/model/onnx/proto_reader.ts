/**
 * Protobuf's wire format, read field by field; what is not asked for is skipped without being read.
 *
 * Format: https://protobuf.dev/programming-guides/encoding/
 */

import type { ByteCursor } from "../byte_cursor.ts";
import { broken } from "../byte_source.ts";

/** Names, shapes and short lists; raw data of tensors is skipped. */
const MAX_TEXT_BYTES = 1 << 26;

const utf8 = new TextDecoder();

/** One field of a message. Its value is read by one of the methods, or not at all. */
export class ProtoField {
  /** Of the message's definition. */
  readonly number: number;
  /** 0: varint; 1: 64 bits; 2: bytes; 5: 32 bits. */
  readonly wireType: number;
  readonly #cursor: ByteCursor;
  /** Where the next field begins. */
  readonly end: number;
  readonly #value: bigint;

  /** Reads the tag, and the value where it is a varint. */
  constructor(cursor: ByteCursor) {
    const tag = readVarint(cursor);
    this.number = Number(tag >> 3n);
    this.wireType = Number(tag & 7n);
    this.#cursor = cursor;
    this.#value = this.wireType === 0 || this.wireType === 2 ? readVarint(cursor) : 0n;
    this.end = cursor.position + this.#byteLength();
    if (!(this.end <= cursor.end)) cursor.skip(this.end - cursor.position);
  }

  /** Bytes of the value, where it is bytes. */
  get byteLength(): number {
    return this.end - this.#cursor.position;
  }

  /** A whole number. */
  int(): number {
    if (this.wireType === 0) return Number(BigInt.asIntN(64, this.#value));
    if (this.wireType === 5) return this.#cursor.readView(4).getInt32(0, true);
    throw damaged(this.#cursor);
  }

  /** A 32-bit float. */
  float(): number {
    if (this.wireType !== 5) throw damaged(this.#cursor);
    return this.#cursor.readView(4).getFloat32(0, true);
  }

  /** A text. */
  text(): string {
    return utf8.decode(this.bytes());
  }

  /** Bytes; the caller's. */
  bytes(): Uint8Array<ArrayBuffer> {
    if (this.wireType !== 2 || this.byteLength > MAX_TEXT_BYTES) throw damaged(this.#cursor);
    return this.#cursor.readBytes(this.byteLength);
  }

  /** Whole numbers: one, or many packed together. */
  ints(): number[] {
    if (this.wireType === 0) return [this.int()];
    const numbers: number[] = [];
    while (this.byteLength > 0) {
      numbers.push(Number(BigInt.asIntN(64, readVarint(this.#cursor))));
    }
    return numbers;
  }

  /** 32-bit floats: one, or many packed together. */
  floats(): number[] {
    if (this.wireType === 5) return [this.float()];
    const bytes = this.bytes();
    if (bytes.length % 4 !== 0) throw damaged(this.#cursor);
    return [...new Float32Array(bytes.buffer)];
  }

  /** The fields of a message. */
  *message(): Generator<ProtoField, void, void> {
    if (this.wireType !== 2) throw damaged(this.#cursor);
    yield* readFields(this.#cursor, this.end);
  }

  #byteLength(): number {
    switch (this.wireType) {
      case 0:
        return 0;
      case 1:
        return 8;
      case 2:
        return Number(this.#value);
      case 5:
        return 4;
      default:
        throw damaged(this.#cursor);
    }
  }
}

/**
 * The fields up to `end`, in the order of the file. The next field is asked for when the caller is
 * through with the last, whether it was read or not.
 *
 * @throws {ModelError} If the file is truncated or no protobuf.
 */
export function* readFields(
  cursor: ByteCursor,
  end: number = cursor.end,
): Generator<ProtoField, void, void> {
  while (cursor.position < end) {
    const field = new ProtoField(cursor);
    if (field.end > end) throw damaged(cursor);
    yield field;
    cursor.position = field.end;
  }
}

function readVarint(cursor: ByteCursor): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 64n; shift += 7n) {
    const byte = cursor.readByte();
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  throw damaged(cursor);
}

function damaged(cursor: ByteCursor) {
  return broken(cursor.source.name, "it is damaged or no ONNX file");
}
