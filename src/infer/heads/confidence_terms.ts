/**
 * The classes that count in a cell.
 *
 * How far a class is below the winner is bilinear in the cell, so its share is 2 to the power of
 * a bilinear function, and along a line or a column it grows by a constant factor from pixel to
 * pixel. A term is such a class.
 */
import { loopTo, when } from "../../wasm/control.ts";
import { f32x4, i32, i32x4, i8x16, v128 } from "../../wasm/instructions.ts";
import { type Locals, SCRATCH } from "../../wasm/kernel.ts";
import { interleaveLow } from "../../wasm/lanes.ts";
import type { F32, I32, Local, Statement, V128 } from "../../wasm/value.ts";
import { cornersAt } from "./label_contenders.ts";

const VECTOR_BYTES = 16;

/** Where things of a term lie, from its address. */
export const TERM = {
  /** At the cell's left edge and the first line: its power, and what that gains a line. */
  power: 0,
  gain: 4,
  /** What these two gain to the right edge. */
  powerAcross: 8,
  gainAcross: 12,
  /** Of four pixels beside each other: its share in the line in work, and the factor a line. */
  share: VECTOR_BYTES,
  growth: 2 * VECTOR_BYTES,
} as const;

/** From one term to the next. */
export const TERM_BYTES = 3 * VECTOR_BYTES;

/** Above this at every corner, shares and their factors are floats of full precision. */
const LOWEST_POWER = -100;

const UPPER_HALF = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];

/** A cell, and the lines in work. */
export interface TermsOfCell {
  /** Where class 0's power at the top left lies, and how far from it other rows and classes do. */
  readonly topLeft: I32;
  readonly rowBytes: I32;
  readonly planeBytes: I32;
  readonly classes: I32;
  /** The class that wins at the top left, and whether another one wins at another corner. */
  readonly winner: I32;
  readonly isContested: I32;
  /** A class so far below the winner at all corners does not count. */
  readonly reach: F32;
  /** The weight of the lower points in the first line, and what each line adds to it. */
  readonly weight: F32;
  readonly step: F32;
  /** Where the terms go; `endTerms` becomes the address after the last. */
  readonly terms: I32;
  readonly endTerms: Local<"i32">;
  /** Becomes not 0 where a share might leave the range of floats. */
  readonly isSteep: Local<"i32">;
}

/** Writes the terms down; a winner of all corners is none of them. */
export function findTerms(cell: TermsOfCell, locals: Locals): Statement {
  const { topLeft, rowBytes, planeBytes, classes, winner, terms, endTerms, isSteep } = cell;
  const point = locals.i32();
  const endPoint = locals.i32();
  const leftOut = locals.i32();
  const corners = locals.v128();
  const threshold = locals.v128();
  const lowest = locals.v128();
  const isLow = locals.v128();
  const down = locals.v128();
  const sides = locals.v128();
  const weight = locals.v128();
  const step = locals.v128();
  const add = [
    isLow.set(v128.or(isLow, f32x4.lt(corners, lowest))),
    down.set(f32x4.sub(upperHalf(corners), corners)),
    // Left and right in turn: the power, and its gain.
    sides.set(
      interleaveLow(f32x4.relaxed_madd(down, weight, corners), f32x4.mul(down, step), 4),
    ),
    v128.store64_lane(SCRATCH, endTerms, sides, 0, TERM.power),
    v128.store64_lane(SCRATCH, endTerms, f32x4.sub(upperHalf(sides), sides), 0, TERM.powerAcross),
    endTerms.set(i32.add(endTerms, TERM_BYTES)),
  ];
  return [
    lowest.set(f32x4.splat(LOWEST_POWER)),
    weight.set(f32x4.splat(cell.weight)),
    step.set(f32x4.splat(cell.step)),
    isLow.set(i32x4.splat(0)),
    endTerms.set(terms),
    point.set(i32.add(topLeft, i32.mul(winner, planeBytes))),
    threshold.set(f32x4.sub(cornersAt(point, rowBytes), f32x4.splat(cell.reach))),
    leftOut.set(i32.select(0, point, cell.isContested)),
    point.set(topLeft),
    endPoint.set(i32.add(topLeft, i32.mul(classes, planeBytes))),
    loopTo(point, endPoint, planeBytes, [
      corners.set(cornersAt(point, rowBytes)),
      when(i32x4.bitmask(f32x4.gt(corners, threshold)), [
        when(i32.ne(point, leftOut), add),
      ]),
    ]),
    isSteep.set(v128.any_true(isLow)),
  ];
}

function upperHalf(vector: V128): V128 {
  return i8x16.shuffle(vector, vector, UPPER_HALF);
}
