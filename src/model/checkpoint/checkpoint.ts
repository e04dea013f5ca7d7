/**
 * PyTorch checkpoints (`torch.save`), read without Python and without running anything in them.
 */

import { ModelError } from "../../errors.ts";
import { broken, type ByteSource } from "../byte_source.ts";
import { countElements, formatShape, type Tensor } from "../tensor.ts";
import { openArchive, type TorchArchive } from "./archive.ts";
import { widenElements } from "./elements.ts";
import type { PickleValue } from "./pickle_reader.ts";
import { ELEMENT_BYTES, isStoredTensor, type StoredTensor } from "./torch_objects.ts";

/** A tensor of a checkpoint and the dict keys and list positions that lead to it. */
export interface NamedTensor {
  /** Joined by dots: "state_dict.init.conv.weight". */
  readonly path: string;
  /** Unread. */
  readonly tensor: StoredTensor;
}

/** Deeper than any state dict lies, and short of what would exhaust the stack. */
const MAX_DEPTH = 16;

/**
 * A checkpoint: what was saved, and its tensors on demand.
 *
 * Memory: a tensor is read when {@link read} is called, and only its bytes; what nobody asks for,
 *         such as the state of an optimizer, is never read. What the file claims is checked against
 *         its size before anything is allocated.
 */
export class Checkpoint {
  /** `zip` since PyTorch 1.6, `legacy` before. */
  readonly format: TorchArchive["format"];
  /** What was saved: usually a dict of tensors, or of such dicts. */
  readonly root: PickleValue;
  readonly #source: ByteSource;
  readonly #archive: TorchArchive;

  /**
   * Reads the structure of a checkpoint; the source must stay open as long as tensors are read.
   *
   * @throws {ModelError} If it is no checkpoint, is damaged, or names anything but tensors and data.
   */
  constructor(source: ByteSource) {
    this.#source = source;
    this.#archive = openArchive(source);
    this.format = this.#archive.format;
    this.root = this.#archive.root;
  }

  /** Every tensor, in the order of the file; a dict that is reached twice is listed once. */
  *tensors(): Generator<NamedTensor, void, void> {
    const seen = new Set<PickleValue>();
    function* walk(value: PickleValue, path: string, depth: number): Generator<NamedTensor> {
      if (isStoredTensor(value)) {
        yield { path, tensor: value };
        return;
      }
      if (!(value instanceof Map || Array.isArray(value)) || depth > MAX_DEPTH) return;
      if (seen.has(value)) return;
      seen.add(value);
      for (const [key, item] of value.entries()) {
        yield* walk(item, path === "" ? String(key) : `${path}.${String(key)}`, depth + 1);
      }
    }
    yield* walk(this.root, "", 0);
  }

  /**
   * Reads a tensor: float32 for every floating type (double is rounded, the others are exact), int64
   * for whole numbers of 16 bits and more, int8, uint8 (bool too). The values are the caller's.
   *
   * @throws {ModelError} If the file does not hold its values.
   */
  read({ storage, offset, shape, strides }: StoredTensor): Tensor {
    const count = countElements(shape);
    if (count > this.#source.size) {
      throw new ModelError(
        `Cannot read "${this.#source.name}": a tensor of ${
          formatShape(shape)
        } claims more values ` +
          "than the file has bytes. Get the file again.",
        { model: this.#source.name, actual: formatShape(shape) },
      );
    }
    const bytesEach = ELEMENT_BYTES[storage.type];
    const place = this.#archive.locate(storage);
    const span = count === 0
      ? 0
      : shape.reduce((sum, side, axis) => sum + (side - 1) * strides[axis]!, 1);
    const start = (storage.start + offset) * bytesEach;
    if (start + span * bytesEach > place.byteLength) {
      throw broken(this.#source.name, `a tensor of ${formatShape(shape)} leaves its storage`);
    }
    const raw = this.#source.read(place.offset + start, span * bytesEach);
    if (this.#archive.isBigEndian) swapBytes(raw, bytesEach);
    const elements = isRowMajor(shape, strides) ? raw : gather(raw, bytesEach, shape, strides);
    return { shape, data: widenElements(elements, storage.type) };
  }
}

function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Copies strided elements into row-major order. */
function gather(
  raw: Uint8Array,
  bytesEach: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(countElements(shape) * bytesEach);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < packed.length; to += bytesEach) {
    for (let byte = 0; byte < bytesEach; byte++) packed[to + byte] = raw[from * bytesEach + byte]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return packed;
}

function swapBytes(raw: Uint8Array, bytesEach: number): void {
  for (let at = 0; at < raw.length; at += bytesEach) raw.subarray(at, at + bytesEach).reverse();
}
