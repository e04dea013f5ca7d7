/** The clipping of colours in the plainest way: one cell of 2×2 pixels at a time, in float64. */
import { type Colour, colourTransform } from "../../../src/frame/colour.ts";

/** Pixels that share a sample of chroma. */
export interface Cell {
  /** Of the four pixels, row by row. */
  readonly luma: readonly number[];
  readonly cb: number;
  readonly cr: number;
}

const clip = (channel: number) => Math.min(255, Math.max(0, channel));

/** R'G'B' of a code of each plane, not clipped. */
export function rgbOf(colour: Colour, y: number, cb: number, cr: number): number[] {
  const { offset, toRgb } = colourTransform(colour);
  const code = [y - offset[0], cb - offset[1], cr - offset[2]];
  return [0, 1, 2].map((row) =>
    code.reduce((sum, value, plane) => sum + toRgb[3 * row + plane]! * value, 0)
  );
}

/** How far the channel of a cell that is furthest outside 0–255 is so; negative within. */
export function excessOf(colour: Colour, { luma, cb, cr }: Cell): number {
  const channels = luma.flatMap((y) => rgbOf(colour, y, cb, cr));
  return Math.max(...channels.map((channel) => Math.max(-channel, channel - 255)));
}

/** The clipped R'G'B' of a cell's pixels. */
export function clippedRgb(colour: Colour, { luma, cb, cr }: Cell): number[][] {
  return luma.map((y) => rgbOf(colour, y, cb, cr).map(clip));
}

/** The mean Cb and Cr of colours, not rounded. */
export function meanChroma(colour: Colour, colours: readonly number[][]): [number, number] {
  const { offset, toYuv } = colourTransform(colour);
  const mean = (plane: 1 | 2) =>
    colours.reduce(
        (sum, rgb) => sum + rgb.reduce((s, value, c) => s + toYuv[3 * plane + c]! * value, 0),
        0,
      ) / colours.length + offset[plane];
  return [mean(1), mean(2)];
}

/** The luma that is nearest to a colour beside a chroma: the least squares in R'G'B', not rounded. */
export function lumaBeside(colour: Colour, rgb: readonly number[], cb: number, cr: number): number {
  const { offset: [black], toRgb: [grey] } = colourTransform(colour);
  const tints = rgbOf(colour, black, cb, cr);
  return clip(black + rgb.reduce((sum, value, c) => sum + value - tints[c]!, 0) / (3 * grey!));
}
