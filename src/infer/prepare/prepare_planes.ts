import { i420Layout } from "../../frame/geometry.ts";
import type { I420Input } from "../../model/network.ts";
import { FrameKernels } from "../../wasm/frame_kernels.ts";
import { i32, i8x16, v128 } from "../../wasm/instructions.ts";
import { kernel, KernelModule, SCRATCH } from "../../wasm/kernel.ts";
import { Scratch } from "../../wasm/memory.ts";
import { factorTable } from "./gamut_factors.ts";
import { I420Planes } from "./planes.ts";
import type { FramePreparer, InputBuffer, PreparerOptions } from "./preparer.ts";
import { checkTiled, declareTile, TILE, TILED, walkTiles } from "./tiles.ts";

/** Cb and Cr apart again: the bytes at even places, then those at odd ones. */
const APART = [0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15];

/** Copies planes, their colours limited on the way. */
const copyLimited = kernel(
  { ...TILED, toLuma: "i32", toCb: "i32", toCr: "i32" },
  ({ toLuma, toCb, toCr, ...planes }, locals) => {
    const tile = declareTile(locals);
    const { upper, lower, chroma } = tile;
    const apart = locals.v128();
    return [
      apart.set(v128.bytes(APART)),
      walkTiles(planes, tile, {
        take: [
          v128.store(SCRATCH, toLuma, upper),
          v128.store(SCRATCH, i32.add(toLuma, planes.width), lower),
          chroma.set(i8x16.relaxed_swizzle(chroma, apart)),
          v128.store64_lane(SCRATCH, toCb, chroma, 0),
          v128.store64_lane(SCRATCH, toCr, chroma, 1),
          toLuma.set(i32.add(toLuma, TILE.columns)),
          [toCb, toCr].map((to) => to.set(i32.add(to, TILE.chromaColumns))),
        ],
        endRow: toLuma.set(i32.add(toLuma, planes.width)),
      }, locals),
    ];
  },
);

const COPY = new KernelModule({ copyLimited });

/**
 * Feeds a frame's planes, resized where they are not of the network's size, their colours clipped.
 *
 * Memory: allocates only views after construction. Thread: any, one at a time.
 */
export class I420Preparer implements FramePreparer {
  readonly buffers: readonly InputBuffer[];
  readonly #planes: I420Planes;
  readonly #kernels: FrameKernels<"copyLimited">;
  readonly #operands: readonly number[];

  /** @throws {RangeError} If the input's width is not a multiple of 16, or its height not even. */
  constructor(input: I420Input, { source, inputSize, colour, frames }: PreparerOptions) {
    const rows = checkTiled(inputSize);
    const { width, height } = inputSize;
    const { u, v, byteLength } = i420Layout(inputSize);
    const scratch = new Scratch();
    const factors = scratch.put(factorTable(colour));
    const to = scratch.reserve(byteLength);
    const memory = scratch.allocate();
    this.#planes = new I420Planes(source, inputSize, { frames });
    this.#kernels = new FrameKernels(COPY, memory, { frames: this.#planes.memory });
    this.#operands = [width, rows, factors, to, to + u.offset, to + v.offset];
    const frame = new Uint8Array(memory.buffer, to, byteLength);
    const luma = frame.subarray(0, u.offset);
    const chroma = frame.subarray(u.offset);
    this.buffers = [
      { name: input.luma, type: "uint8", shape: [1, 1, height, width], data: luma },
      { name: input.chroma, type: "uint8", shape: [1, 2, height / 2, width / 2], data: chroma },
    ];
  }

  /** Reads one I420 frame of the source's size. */
  run(pixels: Uint8Array): void {
    const planes = this.#planes.read(pixels).map((bytes) => ({ bytes, isRead: true }));
    this.#kernels.run("copyLimited", planes, ...this.#operands);
  }
}
