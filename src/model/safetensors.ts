/**
 * The safetensors file format: eight bytes of header length (little-endian), a JSON header that
 * names every tensor with its type, shape and byte range, then the bytes.
 *
 * Format: https://github.com/huggingface/safetensors#format
 */

import { ModelError } from "../errors.ts";
import { widenBrainFloat, widenHalfFloat } from "./half_float.ts";
import {
  countElements,
  formatShape,
  type Tensor,
  type TensorData,
  type Tensors,
} from "./tensor.ts";

/** A decoded safetensors file. */
export interface Safetensors {
  /** By name, in the order of the header. */
  readonly tensors: Tensors;
  /** The free-form strings of the header. */
  readonly metadata: ReadonlyMap<string, string>;
}

interface HeaderEntry {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What the format's reference implementation accepts. */
const MAX_HEADER_BYTES = 100_000_000;

const LENGTH_BYTES = 8;

const METADATA_KEY = "__metadata__";

const BYTES_PER_VALUE: Readonly<Record<string, number>> = {
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  U8: 1,
};

/**
 * Reads a safetensors file. What cannot be one is refused by its first bytes, before it is read.
 *
 * @throws {ModelError} If it cannot be read, or as {@link decodeSafetensors} says.
 */
export async function readSafetensors(path: string): Promise<Safetensors> {
  try {
    using file = await Deno.open(path);
    const { size } = await file.stat();
    const start = new Uint8Array(LENGTH_BYTES);
    checkHeaderLength(start.subarray(0, await file.read(start) ?? 0), size, path);
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    const state = cause instanceof Deno.errors.NotFound
      ? "there is no such file"
      : cause instanceof Error
      ? cause.message
      : String(cause);
    throw new ModelError(`Cannot read "${path}": ${state}. Check the path.`, { model: path }, {
      cause,
    });
  }
  return decodeSafetensors(await Deno.readFile(path), path);
}

/**
 * Decodes a safetensors file.
 *
 * Types:  F32, I64 and U8 as they are; F16 and BF16 widened to float32, which is exact.
 * Memory: tensors that lie aligned are views into `bytes`, which the caller must not change; the
 *         header's claims are checked against the file's size before anything is allocated.
 *
 * @param model The file's name, for messages.
 * @throws {ModelError} If the file is truncated, its header is not what the format says, tensors
 *   overlap or leave gaps, or a type is unknown.
 */
export function decodeSafetensors(bytes: Uint8Array, model: string): Safetensors {
  const { header, dataStart } = readHeader(bytes, model);
  const metadata = readMetadata(header[METADATA_KEY], model);
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, value]) => readEntry(name, value, model));
  checkLayout(entries, bytes.length - dataStart, model);
  const tensors = new Map<string, Tensor>();
  for (const { name, type, shape, begin, end } of entries) {
    const raw = bytes.subarray(dataStart + begin, dataStart + end);
    tensors.set(name, { shape, data: readValues(raw, type) });
  }
  return { tensors, metadata };
}

function readHeader(
  bytes: Uint8Array,
  model: string,
): { header: Record<string, unknown>; dataStart: number } {
  const dataStart = LENGTH_BYTES + checkHeaderLength(bytes, bytes.length, model);
  let header: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true });
    header = JSON.parse(text.decode(bytes.subarray(LENGTH_BYTES, dataStart)));
  } catch (cause) {
    throw broken(model, "its header is not JSON", undefined, { cause });
  }
  if (!isRecord(header)) throw broken(model, "its header is not a JSON object");
  return { header, dataStart };
}

/** The header's length, which must fit in a file of `size` bytes. */
function checkHeaderLength(start: Uint8Array, size: number, model: string): number {
  if (start.length < LENGTH_BYTES) {
    throw broken(model, `it has ${start.length} bytes, which is no safetensors file`);
  }
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  const available = size - LENGTH_BYTES;
  if (length > BigInt(Math.min(available, MAX_HEADER_BYTES))) {
    throw broken(
      model,
      `it claims a header of ${length} bytes and has ${available} after the length; ` +
        "it is truncated or no safetensors file",
    );
  }
  return Number(length);
}

