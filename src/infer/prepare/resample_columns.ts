import { loopTo } from "../../wasm/control.ts";
import { i32, v128 } from "../../wasm/instructions.ts";
import { type Locals, SCRATCH } from "../../wasm/kernel.ts";
import { interleaveHigh, interleaveLow } from "../../wasm/lanes.ts";
import type { I32, Local, Statement } from "../../wasm/value.ts";
import { byTaps, declareSum, loadWeight, WEIGHT_BYTES } from "./resample_sum.ts";

type Integer = Local<"i32">;

/** Bytes in a vector, and the side of the squares that are turned. */
export const SIDE = 16;
const SIDE_BITS = 4;

/** As many rows at the input's width, and where they go at the output's. */
interface StripSum {
  readonly strip: Integer;
  readonly stripStride: Integer;
  readonly fromWidth: Integer;
  readonly to: Integer;
  readonly toWidth: Integer;
  /** Room for the columns of input and output, turned to rows of 16 bytes. */
  readonly turnedInput: Integer;
  readonly turnedOutput: Integer;
  /** Of the weights of columns. */
  readonly table: Integer;
  readonly entryBytes: Integer;
  readonly taps: Integer;
}

/** Sums up columns: turned by a quarter they are rows, and are summed up as such, and turned back. */
export function sumColumns(strip: StripSum, locals: Locals): Statement {
  const { fromWidth, toWidth, turnedInput, turnedOutput } = strip;
  const x = locals.i32();
  const start = locals.i32();
  const last = locals.i32();
  const from = locals.i32();
  const to = locals.i32();
  return [
    x.set(0),
    loopTo(x, fromWidth, SIDE, [
      from.set(i32.add(strip.strip, x)),
      to.set(i32.add(turnedInput, i32.shl(x, SIDE_BITS))),
      turn({ from, fromStride: strip.stripStride, to, toStride: SIDE }, locals),
    ]),
    sumTurned(strip, locals),
    // The last square may overlap the one before: beyond the row's end it would spoil the next row.
    last.set(i32.sub(toWidth, SIDE)),
    last.set(i32.select(last, 0, i32.gt_s(last, 0))),
    x.set(0),
    loopTo(x, toWidth, SIDE, [
      start.set(i32.select(x, last, i32.lt_s(x, last))),
      from.set(i32.add(turnedOutput, i32.shl(start, SIDE_BITS))),
      to.set(i32.add(strip.to, start)),
      turn({ from, fromStride: SIDE, to, toStride: toWidth }, locals),
    ]),
  ];
}

/** Sums up the columns where they are rows. */
function sumTurned(
  { toWidth, turnedInput, turnedOutput, table, entryBytes, taps }: StripSum,
  locals: Locals,
): Statement {
  const x = locals.i32();
  const from = locals.i32();
  const to = locals.i32();
  const entry = locals.i32();
  const samples = locals.v128();
  const sum = declareSum(locals);
  const eachColumn = (add: Statement) =>
    loopTo(x, toWidth, 1, [
      from.set(i32.add(turnedInput, i32.load(SCRATCH, entry))),
      sum.begin,
      add,
      v128.store(SCRATCH, to, sum.bytes),
      to.set(i32.add(to, SIDE)),
      entry.set(i32.add(entry, entryBytes)),
    ]);
  const unrolled = (count: number) =>
    eachColumn(Array.from({ length: count }, (_, tap) => [
      samples.set(v128.load(SCRATCH, from, tap * SIDE)),
      sum.add(samples, loadWeight(entry, tap)),
    ]));
  const tap = locals.i32();
  const weightEntry = locals.i32();
  const looped = eachColumn([
    weightEntry.set(entry),
    tap.set(0),
    loopTo(tap, taps, 1, [
      samples.set(v128.load(SCRATCH, from)),
      sum.add(samples, loadWeight(weightEntry)),
      from.set(i32.add(from, SIDE)),
      weightEntry.set(i32.add(weightEntry, WEIGHT_BYTES)),
    ]),
  ]);
  return [
    sum.prepare,
    x.set(0),
    to.set(turnedOutput),
    entry.set(table),
    byTaps(taps, unrolled, looped),
  ];
}

/** A square of 16×16 bytes, and where it is put turned. The addresses are moved. */
interface Square {
  readonly from: Integer;
  readonly fromStride: I32;
  readonly to: Integer;
  readonly toStride: I32;
}

/**
 * Makes the columns of a square its rows.
 *
 * Interleaving rows that lie half the square apart gives two squares, the left half of the columns and
 * the right one, of half as many rows that are twice as long; in the end a row is a whole column.
 */
function turn({ from, fromStride, to, toStride }: Square, locals: Locals): Statement {
  const halve = (rows: readonly Local<"v128">[]): Statement => {
    if (rows.length === 1) {
      return [v128.store(SCRATCH, to, rows[0]!), to.set(i32.add(to, toStride))];
    }
    const pairs = Array.from({ length: rows.length / 2 }, (_, i) => ({
      upper: rows[i]!,
      lower: rows[i + rows.length / 2]!,
      left: locals.v128(),
      right: locals.v128(),
    }));
    return [
      pairs.map(({ upper, lower, left, right }) => [
        left.set(interleaveLow(upper, lower, 1)),
        right.set(interleaveHigh(upper, lower, 1)),
      ]),
      halve(pairs.map(({ left }) => left)),
      halve(pairs.map(({ right }) => right)),
    ];
  };
  const rows = Array.from({ length: SIDE }, () => locals.v128());
  return [
    rows.map((row) => [row.set(v128.load(SCRATCH, from)), from.set(i32.add(from, fromStride))]),
    halve(rows),
  ];
}
