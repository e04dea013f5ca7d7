import { type Colour, type ColourTransform, colourTransform } from "../frame/colour.ts";
import type { Size } from "../frame/geometry.ts";
import type { Planes } from "./planes.ts";

/** How far a channel may leave 0–255 before its pixel is mended: less than a code of luma and a half. */
const TOLERANCE = 2;

/** The top bit of each byte of a word, and all others. */
const TOP_BITS = 0x80808080 | 0;
const LOW_BITS = 0x7f7f7f7f;

/** A byte in both halves of a 16-bit lane. */
const TWICE = 0x0101;

/** Pixels of a cell: those that share a sample of chroma. */
const CELL = 4;

/** The code of Cb and Cr that adds no colour. */
const GREY = 128;

/**
 * Brings colours that Y'CbCr can say and R'G'B' cannot to what a conversion makes of them, which
 * clips each channel to 0–255. Encoders leave many: highlights and saturated edges overshoot. The
 * network's first convolution takes Y'CbCr linearly, so what is to be clipped is clipped before it.
 *
 * A cell of 2×2 pixels shares its chroma and may need another for each once clipped. It gets the
 * mean, and each pixel the luma that is nearest to its clipped colour beside that: the least squares
 * in R'G'B', rounded to codes. Colours within R'G'B' are kept as they are.
 *
 * It works on two cells, four columns and two rows, as words: each row's luma from the lowest byte,
 * and the pairs of Cb and of Cr. The check is a few operations; few cells need more.
 *
 * Thread: any, one at a time.
 */
export class GamutLimiter {
  /** What `limit` gives: the upper and the lower luma word. */
  readonly luma: Uint32Array;
  /** What `limit` gives: the pair of Cb and the pair of Cr. */
  readonly chroma: Uint16Array;
  readonly #factors: Factors;
  /** For each Cb | Cr << 8, the bounds of luma: see {@link boundsOf}. */
  readonly #bounds: Uint32Array;
  /** The same memory; storing rounds and keeps within 0–255. */
  readonly #lumaBytes = new Uint8ClampedArray(8);
  readonly #chromaBytes = new Uint8ClampedArray(4);
  /** R' + G' + B' of a cell's pixels, clipped. */
  readonly #sums = new Float64Array(CELL);

