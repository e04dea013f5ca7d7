/**
 * The contenders of a cell: the winners at its corners, and every class that none of these matches
 * or exceeds at all four corners.
 *
 * The logits of a class at the four corners are one vector, so a comparison of two classes is one
 * instruction.
 */
import { loopTo, when } from "../../wasm/control.ts";
import { f32x4, i32, i32x4, v128 } from "../../wasm/instructions.ts";
import { type Locals, SCRATCH } from "../../wasm/kernel.ts";
import type { I32, Local, Statement, V128 } from "../../wasm/value.ts";

const VECTOR_BYTES = 16;

/** Vectors of pixels that are labelled at once, at most. */
export const MOST_PARTS = 4;

/** Where things of a contender lie, from its address. */
export const CONTENDER = {
  /** Its logits: top left, top right, bottom left, bottom right. */
  corners: 0,
  /** Its class, in 32 bits. */
  id: VECTOR_BYTES,
  /** Of the pixels in work: the logits at the top edge, and what they gain to the bottom. */
  top: 2 * VECTOR_BYTES,
  gain: (2 + MOST_PARTS) * VECTOR_BYTES,
} as const;

/** From one contender to the next. */
export const CONTENDER_BYTES = (2 + 2 * MOST_PARTS) * VECTOR_BYTES;

/** A cell of the grid. */
export interface Corners {
  /** Where class 0's logit at the top left lies, and how far from it other rows and classes do. */
  readonly topLeft: I32;
  readonly rowBytes: I32;
  readonly planeBytes: I32;
  readonly classes: I32;
  /** Where the winners at the top left and the bottom left lie; the right ones are behind them. */
  readonly winnersAbove: I32;
  readonly winnersBelow: I32;
  /** Where the contenders go; `endContenders` becomes the address after the last. */
  readonly contenders: I32;
  readonly endContenders: Local<"i32">;
}

/** Writes the contenders down: two or more where the winners differ. */
export function findContenders(cell: Corners, locals: Locals): Statement {
  const { topLeft, rowBytes, planeBytes, classes, contenders, endContenders } = cell;
  const point = locals.i32();
  const id = locals.i32();
  const corners = locals.v128();
  const winners = [
    i32.load8_u(SCRATCH, cell.winnersAbove),
    i32.load8_u(SCRATCH, cell.winnersAbove, 1),
    i32.load8_u(SCRATCH, cell.winnersBelow),
    i32.load8_u(SCRATCH, cell.winnersBelow, 1),
  ].map((found) => ({ found, id: locals.i32(), corners: locals.v128() }));

  const add = (id: I32, corners: V128) => [
    i32.store(SCRATCH, endContenders, id, CONTENDER.id),
    v128.store(SCRATCH, endContenders, corners, CONTENDER.corners),
    endContenders.set(i32.add(endContenders, CONTENDER_BYTES)),
  ];
  const addWinners = winners.map(({ found, id, corners }, corner) => {
    const isNew = winners.slice(0, corner).map((other) => i32.ne(id, other.id));
    return [
      id.set(found),
      point.set(i32.add(topLeft, i32.mul(id, planeBytes))),
      corners.set(cornersAt(point, rowBytes)),
      when(isNew.reduce<I32>(i32.and, 1), [add(id, corners)]),
    ];
  });
  const [exceedsFirst, ...exceedsOthers] = winners.map((winner) =>
    i32x4.bitmask(f32x4.lt(winner.corners, corners))
  );
  return [
    endContenders.set(contenders),
    addWinners,
    point.set(topLeft),
    id.set(0),
    loopTo(id, classes, 1, [
      corners.set(cornersAt(point, rowBytes)),
      // Most classes end at the first winner. A product is 0 where one of the others has no corner
      // at which it is exceeded.
      when(exceedsFirst!, [
        when(exceedsOthers.reduce<I32>(i32.mul, 1), [add(id, corners)]),
      ]),
      point.set(i32.add(point, planeBytes)),
    ]),
  ];
}

/** The values around a cell, from the one at its top left: the upper two, and the lower two. */
export function cornersAt(topLeft: Local<"i32">, rowBytes: I32): V128 {
  const top = v128.load64_zero(SCRATCH, topLeft);
  return v128.load64_lane(SCRATCH, i32.add(topLeft, rowBytes), top, 1);
}
