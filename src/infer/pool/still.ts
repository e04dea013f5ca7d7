import { i420Layout, planeOf, type Size } from "../../frame/geometry.ts";
import { loopTo } from "../../wasm/control.ts";
import { FrameKernels, type FrameMemoryOptions } from "../../wasm/frame_kernels.ts";
import { i16x8, i32, i32x4, i8x16, v128 } from "../../wasm/instructions.ts";
import { FRAMES, kernel, KernelModule, SCRATCH } from "../../wasm/kernel.ts";
import { Scratch } from "../../wasm/memory.ts";

/** Side of a block of luma samples. */
const BLOCK = 8;

/** Columns of two blocks: a vector. */
const PAIR = 2 * BLOCK;
/** The sums of a pair in lanes of 16 bits, each of them twice. */
const PAIR_SUMS_BYTES = 8;

/**
 * How far the mean of a block may be from what it was, in luma codes.
 *
 * The mean of 64 samples with noise of deviation σ differs between two frames by σ·√2/8: at σ = 3, a
 * dim camera's, by 0.5, and the largest of 32,000 blocks (1080p) by 4.2 times that, 2.2. What moves
 * shows more: an object of 8×8 samples that differs from what is behind it by 48 codes covers at
 * least a quarter of some block, and changes its mean by 12 or more.
 */
const NOISE_BOUND = 3;

/** The number of no byte, which a swizzle gives 0 for. */
const NO_BYTE = 255;

/** Swaps lanes of 32 bits that lie beside each other. */
const SWAPPED = Array.from({ length: 16 }, (_, byte) => byte ^ 4);

/**
 * Sums up the samples of each block, a pair of blocks at a time, and tells whether a sum is further
 * than the bound from what it was before.
 */
const sumBlocks = kernel(
  {
    luma: "i32",
    width: "i32",
    height: "i32",
    /** The last pairs begin here, overlapping those before where they do not fit beside them. */
    lastLeft: "i32",
    lastTop: "i32",
    /** Rows of a block. */
    rows: "i32",
    /** Address of the numbers of the bytes that the two blocks take from a vector. */
    columns: "i32",
    /** Addresses of the sums: of this frame, and of the remembered one. */
    sums: "i32",
    before: "i32",
    bound: "i32",
    /** Address of 8 bytes: not all 0 where a block moved. */
    moved: "i32",
  },
  (
    { luma, width, height, lastLeft, lastTop, rows, columns, sums, before, bound, moved },
    locals,
  ) => {
    const y = locals.i32();
    const x = locals.i32();
    const top = locals.i32();
    const row = locals.i32();
    const at = locals.i32();
    const numbers = locals.v128();
    const bounds = locals.v128();
    const sum = locals.v128();
    const halves = locals.v128();
    const change = locals.v128();
    const anyMoved = locals.v128();
    return [
      numbers.set(v128.load(SCRATCH, columns)),
      bounds.set(i16x8.splat(bound)),
      loopTo(y, height, BLOCK, [
        top.set(i32.select(y, lastTop, i32.lt_s(y, lastTop))),
        top.set(i32.add(luma, i32.mul(top, width))),
        x.set(0),
        loopTo(x, width, PAIR, [
          at.set(i32.add(top, i32.select(x, lastLeft, i32.lt_s(x, lastLeft)))),
          sum.set(i16x8.splat(0)),
          row.set(0),
          loopTo(row, rows, 1, [
            sum.set(i16x8.add(
              sum,
              i16x8.extadd_pairwise_i8x16_u(
                i8x16.relaxed_swizzle(v128.load(FRAMES, at), numbers),
              ),
            )),
            at.set(i32.add(at, width)),
          ]),
          // The sums of half the columns of a block, and then of all.
          halves.set(i32x4.extadd_pairwise_i16x8_u(sum)),
          sum.set(i32x4.add(halves, i8x16.shuffle(halves, halves, SWAPPED))),
          sum.set(i16x8.narrow_i32x4_s(sum, sum)),
          change.set(i16x8.sub(sum, v128.load64_zero(SCRATCH, before))),
          change.set(i16x8.max_s(change, i16x8.sub(i16x8.splat(0), change))),
          anyMoved.set(v128.or(anyMoved, i16x8.gt_s(change, bounds))),
          v128.store64_lane(SCRATCH, sums, sum, 0),
          sums.set(i32.add(sums, PAIR_SUMS_BYTES)),
          before.set(i32.add(before, PAIR_SUMS_BYTES)),
        ]),
      ]),
      v128.store64_lane(SCRATCH, moved, anyMoved, 0),
    ];
  },
);

const WATCH = new KernelModule({ sumBlocks });

/**
 * Tells whether frames show what a remembered frame showed, but for noise: whether the mean luma of
 * no block of 8×8 samples moved by more than 3 codes.
 *
 * It compares with the remembered frame, not with the one before: what creeps is seen in the end.
 * Memory: two small grids. Thread: any, one frame at a time.
 */
export class StillWatch {
  readonly #size: Size;
  readonly #kernels: FrameKernels<"sumBlocks">;
  readonly #operands: readonly number[];
  readonly #bound: number;
  readonly #moved: Int32Array;
  readonly #movedAddress: number;
  /** Addresses of the sums: of the frame seen last, and of the remembered one. */
  #sums: number;
  #before: number;
  #remembers = false;

  /** @param size Of the I420 frames. */
  constructor(size: Size, options: FrameMemoryOptions = {}) {
    const { width, height } = size;
    const columns = Math.min(BLOCK, width);
    const rows = Math.min(BLOCK, height);
    // Blocks that do not fit beside each other overlap.
    const second = Math.min(BLOCK, width - columns);
    const numbers = Array.from({ length: PAIR }, (_, i) => {
      const column = i % BLOCK;
      return column < columns ? column + (i < BLOCK ? 0 : second) : NO_BYTE;
    });
    const gridBytes = Math.ceil(width / PAIR) * Math.ceil(height / BLOCK) * PAIR_SUMS_BYTES;
    const scratch = new Scratch();
    const numbersAddress = scratch.put(Uint8Array.from(numbers));
    this.#sums = scratch.reserve(gridBytes);
    this.#before = scratch.reserve(gridBytes);
    this.#movedAddress = scratch.reserve(PAIR_SUMS_BYTES);
    const memory = scratch.allocate();
    this.#size = size;
    this.#kernels = new FrameKernels(WATCH, memory, options);
    const lastLeft = Math.max(0, width - PAIR);
    this.#operands = [width, height, lastLeft, height - rows, rows, numbersAddress];
    this.#bound = NOISE_BOUND * columns * rows;
    this.#moved = new Int32Array(memory.buffer, this.#movedAddress, 2);
  }

  /** Compares a packed I420 frame with the remembered one; false while none is. */
  isStill(pixels: Uint8Array): boolean {
    const luma = { bytes: planeOf(pixels, i420Layout(this.#size).y), isRead: true };
    const sums = [this.#sums, this.#before, this.#bound, this.#movedAddress];
    this.#kernels.run("sumBlocks", [luma], ...this.#operands, ...sums);
    return this.#remembers && this.#moved.every((bits) => bits === 0);
  }

  /** Remembers the frame that `isStill` saw last. */
  keep(): void {
    [this.#sums, this.#before] = [this.#before, this.#sums];
    this.#remembers = true;
  }
}
