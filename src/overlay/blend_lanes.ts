/**
 * The arithmetic of the blend, in lanes of 16 bits.
 *
 * A sample becomes `sample + ((tint − sample) · weight + 128 >> 8)`, with a weight of 0–256. One
 * instruction multiplies, rounds and shifts, q15mulr: `a · b + 2¹⁴ >> 15`. So a weight is kept as a
 * *pull*, −128 · weight: its negative as a fraction of 2¹⁵, for −1 is such a fraction and 1 is none.
 */
import { i16x8, i32x4, i8x16, v128 } from "../wasm/instructions.ts";
import type { V128 } from "../wasm/value.ts";

/** Sixteen values of a row: eight lanes of 16 bits, and eight more. */
export type Halves = readonly [V128, V128];

/** What sixteen pixels of a row do to the chroma samples that lie under them. */
export interface ChromaTint {
  /** By pixel, in bytes. */
  readonly cb: V128;
  /** By pixel, in bytes. */
  readonly cr: V128;
  /** By pixel. */
  readonly pulls: Halves;
}

/** Sixteen bytes as lanes of 16 bits. */
export function widen(bytes: V128): Halves {
  return [i16x8.extend_low_i8x16_u(bytes), i16x8.extend_high_i8x16_u(bytes)];
}

/** Masks of 8 bits as masks of 16. */
export function widenMask(mask: V128): Halves {
  return [i16x8.extend_low_i8x16_s(mask), i16x8.extend_high_i8x16_s(mask)];
}

/** The pull of a weight that is the same everywhere. */
export function fullPull(weight: V128): V128 {
  return i16x8.mul(weight, i16x8.splat(-128));
}

/**
 * The pull of `round(weight · confidence / 255)`. 255 is odd, so no quotient ends in ½, and rounding
 * is `floor(x / 255)` with 127 more; which is `x + (x >> 8) + 1 >> 8` for 16 bits, and the mean of two
 * lanes adds them with a 17th.
 */
export function fadedPull(weight: V128, confidence: V128): V128 {
  const x = i16x8.add(i16x8.mul(weight, confidence), i16x8.splat(127));
  const weightAndFraction = i16x8.avgr_u(x, i16x8.shr_u(x, 8));
  return i16x8.sub(i16x8.splat(0), v128.and(weightAndFraction, i16x8.splat(-128)));
}

/** Sixteen samples, each blended with its tint. */
export function mix(samples: V128, tints: Halves, pulls: Halves): V128 {
  const [low, high] = widen(samples);
  return i8x16.narrow_i16x8_u(
    mixHalf(low, tints[0], pulls[0]),
    mixHalf(high, tints[1], pulls[1]),
  );
}

function mixHalf(samples: V128, tints: V128, pulls: V128): V128 {
  const change = i16x8.relaxed_q15mulr_s(i16x8.sub(samples, tints), pulls);
  return i16x8.add(samples, change);
}

/**
 * Eight Cb samples and behind them eight Cr samples, each blended with the mean over its four pixels,
 * two of each row: `c + (Σ (tint − c) · weight + 512 >> 10)`.
 */
export function mixChroma(samples: V128, rows: readonly ChromaTint[]): V128 {
  const [cb, cr] = widen(samples);
  const changeOfCb = meanChange(
    i8x16.shuffle(samples, samples, LOW_TWICE),
    rows.map((row) => [row.cb, row.pulls]),
  );
  const changeOfCr = meanChange(
    i8x16.shuffle(samples, samples, HIGH_TWICE),
    rows.map((row) => [row.cr, row.pulls]),
  );
  return i8x16.narrow_i16x8_u(i16x8.add(cb, changeOfCb), i16x8.add(cr, changeOfCr));
}

/** Every sample twice, so that one lies under each of two pixels. */
const LOW_TWICE = Array.from({ length: 16 }, (_, lane) => lane >> 1);
const HIGH_TWICE = LOW_TWICE.map((lane) => lane + 8);

function meanChange(twice: V128, rows: readonly (readonly [tints: V128, pulls: Halves])[]): V128 {
  const samples = widen(twice);
  const changeOf = (half: 0 | 1) => {
    const [upper, lower] = rows.map(([tints, pulls]) =>
      i32x4.dot_i16x8_s(i16x8.sub(samples[half], widen(tints)[half]), pulls[half])
    );
    // Pulls have seven bits more than weights.
    return i32x4.shr_s(i32x4.add(i32x4.add(upper!, lower!), i32x4.splat(512 << 7)), 10 + 7);
  };
  return i16x8.narrow_i32x4_s(changeOf(0), changeOf(1));
}
