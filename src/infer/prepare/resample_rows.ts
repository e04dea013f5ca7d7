import { loopTo } from "../../wasm/control.ts";
import { i32, v128 } from "../../wasm/instructions.ts";
import { FRAMES, type Locals, SCRATCH } from "../../wasm/kernel.ts";
import type { Local, Statement } from "../../wasm/value.ts";
import { byTaps, declareSum, loadWeight, MOST_UNROLLED, WEIGHT_BYTES } from "./resample_sum.ts";

type Integer = Local<"i32">;

/** Samples that a step takes. */
const STEP = 16;

/** One row of output, still at the input's width. */
interface RowSum {
  /** First input row. */
  readonly from: Integer;
  /** Samples of a row, and bytes from row to row. */
  readonly width: Integer;
  /** Where the sums go: whole vectors, perhaps beyond the row's end. */
  readonly to: Integer;
  /** The row's entry in the table of weights. */
  readonly entry: Integer;
  readonly taps: Integer;
}

/** Sums up input rows, from the memory of frames into scratch memory. */
export function sumRows({ from, width, to, entry, taps }: RowSum, locals: Locals): Statement {
  const x = locals.i32();
  const samples = locals.v128();
  const sum = declareSum(locals);
  const eachStep = (add: Statement) =>
    loopTo(x, width, STEP, [sum.begin, add, v128.store(SCRATCH, i32.add(to, x), sum.bytes)]);

  // Addresses and weights are the same for the whole row.
  const rows = Array.from({ length: MOST_UNROLLED }, (_, tap) => ({
    address: tap === 0 ? from : locals.i32(),
    weight: locals.v128(),
  }));
  const unrolled = (count: number) => {
    const counted = rows.slice(0, count);
    return [
      counted.map(({ address, weight }, tap) => [
        tap === 0 ? [] : address.set(i32.add(rows[tap - 1]!.address, width)),
        weight.set(loadWeight(entry, tap)),
      ]),
      eachStep(counted.map(({ address, weight }) => [
        samples.set(v128.load(FRAMES, i32.add(address, x))),
        sum.add(samples, weight),
      ])),
    ];
  };

  const at = locals.i32();
  const weightEntry = locals.i32();
  const tap = locals.i32();
  const looped = eachStep([
    at.set(i32.add(from, x)),
    weightEntry.set(entry),
    tap.set(0),
    loopTo(tap, taps, 1, [
      samples.set(v128.load(FRAMES, at)),
      sum.add(samples, loadWeight(weightEntry)),
      at.set(i32.add(at, width)),
      weightEntry.set(i32.add(weightEntry, WEIGHT_BYTES)),
    ]),
  ]);
  return [sum.prepare, x.set(0), byTaps(taps, unrolled, looped)];
}
