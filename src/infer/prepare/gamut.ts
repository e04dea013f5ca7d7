/**
 * Brings colours that Y'CbCr can say and R'G'B' cannot to what a conversion makes of them, which
 * clips each channel to 0–255. Encoders leave many: highlights and saturated edges overshoot. The
 * network's first convolution takes Y'CbCr linearly, so what is to be clipped is clipped before it.
 *
 * A cell of 2×2 pixels shares its chroma and may need another for each once clipped. It gets the
 * mean, and each pixel the luma that is nearest to its clipped colour beside that: the least squares
 * in R'G'B', rounded to codes. Colours within R'G'B' are kept as they are.
 *
 * It works on tiles of 16 columns and 2 rows. Their eight cells are the eight lanes of 16 bits:
 *
 * ```
 * upper  │ y y │ y y │ …     a pixel of every cell: the even, or the odd bytes of a row
 * lower  │ y y │ y y │ …
 * chroma │ u v │ u v │ …
 * ```
 *
 * The check takes some thirty instructions, for only the darkest and the lightest pixel of a cell
 * and its least and largest tint matter. Clipping takes a hundred more, and few tiles need it.
 */
import { when } from "../../wasm/control.ts";
import { i16x8, i8x16, v128 } from "../../wasm/instructions.ts";
import { type Locals, SCRATCH } from "../../wasm/kernel.ts";
import type { I32, Local, Statement, V128 } from "../../wasm/value.ts";
import {
  CHROMA_BITS,
  FACTOR_NAMES,
  type GamutFactors,
  LUMA_BITS,
  UNIT_BITS,
} from "./gamut_factors.ts";

type Vector = Local<"v128">;

/** Sixteen columns and two rows. */
export interface Tile {
  /** The luma of the upper and of the lower row. */
  readonly upper: Vector;
  readonly lower: Vector;
  /** Cb and Cr of eight cells, in turn. */
  readonly chroma: Vector;
}

/** Code that limits colours. */
export interface GamutLimiter {
  /** Comes once, before all tiles. */
  readonly begin: Statement;
  /** Replaces what the tile holds. */
  readonly limit: Statement;
}

/** What check and clipping have in common. */
interface Cells extends Tile {
  readonly k: Readonly<Record<keyof GamutFactors, Vector>>;
  readonly constants: Constants;
  readonly tints: { readonly red: Vector; readonly green: Vector; readonly blue: Vector };
  /** All bits of the cells to be mended. */
  readonly isOut: Vector;
}

/** Vectors that are the same for all tiles. */
interface Constants {
  readonly evenBytes: Vector;
  readonly topBits: Vector;
  readonly zero: Vector;
  /** Numbers of bytes: the two halves of a vector in turn. */
  readonly inTurn: Vector;
}

/** Declares what limits the colours of a tile; `factors` is the address of its table. */
export function declareGamut(tile: Tile, factors: I32, locals: Locals): GamutLimiter {
  const k = Object.fromEntries(
    FACTOR_NAMES.map((name) => [name, locals.v128()]),
  ) as Cells["k"];
  const constants = {
    evenBytes: locals.v128(),
    topBits: locals.v128(),
    zero: locals.v128(),
    inTurn: locals.v128(),
  };
  const tints = { red: locals.v128(), green: locals.v128(), blue: locals.v128() };
  const cells = { ...tile, k, constants, tints, isOut: locals.v128() };
  return {
    begin: [
      FACTOR_NAMES.map((name, i) => k[name].set(v128.load16_splat(SCRATCH, factors, 2 * i))),
      constants.evenBytes.set(i16x8.splat(0x00ff)),
      constants.topBits.set(i8x16.splat(0x80)),
      constants.zero.set(i8x16.splat(0)),
      constants.inTurn.set(v128.bytes([0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15])),
    ],
    limit: [check(cells, locals), when(v128.any_true(cells.isOut), clip(cells, locals))],
  };
}

/** Computes the tints, and which cells are out. */
function check({ upper, lower, chroma, k, constants, tints, isOut }: Cells, locals: Locals) {
  const { red, green, blue } = tints;
  const cb = locals.v128();
  const cr = locals.v128();
  const dark = locals.v128();
  const light = locals.v128();
  return [
    cb.set(cbOf(chroma, constants)),
    cr.set(crOf(chroma, constants)),
    red.set(times(cr, k.redCr)),
    green.set(i16x8.add(times(cb, k.greenCb), times(cr, k.greenCr))),
    blue.set(times(cb, k.blueCb)),
    dark.set(i8x16.min_u(upper, lower)),
    dark.set(inUnits(i16x8.min_s(even(dark, constants), odd(dark)))),
    light.set(i8x16.max_u(upper, lower)),
    light.set(inUnits(i16x8.max_s(even(light, constants), odd(light)))),
    isOut.set(v128.or(
      i16x8.lt_s(i16x8.add(dark, i16x8.min_s(i16x8.min_s(red, green), blue)), k.least),
      i16x8.gt_s(i16x8.add(light, i16x8.max_s(i16x8.max_s(red, green), blue)), k.most),
    )),
  ];
}

