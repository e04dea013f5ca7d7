/**
 * The colour of a stream: which matrix turned R'G'B' into Y'CbCr and over which range of codes.
 *
 * Coefficients: ITU-R BT.601-7 §2.5.1, BT.709-6 §3.2, BT.2020-2 table 4 (non-constant luminance);
 * 8-bit quantisation as in BT.709 §4.6 (limited range) and JFIF (full range).
 */

/** The luma coefficients in force. */
export type ColourMatrix = "bt601" | "bt709" | "bt2020";

/** `limited`: Y 16–235, C 16–240. `full`: 0–255. */
export type ColourRange = "limited" | "full";

/** What travels with a stream and tags its output. */
export interface Colour {
  /** The luma coefficients. */
  readonly matrix: ColourMatrix;
  /** Which codes are black and white. */
  readonly range: ColourRange;
}

/** R'G'B' of 0–255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Y'CbCr codes of 0–255. */
export type Yuv = readonly [y: number, u: number, v: number];

/**
 * `rgb = toRgb · (yuv − offset)`, all in 8-bit codes; `toYuv` is the inverse map.
 * Both matrices are row-major 3×3.
 */
export interface ColourTransform {
  readonly offset: Yuv;
  readonly toRgb: readonly number[];
  readonly toYuv: readonly number[];
}

const LUMA: Record<ColourMatrix, readonly [kr: number, kb: number]> = {
  bt601: [0.299, 0.114],
  bt709: [0.2126, 0.0722],
  bt2020: [0.2627, 0.0593],
};

/** The transform between 8-bit Y'CbCr codes of `colour` and R'G'B' of 0–255. */
export function colourTransform(colour: Colour): ColourTransform {
  const [kr, kb] = LUMA[colour.matrix];
  const kg = 1 - kr - kb;
  const limited = colour.range === "limited";
  const lumaScale = limited ? 219 / 255 : 1;
  const chromaScale = limited ? 224 / 255 : 1;
  const cb = chromaScale / (2 * (1 - kb));
  const cr = chromaScale / (2 * (1 - kr));
  return {
    offset: [limited ? 16 : 0, 128, 128],
    // deno-fmt-ignore
    toYuv: [
      kr * lumaScale, kg * lumaScale, kb * lumaScale,
      -kr * cb, -kg * cb, (1 - kb) * cb,
      (1 - kr) * cr, -kg * cr, -kb * cr,
    ],
    // deno-fmt-ignore
    toRgb: [
      1 / lumaScale, 0, 1 / cr,
      1 / lumaScale, -kb / kg / cb, -kr / kg / cr,
      1 / lumaScale, 1 / cb, 0,
    ],
  };
}

/** The Y'CbCr codes of a colour, rounded and within 0–255. */
export function rgbToYuv(rgb: Rgb, colour: Colour): Yuv {
  const { offset, toYuv: m } = colourTransform(colour);
  const [r, g, b] = rgb;
  const code = (row: number) => {
    const value = m[row * 3]! * r + m[row * 3 + 1]! * g + m[row * 3 + 2]! * b + offset[row]!;
    return Math.min(255, Math.max(0, Math.round(value)));
  };
  return [code(0), code(1), code(2)];
}
