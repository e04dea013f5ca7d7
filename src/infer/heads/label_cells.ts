/**
 * Labels rows of cells: the pixels between two rows of points.
 *
 * ```
 * winners   2 2 2 2 7 7 7 …      1. Sixteen cells at a time, the winners at their corners are
 *           2 2 2 7 7 7 7 …         compared: where they differ is a boundary cell, and listed.
 * cells      · · x x · · …       2. The first line of pixels is filled in runs of cells with the
 *                                   same winner at the top left, and copied to the other lines.
 * pixels    2222222222227777…    3. In the boundary cells the classes that may win are found, and
 *           2222222222777777…       the pixels labelled anew.
 * ```
 *
 * In a grid of one column the points on the right are whatever lies there, and in one of one row
 * those below: they have no weight.
 */
import { copy, fill, loopTo, loopWhile, when } from "../../wasm/control.ts";
import { i32, i8x16, v128 } from "../../wasm/instructions.ts";
import {
  FRAMES,
  type Kernel,
  kernel,
  type Locals,
  type Named,
  SCRATCH,
} from "../../wasm/kernel.ts";
import type { I32, Local, Statement } from "../../wasm/value.ts";
import { findContenders } from "./label_contenders.ts";
import { labelPixels } from "./label_pixels.ts";

/** Cells that are compared at once: lists of cells have room for so many more. */
export const CELL_STEP = 16;

const ALL_DIFFER = 2 ** CELL_STEP - 1;

/** What stays the same from call to call. */
const PLACES = {
  /** Float32 [classes, rows, gridWidth]; the planes of the classes lie `planeBytes` apart. */
  logits: "i32",
  planeBytes: "i32",
  classes: "i32",
  /** Uint8 [rows, gridWidth]: the class of largest logit at each point. */
  winners: "i32",
  gridWidth: "i32",
  /** Cells in a row; int32, the first column of each; float32, the weight of each column. */
  cells: "i32",
  columnStarts: "i32",
  columnWeights: "i32",
  /** Int32, the first line of each row of cells; float32, the weight of each line. */
  lineStarts: "i32",
  lineWeights: "i32",
  /** Bytes of a line of labels. */
  width: "i32",
  /** Room for the numbers of a row's boundary cells, int32. */
  boundary: "i32",
  /** Room for every class as a contender. */
  contenders: "i32",
} as const;

/** Addresses in the scratch memory, and sizes. */
export type Places = Readonly<Record<keyof typeof PLACES, number>>;

/** The last operands of {@link labelCells}. */
export function placeOperands(places: Places): number[] {
  return Object.keys(PLACES).map((name) => places[name as keyof Places]);
}

const PARAMETERS = { labels: "i32", row: "i32", endRow: "i32", ...PLACES } as const;
type Parameters = Named<typeof PARAMETERS>;

/**
 * Labels the rows of cells from `row` to `endRow`, whose first line lies at `labels`. The logits and
 * the winners begin with the row of points above `row`.
 */
export const labelCells: Kernel = kernel(PARAMETERS, (parameters, locals) => {
  const { labels, row, endRow, logits, winners, gridWidth, lineStarts, width } = parameters;
  const rowBytes = locals.i32();
  const firstLine = locals.i32();
  const endLine = locals.i32();
  const bytes = locals.i32();
  const endBoundary = locals.i32();
  return [
    rowBytes.set(i32.shl(gridWidth, 2)),
    loopTo(row, endRow, 1, [
      firstLine.set(entryOf(lineStarts, row)),
      endLine.set(entryBehind(lineStarts, row)),
      bytes.set(i32.mul(i32.sub(endLine, firstLine), width)),
      when(bytes, [
        fillFirstLine(parameters, endBoundary, locals),
        copyDown(parameters, bytes, locals),
        labelBoundary({ ...parameters, rowBytes, firstLine, endLine, endBoundary }, locals),
      ]),
      labels.set(i32.add(labels, bytes)),
      logits.set(i32.add(logits, rowBytes)),
      winners.set(i32.add(winners, gridWidth)),
    ]),
  ];
});

