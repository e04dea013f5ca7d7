/**
 * 2 to the power of a float: x = n + f, where n is the nearest integer, goes into the exponent's
 * bits, and a polynomial gives 2ᶠ for |f| ≤ ½.
 */
import { f32x4, i32x4 } from "../../wasm/instructions.ts";
import type { Locals } from "../../wasm/kernel.ts";
import type { Statement, V128 } from "../../wasm/value.ts";

/** A float of this size has no bits below 1: added, it rounds, and its low bits are the integer. */
const ROUNDER = 1.5 * 2 ** 23;
const EXPONENT_SHIFT = 23;

/** The polynomial, highest power first; off by at most 3e-6 of 2ᶠ, and exact at 0. */
const FACTORS = [0.0095828534, 0.055906427, 0.24024099, 0.69312419, 1] as const;

/** The least power that {@link Exponential.of} takes. */
export const LEAST_POWER = -126;

/** Computes powers of two in a kernel. */
export interface Exponential {
  /** Sets the constants: once, before the loops. */
  readonly begin: Statement;
  /** 2 to the power of each lane, of −126 to 127, to 4e-6 of itself. */
  of(power: V128): { readonly prepare: Statement; readonly value: V128 };
}

/** Declares what is kept in locals. */
export function declareExponential(locals: Locals): Exponential {
  const rounder = locals.v128();
  const factors = FACTORS.map((factor) => ({ factor, local: locals.v128() }));
  const x = locals.v128();
  const rounded = locals.v128();
  const [highest, ...others] = factors.map(({ local }) => local);
  return {
    begin: [
      rounder.set(f32x4.splat(ROUNDER)),
      factors.map(({ factor, local }) => local.set(f32x4.splat(factor))),
    ],
    of: (power) => ({
      prepare: [
        x.set(power),
        rounded.set(f32x4.add(x, rounder)),
        x.set(f32x4.sub(x, f32x4.sub(rounded, rounder))),
      ],
      value: i32x4.add(
        others.reduce<V128>((sum, factor) => f32x4.relaxed_madd(sum, x, factor), highest!),
        i32x4.shl(rounded, EXPONENT_SHIFT),
      ),
    }),
  };
}
