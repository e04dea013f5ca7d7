import { loopTo } from "../../wasm/control.ts";
import { i16x8, i32, i8x16, v128 } from "../../wasm/instructions.ts";
import { type Locals, SCRATCH } from "../../wasm/kernel.ts";
import type { Local, Statement } from "../../wasm/value.ts";
import { type Filter, WEIGHT_BITS } from "./resample_filter.ts";
import { type FilterTable, LITTLE_ENDIAN, ROUNDING } from "./resample_sum.ts";

const VECTOR_BYTES = 16;
/** Outputs in a vector, in lanes of 16 bits; an entry of the table has two vectors. */
const LANES = 8;
const LANE_BYTES = 2;
const OUTPUTS = 2 * LANES;
const OFFSET_BYTES = 4;

/** Where things lie in an entry: of the first vector, and behind that of the second. */
const ENTRY = { numbers: 0, weights: 32, offsets: 64, bytes: 80 } as const;

/** Of a lane of numbers the upper byte takes nothing: there is no byte 128. */
const NO_BYTE = 128 << 8;

/**
 * For each 16 outputs that mix two neighbours: where the inputs of the first and of the last eight
 * begin, and in lanes the numbers of the left neighbours from there and the weights of the right ones.
 *
 * Filters of two taps shrink by 2 at most, so that all neighbours of eight are within 16 bytes.
 */
export function pairTable({ taps, firsts, weights }: Filter): FilterTable {
  const bytes = new Uint8Array(ENTRY.bytes * Math.ceil(firsts.length / OUTPUTS));
  const view = new DataView(bytes.buffer);
  firsts.forEach((first, output) => {
    const lane = output % LANES;
    const half = Math.floor(output / LANES) % 2;
    const entry = Math.floor(output / OUTPUTS) * ENTRY.bytes;
    const begin = firsts[output - lane]!;
    const at = entry + half * VECTOR_BYTES + lane * LANE_BYTES;
    // A single input has no neighbour.
    const weight = taps === 1 ? 0 : weights[2 * output + 1]!;
    view.setInt32(entry + ENTRY.offsets + half * OFFSET_BYTES, begin, LITTLE_ENDIAN);
    view.setUint16(at + ENTRY.numbers, NO_BYTE | first - begin, LITTLE_ENDIAN);
    view.setUint16(at + ENTRY.weights, weight, LITTLE_ENDIAN);
  });
  return { bytes, entryBytes: ENTRY.bytes };
}

/** A row at the input's width, and where it goes at the output's. */
interface RowPairs {
  readonly from: Local<"i32">;
  /** Whole vectors are written, perhaps beyond the row's end. */
  readonly to: Local<"i32">;
  readonly toWidth: Local<"i32">;
  readonly table: Local<"i32">;
}

/** Mixes neighbours of one row. */
export function mixPairs({ from, to, toWidth, table }: RowPairs, locals: Locals): Statement {
  const x = locals.i32();
  const entry = locals.i32();
  const rounding = locals.v128();
  const whole = locals.v128();
  const next = locals.v128();
  const samples = locals.v128();
  const left = locals.v128();
  const right = locals.v128();
  const weight = locals.v128();
  const halves = [0, 1].map((half) => ({ half, mixed: locals.v128() }));
  const mix = ({ half, mixed }: typeof halves[0]) => [
    samples.set(v128.load(
      SCRATCH,
      i32.add(from, i32.load(SCRATCH, entry, ENTRY.offsets + half * OFFSET_BYTES)),
    )),
    left.set(v128.load(SCRATCH, entry, ENTRY.numbers + half * VECTOR_BYTES)),
    right.set(i8x16.relaxed_swizzle(samples, i16x8.add(left, next))),
    left.set(i8x16.relaxed_swizzle(samples, left)),
    weight.set(v128.load(SCRATCH, entry, ENTRY.weights + half * VECTOR_BYTES)),
    left.set(i16x8.mul(left, i16x8.sub(whole, weight))),
    right.set(i16x8.add(i16x8.mul(right, weight), rounding)),
    mixed.set(i16x8.shr_u(i16x8.add(left, right), WEIGHT_BITS)),
  ];
  return [
    rounding.set(i16x8.splat(ROUNDING)),
    whole.set(i16x8.splat(1 << WEIGHT_BITS)),
    next.set(i16x8.splat(1)),
    x.set(0),
    entry.set(table),
    loopTo(x, toWidth, OUTPUTS, [
      halves.map(mix),
      v128.store(
        SCRATCH,
        i32.add(to, x),
        i8x16.narrow_i16x8_u(halves[0]!.mixed, halves[1]!.mixed),
      ),
      entry.set(i32.add(entry, ENTRY.bytes)),
    ]),
  ];
}
