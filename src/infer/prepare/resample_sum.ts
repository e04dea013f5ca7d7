/** What rows and columns have in common that are summed up: the table of weights, and the sums. */
import { when } from "../../wasm/control.ts";
import { i16x8, i32, v128 } from "../../wasm/instructions.ts";
import { type Locals, SCRATCH } from "../../wasm/kernel.ts";
import type { Local, Statement, V128 } from "../../wasm/value.ts";
import { type Filter, WEIGHT_BITS } from "./resample_filter.ts";

/** Kernels read numbers from the lowest byte on. */
export const LITTLE_ENDIAN = true;

/** What is made of a filter: an entry for each output, or for so many, in their order. */
export interface FilterTable {
  readonly bytes: Uint8Array;
  readonly entryBytes: number;
}

/** Where the weights begin in an entry of {@link weightTable}, and the bytes of one. */
const WEIGHTS_AT = 4;
export const WEIGHT_BYTES = 2;

/**
 * For each output the offset of its first input, 32 bits, and its weights, 16 bits each.
 *
 * @param inputBytes From one input to the next.
 */
export function weightTable(filter: Filter, inputBytes: number): FilterTable {
  const { taps, firsts, weights } = filter;
  const entryBytes = WEIGHTS_AT + taps * WEIGHT_BYTES;
  const bytes = new Uint8Array(entryBytes * firsts.length);
  const view = new DataView(bytes.buffer);
  firsts.forEach((first, output) => {
    const entry = output * entryBytes;
    view.setInt32(entry, first * inputBytes, LITTLE_ENDIAN);
    for (let tap = 0; tap < taps; tap++) {
      const at = entry + WEIGHTS_AT + tap * WEIGHT_BYTES;
      view.setInt16(at, weights[output * taps + tap]!, LITTLE_ENDIAN);
    }
  });
  return { bytes, entryBytes };
}

/** A weight of an entry in all lanes of 16 bits. */
export function loadWeight(entry: Local<"i32">, tap = 0): V128 {
  return v128.load16_splat(SCRATCH, entry, WEIGHTS_AT + tap * WEIGHT_BYTES);
}

/** What is added to a sum of weighted samples, so that cutting it off rounds. */
export const ROUNDING = 1 << WEIGHT_BITS - 1;

/** Code that sums up weighted samples, sixteen sums at a time. */
export interface WeightedSum {
  /** Comes once, before all sums. */
  readonly prepare: Statement;
  /** Begins a sum. */
  readonly begin: Statement;
  /** Adds 16 samples times a weight, which is in all lanes of 16 bits. */
  add(samples: Local<"v128">, weight: V128): Statement;
  /** The sums, rounded to bytes. */
  readonly bytes: V128;
}

/**
 * Declares a weighted sum: that of the bytes at even places and that of those at odd ones, each in
 * lanes of 16 bits, in which 255 times the sum of the weights has room.
 */
export function declareSum(locals: Locals): WeightedSum {
  const evenBytes = locals.v128();
  const rounding = locals.v128();
  const even = locals.v128();
  const odd = locals.v128();
  return {
    prepare: [evenBytes.set(i16x8.splat(0x00ff)), rounding.set(i16x8.splat(ROUNDING))],
    begin: [even.set(rounding), odd.set(rounding)],
    add: (samples, weight) => [
      even.set(i16x8.add(even, i16x8.mul(v128.and(samples, evenBytes), weight))),
      odd.set(i16x8.add(odd, i16x8.mul(i16x8.shr_u(samples, 8), weight))),
    ],
    bytes: v128.or(i16x8.shr_u(even, WEIGHT_BITS), v128.andnot(odd, evenBytes)),
  };
}

/** Numbers of taps that have code of their own, without a loop: up to a shrink factor of 4. */
const UNROLLED = [2, 3, 4, 5, 6, 7, 8] as const;
/** The largest of them. */
export const MOST_UNROLLED = UNROLLED.at(-1)!;

/** Runs the code for a number of taps, or that for any number. */
export function byTaps(
  taps: Local<"i32">,
  unrolled: (taps: number) => Statement,
  any: Statement,
): Statement {
  return UNROLLED.reduceRight(
    (rest, count) => when(i32.eq(taps, count), [unrolled(count)], [rest]),
    any,
  );
}