/** Fills the row's first line as if no cell were a boundary cell, and lists those that are. */
function fillFirstLine(
  { labels, winners, gridWidth, cells, columnStarts, width, boundary }: Parameters,
  endBoundary: Local<"i32">,
  locals: Locals,
): Statement {
  const step = locals.i32();
  const above = locals.i32();
  const below = locals.i32();
  const winner = locals.v128();
  const differing = locals.i32();
  const cell = locals.i32();
  const topLeft = locals.i32();
  const filled = locals.i32();
  const end = locals.i32();
  const equals = (row: I32, offset: number) => i8x16.eq(winner, v128.load(SCRATCH, row, offset));
  const agree = v128.and(equals(above, 1), v128.and(equals(below, 0), equals(below, 1)));
  const winnerAt = (offset: number) => i32.load8_u(SCRATCH, topLeft, offset);
  const fillTo = (until: I32) => [
    end.set(until),
    fill(FRAMES, filled, winnerAt(0), i32.sub(end, filled)),
    filled.set(end),
  ];
  return [
    endBoundary.set(boundary),
    filled.set(labels),
    step.set(0),
    // The last step goes beyond the last cell, where cells begin and end with the line.
    loopTo(step, cells, CELL_STEP, [
      above.set(i32.add(winners, step)),
      below.set(i32.add(above, gridWidth)),
      winner.set(v128.load(SCRATCH, above)),
      differing.set(i32.xor(i8x16.bitmask(agree), ALL_DIFFER)),
      loopWhile(differing, [
        cell.set(i32.add(step, i32.ctz(differing))),
        differing.set(i32.and(differing, i32.sub(differing, 1))),
        i32.store(SCRATCH, endBoundary, cell),
        endBoundary.set(i32.add(endBoundary, 4)),
        topLeft.set(i32.add(winners, cell)),
        when(i32.ne(winnerAt(0), winnerAt(1)), [
          fillTo(i32.add(labels, entryBehind(columnStarts, cell))),
        ]),
      ]),
    ]),
    topLeft.set(i32.sub(i32.add(winners, cells), 1)),
    fillTo(i32.add(labels, width)),
  ];
}

/** Copies the first of the row's lines to the others. */
function copyDown({ labels, width }: Parameters, bytes: I32, locals: Locals): Statement {
  const offset = locals.i32();
  return [
    offset.set(width),
    loopTo(offset, bytes, width, [
      copy([FRAMES, i32.add(labels, offset)], [FRAMES, labels], width),
    ]),
  ];
}

/** Labels the pixels of the boundary cells. */
function labelBoundary(
  { boundary, endBoundary, firstLine, endLine, ...row }: Parameters & {
    readonly rowBytes: I32;
    readonly firstLine: I32;
    readonly endLine: I32;
    readonly endBoundary: I32;
  },
  locals: Locals,
): Statement {
  const { logits, winners, gridWidth, columnStarts, lineWeights } = row;
  const listed = locals.i32();
  const cell = locals.i32();
  const x = locals.i32();
  const endX = locals.i32();
  const endContenders = locals.i32();
  const topLeft = locals.i32();
  const winner = locals.i32();
  return [
    listed.set(boundary),
    loopTo(listed, endBoundary, 4, [
      cell.set(i32.load(SCRATCH, listed)),
      x.set(entryOf(columnStarts, cell)),
      endX.set(entryBehind(columnStarts, cell)),
      when(i32.lt_s(x, endX), [
        topLeft.set(placeOf(logits, cell)),
        winner.set(i32.add(winners, cell)),
        findContenders({
          ...row,
          endContenders,
          topLeft,
          winnersAbove: winner,
          winnersBelow: i32.add(winner, gridWidth),
        }, locals),
        labelPixels({
          ...row,
          x,
          endX,
          endContenders,
          firstWeight: placeOf(lineWeights, firstLine),
          endWeight: placeOf(lineWeights, endLine),
        }, locals),
      ]),
    ]),
  ];
}

/** Where an entry of four bytes lies. */
function placeOf(table: I32, index: I32): I32 {
  return i32.add(table, i32.shl(index, 2));
}

function entryOf(table: I32, index: I32): I32 {
  return i32.load(SCRATCH, placeOf(table, index));
}

function entryBehind(table: I32, index: I32): I32 {
  return i32.load(SCRATCH, placeOf(table, index), 4);
}