  /** @param colour Of the frames. */
  constructor(colour: Colour) {
    this.luma = new Uint32Array(this.#lumaBytes.buffer);
    this.chroma = new Uint16Array(this.#chromaBytes.buffer);
    const transform = colourTransform(colour);
    this.#factors = factorsOf(transform);
    this.#bounds = boundsOf(this.#factors);
  }

  /** Whether no channel of the eight pixels is to be clipped. */
  holds(upper: number, lower: number, cb: number, cr: number): boolean {
    const left = this.#bounds[cb & 0xff | (cr & 0xff) << 8]!;
    const right = this.#bounds[cb >>> 8 | cr & 0xff00]!;
    const floor = left & 0xffff | right << 16;
    const ceiling = left >>> 16 | right & 0xffff0000;
    // Without its lowest bit a sample leaves room for the carry, which is the comparison's result.
    const above = upper >>> 1 & LOW_BITS;
    const below = lower >>> 1 & LOW_BITS;
    return (above + floor & ceiling - above & below + floor & ceiling - below & TOP_BITS) ===
      TOP_BITS;
  }

  /** Fills `luma` and `chroma` with the eight pixels clipped. */
  limit(upper: number, lower: number, cb: number, cr: number): void {
    this.luma[0] = upper;
    this.luma[1] = lower;
    this.chroma[0] = cb;
    this.chroma[1] = cr;
    this.#limitCell(0);
    this.#limitCell(1);
  }

  /** Clips a whole frame in place; its width is a multiple of 4, its height even. */
  limitPlanes([y, cb, cr]: Planes, { width, height }: Size): void {
    const luma = new Uint32Array(y.buffer, y.byteOffset, y.length / 4);
    const cbPairs = new Uint16Array(cb.buffer, cb.byteOffset, cb.length / 2);
    const crPairs = new Uint16Array(cr.buffer, cr.byteOffset, cr.length / 2);
    const perRow = width / 4;
    let pair = 0;
    for (let row = 0; row < height; row += 2) {
      let above = row * perRow;
      for (const end = pair + perRow; pair < end; pair++, above++) {
        const upper = luma[above]!;
        const lower = luma[above + perRow]!;
        const u = cbPairs[pair]!;
        const v = crPairs[pair]!;
        if (this.holds(upper, lower, u, v)) continue;
        this.limit(upper, lower, u, v);
        luma[above] = this.luma[0]!;
        luma[above + perRow] = this.luma[1]!;
        cbPairs[pair] = this.chroma[0]!;
        crPairs[pair] = this.chroma[1]!;
      }
    }
  }

  /** @param index 0 for the left cell, 1 for the right one. */
  #limitCell(index: 0 | 1): void {
    const luma = this.#lumaBytes;
    const chroma = this.#chromaBytes;
    const sums = this.#sums;
    const { black, grey, redCr, greenCb, greenCr, blueCb } = this.#factors;
    const { lumaOfSum, uRed, uGreen, uBlue, vRed, vGreen, vBlue } = this.#factors;
    const u = chroma[index]! - GREY;
    const v = chroma[2 + index]! - GREY;
    const red = redCr * v;
    const green = greenCb * u + greenCr * v;
    const blue = blueCb * u;
    let sumRed = 0;
    let sumGreen = 0;
    let sumBlue = 0;
    for (let pixel = 0; pixel < CELL; pixel++) {
      const light = grey * (luma[lumaOf(index, pixel)]! - black);
      const r = clip(light + red);
      const g = clip(light + green);
      const b = clip(light + blue);
      sums[pixel] = r + g + b;
      sumRed += r;
      sumGreen += g;
      sumBlue += b;
    }
    chroma[index] = GREY + uRed * sumRed + uGreen * sumGreen + uBlue * sumBlue;
    chroma[2 + index] = GREY + vRed * sumRed + vGreen * sumGreen + vBlue * sumBlue;
    // What R' + G' + B' owes to the chroma as rounded; luma gives the rest.
    const tint = (greenCb + blueCb) * (chroma[index]! - GREY) +
      (redCr + greenCr) * (chroma[2 + index]! - GREY);
    for (let pixel = 0; pixel < CELL; pixel++) {
      luma[lumaOf(index, pixel)] = black + (sums[pixel]! - tint) * lumaOfSum;
    }
  }
}

/** Where in the two words of luma a pixel of a cell lies: 0, 1, 4, 5 in the left one. */
function lumaOf(index: 0 | 1, pixel: number): number {
  return 2 * index + pixel + (pixel & 2);
}

/** The colour transform's numbers as fields, which are read faster than lists are taken apart. */
interface Factors {
  readonly black: number;
  readonly grey: number;
  readonly redCr: number;
  readonly greenCb: number;
  readonly greenCr: number;
  readonly blueCb: number;
  /** Luma for each unit of R' + G' + B'. */
  readonly lumaOfSum: number;
  /** The mean Cb and Cr of a cell from the sums of its channels. */
  readonly uRed: number;
  readonly uGreen: number;
  readonly uBlue: number;
  readonly vRed: number;
  readonly vGreen: number;
  readonly vBlue: number;
}

function factorsOf({ offset, toRgb: m, toYuv: w }: ColourTransform): Factors {
  return {
    black: offset[0],
    grey: m[0]!,
    redCr: m[2]!,
    greenCb: m[4]!,
    greenCr: m[5]!,
    blueCb: m[7]!,
    lumaOfSum: 1 / (3 * m[0]!),
    uRed: w[3]! / CELL,
    uGreen: w[4]! / CELL,
    uBlue: w[5]! / CELL,
    vRed: w[6]! / CELL,
    vGreen: w[7]! / CELL,
    vBlue: w[8]! / CELL,
  };
}

function clip(channel: number): number {
  return channel < 0 ? 0 : channel > 255 ? 255 : channel;
}

/**
 * Between which luma a chroma stays within R'G'B', of samples without their lowest bit and for sums
 * that carry into the top bit of a byte where they hold: 128 − floor in the two lower bytes, to which
 * the sample is added, and 128 + ceiling in the two upper ones, from which it is subtracted.
 */
function boundsOf({ black, grey, redCr, greenCb, greenCr, blueCb }: Factors): Uint32Array {
  const bounds = new Uint32Array(1 << 16);
  for (let cr = 0; cr < 256; cr++) {
    for (let cb = 0; cb < 256; cb++) {
      const red = redCr * (cr - GREY);
      const green = greenCb * (cb - GREY) + greenCr * (cr - GREY);
      const blue = blueCb * (cb - GREY);
      const least = black - (TOLERANCE + Math.min(red, green, blue)) / grey;
      const most = black + (TOLERANCE + 255 - Math.max(red, green, blue)) / grey;
      const floor = Math.min(128, Math.max(0, Math.ceil(least / 2)));
      const ceiling = Math.min(127, Math.max(-1, Math.floor((Math.floor(most) - 1) / 2)));
      bounds[cb | cr << 8] = (128 - floor) * TWICE | (128 + ceiling) * TWICE << 16;
    }
  }
  return bounds;
}
