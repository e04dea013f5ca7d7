/**
 * Rates the pixels of a cell in blocks, four columns wide and as high as the cell.
 *
 * ```
 * power ──── across ────        The power of two and what it gains a line are known along the left
 *   │  ▯▯▯▯ ▯▯▯▯ ▯▯▯▯ ▯▯        edge and across the cell. A block begins with its four columns'
 * gain  ⋮    ⋮    ⋮    ⋮        shares in the first line and their factors from line to line:
 *   │                           2 to the power, and to the gain.
 * ```
 */
import { loopWhile, when } from "../../wasm/control.ts";
import { f32x4, i32, v128 } from "../../wasm/instructions.ts";
import { type Locals, SCRATCH } from "../../wasm/kernel.ts";
import type { F32, I32, Local, Statement, V128 } from "../../wasm/value.ts";
import { declareBlock } from "./confidence_lines.ts";
import { TERM } from "./confidence_terms.ts";
import { declareExponential } from "./exponential.ts";
import { LANES } from "./label_edges.ts";

/** The number of each lane. */
const RAMP = [...new Uint8Array(Float32Array.of(0, 1, 2, 3).buffer)];

/** The pixels of a cell, with everything's address. */
export interface CellPixels {
  /** The cell's first pixel, and the bytes from line to line. */
  readonly confidence: I32;
  readonly width: I32;
  /** How many columns there are, which become none; and lines. */
  readonly pixels: Local<"i32">;
  readonly lines: I32;
  /** The weight of the points on the right at the first column, and what each column adds to it. */
  readonly weight: F32;
  readonly step: F32;
  /** The first term, and after the last. */
  readonly terms: I32;
  readonly endTerms: I32;
  /** Whether several classes may win; one that wins for sure is not among the terms. */
  readonly isContested: I32;
  /** Whether a share might leave the range of floats. */
  readonly isSteep: I32;
}

/** Declares what cells are rated with: `begin` once, before the loops, and `rate` for each. */
export function declareRating(cell: CellPixels, locals: Locals) {
  const { confidence, width, pixels, terms, endTerms, isContested } = cell;
  const column = locals.i32();
  const line = locals.i32();
  const lines = locals.i32();
  const weight = locals.v128();
  const step = locals.v128();
  const ramp = locals.v128();
  const exponential = declareExponential(locals);
  const block = declareBlock(
    { line, width, lines, pixels, terms, endTerms, isContested, exponential },
    locals,
  );
  const { term, eachTerm } = block;

  const side = (offset: number) => v128.load32_splat(SCRATCH, term, offset);
  const save = (offset: number, saved: V128) => v128.store(SCRATCH, term, saved, offset);
  const power = f32x4.relaxed_madd(side(TERM.powerAcross), weight, side(TERM.power));
  const gain = f32x4.relaxed_madd(side(TERM.gainAcross), weight, side(TERM.gain));
  const share = exponential.of(power);
  const growth = exponential.of(gain);
  const setShares = eachTerm([
    share.prepare,
    save(TERM.share, share.value),
    growth.prepare,
    save(TERM.growth, growth.value),
  ]);
  const setPowers = eachTerm([save(TERM.share, power), save(TERM.growth, gain)]);

  return {
    begin: [exponential.begin, block.begin, ramp.set(v128.bytes(RAMP))] as Statement,
    rate: [
      column.set(confidence),
      step.set(f32x4.splat(cell.step)),
      weight.set(f32x4.relaxed_madd(ramp, step, f32x4.splat(cell.weight))),
      step.set(f32x4.mul(step, f32x4.splat(LANES))),
      loopWhile(i32.gt_s(pixels, 0), [
        line.set(column),
        lines.set(cell.lines),
        when(cell.isSteep, [setPowers, block.rateSteeply], [setShares, block.rate]),
        weight.set(f32x4.add(weight, step)),
        column.set(i32.add(column, LANES)),
        pixels.set(i32.sub(pixels, LANES)),
      ]),
    ] as Statement,
  };
}