/** Computes all cells anew, and puts those that are out in the place of what they were. */
function clip({ upper, lower, chroma, k, constants, tints, isOut }: Cells, locals: Locals) {
  const { zero, inTurn } = constants;
  const declareChannel = (tint: Vector) => ({ tint, value: locals.v128(), sum: locals.v128() });
  const red = declareChannel(tints.red);
  const green = declareChannel(tints.green);
  const blue = declareChannel(tints.blue);
  const channels = [red, green, blue];
  const pixels = [even(upper, constants), odd(upper), even(lower, constants), odd(lower)].map(
    (code) => ({ code, sum: locals.v128() }),
  );
  const luma = locals.v128();
  const mended = locals.v128();
  const allTints = locals.v128();

  const mean = (ofRed: V128, ofGreen: V128, ofBlue: V128) => {
    const sum = i16x8.add(times(red.sum, ofRed), times(green.sum, ofGreen));
    const chroma = i16x8.add(i16x8.add(sum, times(blue.sum, ofBlue)), k.noChroma);
    return i16x8.shr_s(chroma, CHROMA_BITS);
  };
  // No overflow: the tints of a colour, R' + G' + B' − 3 Y', are within 1.15 · top, and 0 for white. So
  // beside a white pixel, 3 · top, the mean is within 0.9 · top, and 4 · top is below 2¹⁵.
  const lumaOf = (pixel: { readonly sum: Vector }) => {
    const sum = times(i16x8.sub(pixel.sum, allTints), k.third);
    return i16x8.shr_s(i16x8.add(sum, k.noLuma), LUMA_BITS);
  };
  const toBytes = (left: V128, right: V128) =>
    i8x16.relaxed_swizzle(i8x16.narrow_i16x8_u(left, right), inTurn);
  const replace = (row: Vector, by: V128) => row.set(v128.bitselect(by, row, isOut));
  return [
    pixels.map((pixel, i) => [
      luma.set(i16x8.sub(inUnits(pixel.code), k.black)),
      channels.map(({ tint, value, sum }) => [
        value.set(i16x8.max_s(i16x8.min_s(i16x8.add(luma, tint), k.top), zero)),
        sum.set(i === 0 ? value : i16x8.add(sum, value)),
      ]),
      pixel.sum.set(i16x8.add(i16x8.add(red.value, green.value), blue.value)),
    ]),
    mended.set(toBytes(mean(k.cbRed, k.cbGreen, k.cbBlue), mean(k.crRed, k.crGreen, k.crBlue))),
    replace(chroma, mended),
    // What R' + G' + B' owes to the chroma as rounded; luma gives the rest.
    allTints.set(i16x8.add(
      times(cbOf(mended, constants), k.tintsCb),
      times(crOf(mended, constants), k.tintsCr),
    )),
    replace(upper, toBytes(lumaOf(pixels[0]!), lumaOf(pixels[1]!))),
    replace(lower, toBytes(lumaOf(pixels[2]!), lumaOf(pixels[3]!))),
  ];
}

/** The bytes at even places, in lanes of 16 bits. */
function even(bytes: V128, { evenBytes }: Constants): V128 {
  return v128.and(bytes, evenBytes);
}

/** The bytes at odd places. */
function odd(bytes: V128): V128 {
  return i16x8.shr_u(bytes, 8);
}

function inUnits(codes: V128): V128 {
  return i16x8.shl(codes, UNIT_BITS);
}

/** Cb − 128 in the upper bytes of lanes, as signed numbers. */
function cbOf(chroma: V128, { topBits }: Constants): V128 {
  return i16x8.shl(v128.xor(chroma, topBits), 8);
}

/** Cr − 128 likewise. */
function crOf(chroma: V128, { topBits, evenBytes }: Constants): V128 {
  return v128.andnot(v128.xor(chroma, topBits), evenBytes);
}

/**
 * By a factor, in fractions of 2¹⁵.
 *
 * The factor comes first: on x86 without AVX, V8's baseline compiler loses the first operand where it
 * may overwrite the register of the second alone, as it may that of a factor just loaded.
 */
function times(lanes: V128, factor: V128): V128 {
  return i16x8.relaxed_q15mulr_s(factor, lanes);
}
