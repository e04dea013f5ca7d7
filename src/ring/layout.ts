/**
 * Where things lie in the ring's one shared memory:
 *
 * ```
 * control words │ words of each slot │ headers │ sections of slot 0 │ slot 1 …
 *     int32     │       int32        │ float64 │        uint8
 * ```
 *
 * Every block starts on a cache line, so that two threads that work on neighbours do not share one.
 */
import { alignUp, CACHE_LINE_BYTES, PAGE_BYTES } from "../wasm/memory.ts";

/** What a memory of 32-bit addresses holds, less a page for what is read beyond its end. */
const MOST_MEMORY_BYTES = 2 ** 32 - PAGE_BYTES;

/** Words that belong to the ring as a whole. */
export const CONTROL = {
  /** 0 open, 1 ended (drain what is there), 2 closed (stop at once). */
  phase: 0,
  /** Counts changes that a waiting producer or sink wants to see; workers have the bell. */
  freeEpoch: 1,
  doneEpoch: 2,
  /** The sequence number of the next slot to be published. */
  nextSequence: 3,
  /** Published frames that were taken back before a worker took them. */
  dropped: 4,
} as const;

/** Words of each slot. */
export const SLOT = {
  state: 0,
  sequence: 1,
  attempts: 2,
  /** A row of the table of group owners, which has as many rows as there are slots. */
  groupOwner: 3,
} as const;

const CONTROL_WORDS = CACHE_LINE_BYTES / Int32Array.BYTES_PER_ELEMENT;
const SLOT_WORDS = CACHE_LINE_BYTES / Int32Array.BYTES_PER_ELEMENT;

/** How a ring is laid out; plain data that crosses threads with the buffer. */
export interface RingShape {
  /** How many frames the ring holds. */
  readonly slots: number;
  /** Numbers in the header of a slot. */
  readonly headerFields: number;
  /** Bytes in each section of a slot. */
  readonly sectionBytes: readonly number[];
}

/** What another thread needs to attach to a ring; crosses `postMessage`. */
export interface RingHandle {
  /** Shared; kernels work on the frames in it where they lie. */
  readonly memory: WebAssembly.Memory;
  readonly shape: RingShape;
  /** Of the bell that wakes the workers. */
  readonly bell: SharedArrayBuffer;
}

/** Byte offsets computed from a {@link RingShape}. */
export interface RingLayout {
  readonly byteLength: number;
  /** Index into the int32 view of slot 0's first word, and words from slot to slot. */
  readonly slotWords: { readonly first: number; readonly stride: number };
  readonly headers: { readonly first: number; readonly stride: number };
  readonly sections: { readonly first: number; readonly stride: number };
  /** Offset of each section within its slot. */
  readonly sectionOffsets: readonly number[];
}

/** @throws {RangeError} If a count is not a positive integer or a size is not a natural number. */
export function ringLayout(shape: RingShape): RingLayout {
  if (!Number.isInteger(shape.slots) || shape.slots < 1) {
    throw new RangeError(`Cannot lay out a ring of ${shape.slots} slots: it needs at least one.`);
  }
  if (!Number.isInteger(shape.headerFields) || shape.headerFields < 0) {
    throw new RangeError(`Cannot lay out a ring with ${shape.headerFields} header fields.`);
  }
  for (const bytes of shape.sectionBytes) {
    if (!Number.isInteger(bytes) || bytes < 0) {
      throw new RangeError(`Cannot lay out a ring with a section of ${bytes} bytes.`);
    }
  }
  const headersFirst = (1 + shape.slots) * CACHE_LINE_BYTES;
  const headerStride = alignUp(shape.headerFields * Float64Array.BYTES_PER_ELEMENT);
  const sectionsFirst = headersFirst + shape.slots * headerStride;
  let sectionStride = 0;
  const sectionOffsets = shape.sectionBytes.map((bytes) => {
    const offset = sectionStride;
    sectionStride += alignUp(bytes);
    return offset;
  });
  return {
    byteLength: sectionsFirst + shape.slots * sectionStride,
    slotWords: { first: CONTROL_WORDS, stride: SLOT_WORDS },
    headers: { first: headersFirst, stride: headerStride },
    sections: { first: sectionsFirst, stride: sectionStride },
    sectionOffsets,
  };
}

/**
 * The shape with as many slots as asked for, or as there is room for in one memory.
 *
 * @throws {RangeError} If there is none for a single one, or as {@link ringLayout}.
 */
export function fitToMemory(shape: RingShape): RingShape {
  const { byteLength } = ringLayout(shape);
  if (byteLength <= MOST_MEMORY_BYTES) return shape;
  const slotBytes = byteLength / shape.slots; // with its share of what belongs to all
  const fitting = Math.floor(MOST_MEMORY_BYTES / slotBytes);
  if (fitting === 0) {
    throw new RangeError(
      `Cannot hold a frame of ${(slotBytes / 2 ** 30).toFixed(1)} GiB: a ring has 4 GiB at most.`,
    );
  }
  return { ...shape, slots: fitting };
}
