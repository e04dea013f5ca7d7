import { i420Layout, planeOf, type Size } from "../frame/geometry.ts";

/** Side of a block of luma samples. */
const BLOCK = 8;

/**
 * How far the mean of a block may be from what it was, in luma codes.
 *
 * The mean of 64 samples with noise of deviation σ differs between two frames by σ·√2/8: at σ = 3, a
 * dim camera's, by 0.5, and the largest of 32,000 blocks (1080p) by 4.2 times that, 2.2. What moves
 * shows more: an object of 8×8 samples that differs from what is behind it by 48 codes covers at
 * least a quarter of some block, and changes its mean by 12 or more.
 */
const NOISE_BOUND = 3;

/** Every other byte of a word: two lanes of 16 bits, in which the sums of 32 samples have room. */
const LANES = 0x00ff00ff;
const LANE_BITS = 16;
const LANE_MASK = 0xffff;
const BYTES_PER_WORD = 4;

/**
 * Tells whether frames show what a remembered frame showed, but for noise: whether the mean luma of
 * no block of 8×8 samples moved by more than 3 codes.
 *
 * It compares with the remembered frame, not with the one before: what creeps is seen in the end.
 * Memory: two small grids. Thread: any, one frame at a time. Fastest where the width is a multiple of
 * 4 and frames start at one.
 */
export class StillWatch {
  readonly #size: Size;
  /** Left edge of each column of blocks; the last overlaps its neighbour where they do not fit. */
  readonly #columns: readonly number[];
  readonly #rows: readonly number[];
  /** Samples a block has. */
  readonly #side: Size;
  #remembered: Uint16Array | undefined;
  #sums: Uint16Array;

  /** @param size Of the I420 frames. */
  constructor(size: Size) {
    this.#size = size;
    this.#side = {
      width: Math.min(BLOCK, size.width),
      height: Math.min(BLOCK, size.height),
    };
    this.#columns = blockEdges(size.width);
    this.#rows = blockEdges(size.height);
    this.#sums = new Uint16Array(this.#columns.length * this.#rows.length);
  }

  /** Compares a packed I420 frame with the remembered one; false while none is. */
  isStill(pixels: Uint8Array): boolean {
    const { width } = this.#size;
    const luma = planeOf(pixels, i420Layout(this.#size).y);
    const isAligned = width % BYTES_PER_WORD === 0 && luma.byteOffset % BYTES_PER_WORD === 0;
    const isWhole = this.#side.width === BLOCK && this.#side.height === BLOCK;
    if (isAligned && isWhole) {
      this.#sumWords(new Uint32Array(luma.buffer, luma.byteOffset, luma.length / BYTES_PER_WORD));
    } else {
      this.#sumBytes(luma);
    }
    const before = this.#remembered;
    if (before === undefined) return false;
    const sums = this.#sums;
    const bound = NOISE_BOUND * this.#side.width * this.#side.height;
    for (let block = 0; block < sums.length; block++) {
      if (Math.abs(sums[block]! - before[block]!) > bound) return false;
    }
    return true;
  }

  /** Remembers the frame that `isStill` saw last. */
  keep(): void {
    const before = this.#remembered ?? new Uint16Array(this.#sums.length);
    this.#remembered = this.#sums;
    this.#sums = before;
  }

  #sumWords(words: Uint32Array): void {
    const stride = this.#size.width / BYTES_PER_WORD;
    let block = 0;
    for (const top of this.#rows) {
      for (const left of this.#columns) {
        let lanes = 0;
        let at = top * stride + left / BYTES_PER_WORD;
        for (let row = 0; row < BLOCK; row++, at += stride) {
          const first = words[at]!;
          const second = words[at + 1]!;
          lanes += (first & LANES) + (first >>> 8 & LANES) + (second & LANES) +
            (second >>> 8 & LANES);
        }
        this.#sums[block++] = (lanes & LANE_MASK) + (lanes >>> LANE_BITS);
      }
    }
  }

  #sumBytes(luma: Uint8Array): void {
    const { width, height } = this.#side;
    let block = 0;
    for (const top of this.#rows) {
      for (const left of this.#columns) {
        let sum = 0;
        for (let y = top; y < top + height; y++) {
          const start = y * this.#size.width + left;
          for (let at = start; at < start + width; at++) sum += luma[at]!;
        }
        this.#sums[block++] = sum;
      }
    }
  }
}

/** Where blocks begin along a side, so that they cover it whole. */
function blockEdges(side: number): number[] {
  const last = Math.max(0, side - BLOCK);
  return Array.from({ length: Math.ceil(side / BLOCK) }, (_, i) => Math.min(i * BLOCK, last));
}
