/**
 * Rates rows of cells: the pixels between two rows of points, cell by cell.
 *
 * A row is a span of lines and a cell a span of columns, whose weights rise by the same step from
 * pixel to pixel; those outside the grid, whose weights stay, and the parts of tall rows are spans of
 * their own. In a grid of one column the points on the right are whatever lies there, and in one of
 * one row those below: they have no weight.
 */
import { loopTo } from "../../wasm/control.ts";
import { f32, i32 } from "../../wasm/instructions.ts";
import { type Kernel, kernel, SCRATCH } from "../../wasm/kernel.ts";
import type { I32 } from "../../wasm/value.ts";
import { declareRating } from "./confidence_pixels.ts";
import { findTerms } from "./confidence_terms.ts";

/** Where things of a span of pixels lie, from its address: lines of a row, or columns of a cell. */
export const SPAN = {
  /** Int32: the point before it, and the pixels. */
  point: 0,
  pixels: 4,
  /** Float32: the weight of the point behind it for the first pixel, and what each pixel adds. */
  weight: 8,
  step: 12,
} as const;

/** From one span to the next. */
export const SPAN_BYTES = 16;

/** What stays the same from call to call. */
const PLACES = {
  /** Float32 [classes, rows, gridWidth]; the planes of the classes lie `planeBytes` apart. */
  powers: "i32",
  planeBytes: "i32",
  classes: "i32",
  /** Uint8 [rows, gridWidth]: the class that wins each point. */
  winners: "i32",
  gridWidth: "i32",
  /** The spans of columns. */
  columns: "i32",
  endColumns: "i32",
  /** Bytes of a line of confidences. */
  width: "i32",
  /** How far below a cell's winner a class counts, in powers of two. */
  reach: "f32",
  /** Room for every class as a term. */
  terms: "i32",
} as const;

/** Addresses in the scratch memory, and sizes. */
export type RatingPlaces = Readonly<Record<keyof typeof PLACES, number>>;

/** The last operands of {@link rateCells}. */
export function ratingOperands(places: RatingPlaces): number[] {
  return Object.keys(PLACES).map((name) => places[name as keyof RatingPlaces]);
}

/** Two equal bytes beside each other are one of them times this. */
const TWICE = 0x101;

/**
 * Rates the spans of lines from `lines` to `endLines`, which begin at `confidence`. The powers and
 * the winners begin with row `firstRow` of the grid.
 */
export const rateCells: Kernel = kernel(
  { confidence: "i32", lines: "i32", endLines: "i32", firstRow: "i32", ...PLACES },
  ({ confidence, lines, endLines, firstRow, ...places }, locals) => {
    const { powers, winners, gridWidth, width } = places;
    const rowBytes = locals.i32();
    const firstPoint = locals.i32();
    const point = locals.i32();
    const lineCount = locals.i32();
    const columns = locals.i32();
    const start = locals.i32();
    const pixels = locals.i32();
    const above = locals.i32();
    const winner = locals.i32();
    const isContested = locals.i32();
    const endTerms = locals.i32();
    const isSteep = locals.i32();
    const rating = declareRating({
      ...places,
      confidence: start,
      lines: lineCount,
      pixels,
      weight: f32.load(SCRATCH, columns, SPAN.weight),
      step: f32.load(SCRATCH, columns, SPAN.step),
      endTerms,
      isContested,
      isSteep,
    }, locals);
    const isMixed = (row: I32) => i32.ne(i32.load16_u(SCRATCH, row), i32.mul(winner, TWICE));
    return [
      rating.begin,
      rowBytes.set(i32.shl(gridWidth, 2)),
      loopTo(lines, endLines, SPAN_BYTES, [
        lineCount.set(i32.load(SCRATCH, lines, SPAN.pixels)),
        firstPoint.set(
          i32.mul(i32.sub(i32.load(SCRATCH, lines, SPAN.point), firstRow), gridWidth),
        ),
        start.set(confidence),
        columns.set(places.columns),
        loopTo(columns, places.endColumns, SPAN_BYTES, [
          pixels.set(i32.load(SCRATCH, columns, SPAN.pixels)),
          point.set(i32.add(firstPoint, i32.load(SCRATCH, columns, SPAN.point))),
          above.set(i32.add(winners, point)),
          winner.set(i32.load8_u(SCRATCH, above)),
          isContested.set(i32.or(isMixed(above), isMixed(i32.add(above, gridWidth)))),
          findTerms({
            ...places,
            topLeft: i32.add(powers, i32.shl(point, 2)),
            rowBytes,
            winner,
            isContested,
            weight: f32.load(SCRATCH, lines, SPAN.weight),
            step: f32.load(SCRATCH, lines, SPAN.step),
            endTerms,
            isSteep,
          }, locals),
          rating.rate,
          start.set(i32.add(start, i32.load(SCRATCH, columns, SPAN.pixels))),
        ]),
        confidence.set(i32.add(confidence, i32.mul(lineCount, width))),
      ]),
    ];
  },
);