function readMetadata(value: unknown, model: string): ReadonlyMap<string, string> {
  if (value === undefined) return new Map();
  if (!isRecord(value)) throw broken(model, "its metadata is not a JSON object");
  const metadata = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") {
      throw broken(model, `its metadata ${JSON.stringify(key)} is not a string`);
    }
    metadata.set(key, text);
  }
  return metadata;
}

function readEntry(name: string, value: unknown, model: string): HeaderEntry {
  if (!isRecord(value)) {
    throw broken(model, `tensor ${JSON.stringify(name)} is not described`, name);
  }
  const { dtype, shape, data_offsets: offsets } = value;
  const valueBytes = typeof dtype === "string" && Object.hasOwn(BYTES_PER_VALUE, dtype)
    ? BYTES_PER_VALUE[dtype]
    : undefined;
  if (valueBytes === undefined) {
    const known = Object.keys(BYTES_PER_VALUE).join(", ");
    throw new ModelError(
      `Cannot read "${model}": tensor ${JSON.stringify(name)} has type ${JSON.stringify(dtype)}; ` +
        `segstream reads ${known}. Convert it.`,
      { model, tensor: name, expected: known, actual: String(dtype) },
    );
  }
  if (!isCounts(shape)) {
    throw broken(model, `tensor ${JSON.stringify(name)} has no valid shape`, name);
  }
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw broken(model, `tensor ${JSON.stringify(name)} has no valid byte range`, name);
  }
  const [begin, end] = offsets as [number, number];
  const expected = countElements(shape) * valueBytes;
  if (end - begin !== expected) {
    throw new ModelError(
      `Cannot read "${model}": tensor ${JSON.stringify(name)} is ${dtype} ${formatShape(shape)}, ` +
        `${expected} bytes, but its range holds ${end - begin}. Get the file again.`,
      { model, tensor: name, expected: `${expected} bytes`, actual: `${end - begin} bytes` },
    );
  }
  return { name, type: dtype as string, shape, begin, end };
}

/** The ranges must follow each other without overlap or gap and end where the file ends. */
function checkLayout(entries: readonly HeaderEntry[], dataBytes: number, model: string): void {
  let position = 0;
  for (
    const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)
  ) {
    if (begin < position) {
      throw broken(model, `tensor ${JSON.stringify(name)} overlaps another`, name);
    }
    if (begin > position) {
      throw broken(
        model,
        `${begin - position} bytes before tensor ${JSON.stringify(name)} belong to none`,
        name,
      );
    }
    if (end > dataBytes) {
      throw broken(
        model,
        `it is truncated: tensor ${JSON.stringify(name)} ends at byte ${end} of ${dataBytes}`,
        name,
      );
    }
    position = end;
  }
  if (position !== dataBytes) {
    throw broken(model, `its last ${dataBytes - position} bytes belong to no tensor`);
  }
}

function readValues(raw: Uint8Array, type: string): TensorData {
  switch (type) {
    case "U8":
      return raw;
    case "I64": {
      const { buffer, byteOffset, byteLength } = aligned(raw, 8);
      return new BigInt64Array(buffer, byteOffset, byteLength / 8);
    }
    case "F32": {
      const { buffer, byteOffset, byteLength } = aligned(raw, 4);
      return new Float32Array(buffer, byteOffset, byteLength / 4);
    }
    default: {
      const widen = type === "F16" ? widenHalfFloat : widenBrainFloat;
      const { buffer, byteOffset, byteLength } = aligned(raw, 2);
      return Float32Array.from(new Uint16Array(buffer, byteOffset, byteLength / 2), widen);
    }
  }
}

/** `raw` itself where a typed array of `bytesPerValue` can view it, else a copy. */
function aligned(raw: Uint8Array, bytesPerValue: number): Uint8Array {
  return raw.byteOffset % bytesPerValue === 0 ? raw : raw.slice();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((side) => Number.isSafeInteger(side) && side >= 0);
}

function broken(model: string, state: string, tensor?: string, options?: ErrorOptions): ModelError {
  return new ModelError(
    `Cannot read "${model}": ${state}. Get the file again.`,
    tensor === undefined ? { model } : { model, tensor },
    options,
  );
}
