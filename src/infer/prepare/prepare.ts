import { type Colour, colourTransform } from "../../frame/colour.ts";
import type { Size } from "../../frame/geometry.ts";
import type { NetworkInput, RgbInput } from "../../model/network.ts";
import { I420Planes } from "./planes.ts";
import { BlockPreparer } from "./prepare_blocks.ts";
import { I420Preparer } from "./prepare_planes.ts";
import type { FramePreparer, InputBuffer, PreparerOptions } from "./preparer.ts";

export type { FramePreparer, InputBuffer, PreparerOptions } from "./preparer.ts";

/**
 * The preparer for a network's kind of input.
 *
 * @throws {RangeError} If the frames' size is not even, or the network takes planes or blocks and its
 *   width is not a multiple of 16, or its height not even.
 */
export function createPreparer(input: NetworkInput, options: PreparerOptions): FramePreparer {
  switch (input.kind) {
    case "i420":
      return new I420Preparer(input, options);
    case "blocks":
      return new BlockPreparer(input, options);
    case "rgb":
      return new RgbPreparer(input, options);
  }
}

/** Resizes the planes, then converts pixel by pixel through tables. */
class RgbPreparer implements FramePreparer {
  readonly buffers: readonly InputBuffer[];
  readonly #size: Size;
  readonly #planes: I420Planes;
  readonly #tables: RgbTables;
  /** The fed value of each code of each channel, 3 × 256. */
  readonly #codes: InputBuffer["data"];
  readonly #data: InputBuffer["data"];
  /** Elements from pixel to pixel and from channel to channel. */
  readonly #pixelStride: number;
  readonly #channelStride: number;

  constructor(input: RgbInput, { source, inputSize, colour, frames }: PreparerOptions) {
    const { width, height } = inputSize;
    this.#size = inputSize;
    this.#planes = new I420Planes(source, inputSize, { frames });
    this.#tables = rgbTables(colour);
    this.#codes = fedCodes(input);
    const Data = this.#codes.constructor as new (length: number) => InputBuffer["data"];
    this.#data = new Data(3 * width * height);
    const planar = input.layout === "nchw";
    this.#pixelStride = planar ? 1 : 3;
    this.#channelStride = planar ? width * height : 1;
    const shape = planar ? [1, 3, height, width] : [1, height, width, 3];
    this.buffers = [{ name: input.name, type: input.type, shape, data: this.#data }];
  }

  run(pixels: Uint8Array): void {
    const [luma, cb, cr] = this.#planes.read(pixels);
    const { luma: fromY, redCr, greenCb, greenCr, blueCb, clamp } = this.#tables;
    const { width, height } = this.#size;
    const chromaWidth = (width + 1) >> 1;
    const codes = this.#codes;
    const data = this.#data;
    const pixelStride = this.#pixelStride;
    const green = this.#channelStride;
    const blue = 2 * green;
    for (let y = 0; y < height; y++) {
      const chromaRow = (y >> 1) * chromaWidth;
      for (let x = 0; x < width; x++) {
        const pixel = y * width + x;
        const chroma = chromaRow + (x >> 1);
        const u = cb[chroma]!;
        const v = cr[chroma]!;
        const grey = fromY[luma[pixel]!]!;
        const to = pixel * pixelStride;
        data[to] = codes[clamp[CLAMP_ORIGIN + ((grey + redCr[v]!) >> FIXED_BITS)]!]!;
        data[to + green] =
          codes[256 + clamp[CLAMP_ORIGIN + ((grey - greenCb[u]! - greenCr[v]!) >> FIXED_BITS)]!]!;
        data[to + blue] = codes[512 + clamp[CLAMP_ORIGIN + ((grey + blueCb[u]!) >> FIXED_BITS)]!]!;
      }
    }
  }
}

const FIXED_BITS = 14;

/** Where code 0 lies in the clamping table; out-of-gamut Y'CbCr reaches about −290 and 550. */
const CLAMP_ORIGIN = 320;

interface RgbTables {
  readonly luma: Int32Array;
  readonly redCr: Int32Array;
  readonly greenCb: Int32Array;
  readonly greenCr: Int32Array;
  readonly blueCb: Int32Array;
  readonly clamp: Uint8Array;
}

/** What each code of Y, Cb and Cr adds to R, G and B, in fixed point, rounding included. */
function rgbTables(colour: Colour): RgbTables {
  const { offset, toRgb: m } = colourTransform(colour);
  const one = 1 << FIXED_BITS;
  const table = (factor: number, zero: number, bias: number) =>
    Int32Array.from({ length: 256 }, (_, code) => Math.round((code - zero) * factor * one + bias));
  return {
    luma: table(m[0]!, offset[0], one / 2),
    redCr: table(m[2]!, offset[2], 0),
    greenCb: table(-m[4]!, offset[1], 0),
    greenCr: table(-m[5]!, offset[2], 0),
    blueCb: table(m[7]!, offset[1], 0),
    clamp: Uint8Array.from(
      { length: 256 + 2 * CLAMP_ORIGIN },
      (_, i) => Math.min(255, Math.max(0, i - CLAMP_ORIGIN)),
    ),
  };
}

/** What the network is fed for each code of each channel. */
export function fedCodes(input: RgbInput): InputBuffer["data"] {
  const value = (i: number) => {
    const channel = i >> 8;
    return ((i & 255) / 255 - input.mean[channel]!) / input.std[channel]!;
  };
  const count = { length: 3 * 256 };
  if (input.type === "uint8") return Uint8Array.from(count, (_, i) => i & 255);
  if (input.type === "float32") return Float32Array.from(count, (_, i) => value(i));
  return new Uint16Array(Float16Array.from(count, (_, i) => value(i)).buffer);
}
