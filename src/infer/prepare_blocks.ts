import type { Colour } from "../frame/colour.ts";
import { i420Layout, planeOf, type Size } from "../frame/geometry.ts";
import type { BlockInput } from "../model/network.ts";
import { BLOCK, blockGrid } from "../model/block_stem.ts";
import { GamutLimiter } from "./gamut.ts";
import { I420Planes } from "./planes.ts";
import type { FramePreparer, InputBuffer } from "./preparer.ts";

const WORDS_PER_BLOCK = BLOCK.bytes / 4;

/**
 * Packs a frame into the blocks of block_stem.ts, four samples at a time, its colours clipped on the
 * way; a frame of another size is resized first.
 *
 * Bytes of a block, from the lowest: Cb and Cr of the columns 2b − 1, 2b and 2b + 1, the upper luma
 * row's columns 4b − 1 to 4b + 3, the lower one's. As words: what was carried over from the block
 * before is shifted in beside the four new samples of each row.
 */
export class BlockPreparer implements FramePreparer {
  readonly buffers: readonly InputBuffer[];
  readonly #planes: I420Planes | undefined;
  readonly #inputSize: Size;
  readonly #blocks: Uint32Array;
  readonly #gamut: GamutLimiter;
  /** Cb in the low byte, Cr in the next. */
  readonly #outsideChroma: number;
  readonly #outsideLuma: number;

  /** Allocates the blocks; those above the frame are filled once. */
  constructor(input: BlockInput, source: Size, inputSize: Size, colour: Colour) {
    this.#gamut = new GamutLimiter(colour);
    const isResized = source.width !== inputSize.width || source.height !== inputSize.height;
    this.#planes = isResized ? new I420Planes(source, inputSize) : undefined;
    this.#inputSize = inputSize;
    const [y, cb, cr] = input.outside;
    this.#outsideLuma = y;
    this.#outsideChroma = cb | cr << 8;
    const { width, height } = blockGrid(inputSize);
    const data = new Uint8Array(width * height * BLOCK.bytes);
    this.#blocks = new Uint32Array(data.buffer);
    for (let i = 0; i < width * BLOCK.bytes; i++) {
      const position = i % BLOCK.bytes;
      data[i] = position >= BLOCK.upperLuma ? y : position % 2 === 0 ? cb : cr;
    }
    this.buffers = [
      { name: input.name, type: "uint8", shape: [1, height, width, BLOCK.bytes], data },
    ];
  }

  /** Reads one I420 frame of the source's size. */
  run(pixels: Uint8Array): void {
    if (this.#planes) {
      this.#planes.resample(pixels);
      const [y, cb, cr] = this.#planes.targets;
      this.#pack(y, cb, cr);
    } else {
      const layout = i420Layout(this.#inputSize);
      const aligned = pixels.byteOffset % 4 === 0 ? pixels : pixels.slice();
      this.#pack(
        planeOf(aligned, layout.y),
        planeOf(aligned, layout.u),
        planeOf(aligned, layout.v),
      );
    }
  }

  #pack(y: Uint8Array, cb: Uint8Array, cr: Uint8Array): void {
    const luma = new Uint32Array(y.buffer, y.byteOffset, y.length / 4);
    const cbPairs = new Uint16Array(cb.buffer, cb.byteOffset, cb.length / 2);
    const crPairs = new Uint16Array(cr.buffer, cr.byteOffset, cr.length / 2);
    const blocks = this.#blocks;
    const gamut = this.#gamut;
    const perRow = this.#inputSize.width / BLOCK.columns;
    const rows = this.#inputSize.height / 2;
    let to = perRow * WORDS_PER_BLOCK;
    let block = 0;
    for (let row = 0; row < rows; row++) {
      let chromaBefore = this.#outsideChroma;
      let upperBefore = this.#outsideLuma << 24;
      let lowerBefore = upperBefore;
      let above = 2 * row * perRow;
      for (const end = block + perRow; block < end; block++, above++, to += WORDS_PER_BLOCK) {
        let upper = luma[above]!;
        let lower = luma[above + perRow]!;
        let u = cbPairs[block]!;
        let v = crPairs[block]!;
        if (!gamut.holds(upper, lower, u, v)) {
          gamut.limit(upper, lower, u, v);
          upper = gamut.luma[0]!;
          lower = gamut.luma[1]!;
          u = gamut.chroma[0]!;
          v = gamut.chroma[1]!;
        }
        const left = u & 0xff | (v & 0xff) << 8;
        const right = u >>> 8 | v & 0xff00;
        blocks[to] = chromaBefore | left << 16;
        blocks[to + 1] = right | upperBefore >>> 24 << 16 | upper << 24;
        blocks[to + 2] = upper >>> 8 | lowerBefore & 0xff000000;
        blocks[to + 3] = lower;
        chromaBefore = right;
        upperBefore = upper;
        lowerBefore = lower;
      }
    }
  }
}
