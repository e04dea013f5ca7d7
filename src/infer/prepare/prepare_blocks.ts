import { BLOCK, blockGrid } from "../../model/block_stem.ts";
import type { BlockInput } from "../../model/network.ts";
import { FrameKernels } from "../../wasm/frame_kernels.ts";
import { i16x8, i32, i32x4, i8x16, v128 } from "../../wasm/instructions.ts";
import { kernel, KernelModule, SCRATCH } from "../../wasm/kernel.ts";
import { interleaveHigh, interleaveLow, shiftIn } from "../../wasm/lanes.ts";
import { Scratch } from "../../wasm/memory.ts";
import { factorTable } from "./gamut_factors.ts";
import { I420Planes } from "./planes.ts";
import type { FramePreparer, InputBuffer, PreparerOptions } from "./preparer.ts";
import { checkTiled, declareTile, TILE, TILED, walkTiles } from "./tiles.ts";

/** A tile becomes four blocks. */
const BLOCKS_PER_TILE = TILE.columns / BLOCK.columns;

/**
 * Packs planes into the blocks of block_stem.ts, four at a time, their colours limited on the way.
 *
 * A block's four words hold, from the lowest byte, where u and v are Cb and Cr, y the upper row of luma
 * and z the lower, and − what the block before has last:
 *
 * ```
 * 0   u− v− u0 v0      chroma, moved up by two bytes
 * 1   u1 v1 y− y0      its upper halves; the lower halves of luma moved up by one byte
 * 2   y1 y2 y3 z−      luma moved down by one byte; the top byte of the block before
 * 3   z0 z1 z2 z3      luma
 * ```
 *
 * As vectors these are the words of four blocks, and turning them gives the blocks.
 */
const pack = kernel(
  { ...TILED, blocks: "i32", outsideLuma: "i32", outsideChroma: "i32" },
  ({ blocks, outsideLuma, outsideChroma, ...planes }, locals) => {
    const tile = declareTile(locals);
    const { upper, lower, chroma } = tile;
    const before = declareTile(locals);
    const [word0, word1, word2] = [locals.v128(), locals.v128(), locals.v128()];
    const even = locals.v128();
    const odd = locals.v128();
    /** Stores two of the blocks: what `interleave` makes of their words. */
    const storePair = (interleave: typeof interleaveLow, offset: number) => [
      even.set(interleave(word0, word1, 4)),
      odd.set(interleave(word2, lower, 4)),
      v128.store(SCRATCH, blocks, interleaveLow(even, odd, 8), offset),
      v128.store(SCRATCH, blocks, interleaveHigh(even, odd, 8), offset + BLOCK.bytes),
    ];
    return [
      walkTiles(planes, tile, {
        beginRow: [
          before.upper.set(i8x16.splat(outsideLuma)),
          before.lower.set(before.upper),
          before.chroma.set(i16x8.splat(outsideChroma)),
        ],
        take: [
          word0.set(shiftIn(before.chroma, chroma, 2)),
          word1.set(v128.or(
            i32x4.shr_u(chroma, 16),
            i32x4.shl(shiftIn(before.upper, upper, 1), 16),
          )),
          word2.set(v128.or(
            i32x4.shr_u(upper, 8),
            i32x4.shl(shiftIn(before.lower, lower, 1), 24),
          )),
          storePair(interleaveLow, 0),
          storePair(interleaveHigh, 2 * BLOCK.bytes),
          before.upper.set(upper),
          before.lower.set(lower),
          before.chroma.set(chroma),
          blocks.set(i32.add(blocks, BLOCKS_PER_TILE * BLOCK.bytes)),
        ],
      }, locals),
    ];
  },
);

const PACK = new KernelModule({ pack });

/**
 * Fills the blocks of block_stem.ts from a frame, its colours clipped on the way; a frame of another
 * size is resized first.
 *
 * Memory: allocates only views after construction. Thread: any, one at a time.
 */
export class BlockPreparer implements FramePreparer {
  readonly buffers: readonly InputBuffer[];
  readonly #planes: I420Planes;
  readonly #kernels: FrameKernels<"pack">;
  readonly #operands: readonly number[];

  /**
   * Allocates the blocks; those above the frame are filled once.
   *
   * @throws {RangeError} If the input's width is not a multiple of 16, or its height not even.
   */
  constructor(input: BlockInput, { source, inputSize, colour, frames }: PreparerOptions) {
    const rows = checkTiled(inputSize);
    const { width, height } = blockGrid(inputSize);
    const rowBytes = width * BLOCK.bytes;
    const scratch = new Scratch();
    const factors = scratch.put(factorTable(colour));
    const blocks = scratch.reserve(rowBytes * height);
    const memory = scratch.allocate();
    const data = new Uint8Array(memory.buffer, blocks, rowBytes * height);
    const [y, cb, cr] = input.outside;
    for (let i = 0; i < rowBytes; i++) {
      const position = i % BLOCK.bytes;
      data[i] = position >= BLOCK.upperLuma ? y : position % 2 === 0 ? cb : cr;
    }
    this.#planes = new I420Planes(source, inputSize, { frames });
    this.#kernels = new FrameKernels(PACK, memory, { frames: this.#planes.memory });
    this.#operands = [inputSize.width, rows, factors, blocks + rowBytes, y, cb | cr << 8];
    this.buffers = [
      { name: input.name, type: "uint8", shape: [1, height, width, BLOCK.bytes], data },
    ];
  }

  /** Reads one I420 frame of the source's size. */
  run(pixels: Uint8Array): void {
    const planes = this.#planes.read(pixels).map((bytes) => ({ bytes, isRead: true }));
    this.#kernels.run("pack", planes, ...this.#operands);
  }
}
