import { type Colour, colourTransform } from "../../frame/colour.ts";

/** How far a channel may leave 0–255 before its cell is mended: less than two codes of luma. */
const TOLERANCE = 2;

/** What the arithmetic of gamut.ts is off by at most, in units. */
const ROUNDING = 2;

/** Pixels of a cell: those that share a sample of chroma. */
const CELL = 4;

/** The code of Cb and Cr that adds no colour. */
const GREY = 128;

/** Colours are computed in units of 1/32 code of luma, for which 16 bits have room. */
export const UNIT_BITS = 5;
const UNITS = 1 << UNIT_BITS;

/** What is rounded to codes has so many fractional bits. */
export const CHROMA_BITS = 6;
export const LUMA_BITS = 4;

/** Factors are fractions of 2¹⁵, as q15mulr takes them. */
const ONE = 2 ** 15;
/** Chroma codes are multiplied where they lie, in the upper bytes of lanes. */
const UPPER_BYTE = 256;

/**
 * The numbers that declareGamut of gamut.ts computes with. In units of luma, a channel is
 * `luma + tint`, and 0–255 is 0–`top`.
 */
export type GamutFactors = ReturnType<typeof factorsOf>;

function factorsOf(colour: Colour) {
  const { offset: [blackCode], toRgb: m, toYuv: w } = colourTransform(colour);
  const grey = m[0]!;
  const black = blackCode * UNITS;
  const top = 255 / grey * UNITS;
  const slack = TOLERANCE / grey * UNITS - ROUNDING;
  /** From a code of chroma to the tint of a channel. */
  const tint = (factor: number) => factor / grey * UNITS / UPPER_BYTE * ONE;
  /** From the sum of a channel over a cell to the mean chroma. */
  const mean = (factor: number) => factor * grey / UNITS / CELL * (ONE << CHROMA_BITS);
  return {
    redCr: tint(m[2]!),
    greenCb: tint(m[4]!),
    greenCr: tint(m[5]!),
    blueCb: tint(m[7]!),
    /** Between these a channel is let pass; of samples, from which black is not subtracted. */
    least: Math.ceil(black - slack),
    most: Math.floor(black + top + slack),
    black,
    top,
    cbRed: mean(w[3]!),
    cbGreen: mean(w[4]!),
    cbBlue: mean(w[5]!),
    crRed: mean(w[6]!),
    crGreen: mean(w[7]!),
    crBlue: mean(w[8]!),
    /** What grey is, and what rounds. */
    noChroma: (GREY + 0.5) * (1 << CHROMA_BITS),
    /** From the codes of chroma to the sum of the three tints. */
    tintsCb: tint(m[4]! + m[7]!),
    tintsCr: tint(m[2]! + m[5]!),
    /** From the sum of the three channels without the tints, which is three times luma. */
    third: (ONE << LUMA_BITS) / (3 * UNITS),
    noLuma: (blackCode + 0.5) * (1 << LUMA_BITS),
  };
}

/** The names of the factors, in the order of the table. */
export const FACTOR_NAMES = Object.keys(
  factorsOf({ matrix: "bt709", range: "full" }),
) as readonly (keyof GamutFactors)[];

/** The factors as 16-bit integers. */
export function factorTable(colour: Colour): Uint8Array {
  const factors = factorsOf(colour);
  const table = Int16Array.from(FACTOR_NAMES, (name) => Math.round(factors[name]));
  return new Uint8Array(table.buffer);
}
