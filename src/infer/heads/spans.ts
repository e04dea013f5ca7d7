import { upsampleAxis } from "./upsample.ts";

/** Neighbouring pixels of one cell of an axis, whose weights rise by the same step. */
export interface Span {
  /** The cell: the number of its first point. */
  readonly first: number;
  /** First pixel, and the one after the last. */
  readonly start: number;
  readonly end: number;
  /** The weight of the second point at the first pixel, 0–1, and what each pixel adds to it. */
  readonly weight: number;
  readonly step: number;
}

/**
 * The pixels of an {@link upsampleAxis} in spans: one a cell, and one of step 0 at either end where
 * pixels lie outside the grid and repeat its border.
 */
export function upsampleSpans(points: number, pixels: number, alignCorners: boolean): Span[] {
  const { cells, starts, weights } = upsampleAxis(points, pixels, alignCorners);
  const step = alignCorners ? (points - 1) / Math.max(1, pixels - 1) : points / pixels;
  const isInside = (pixel: number) => {
    const position = alignCorners ? pixel * step : (pixel + 0.5) * step - 0.5;
    return position >= 0 && position <= points - 1;
  };
  const spans: Span[] = [];
  for (let first = 0; first < cells; first++) {
    let start = starts[first]!;
    while (start < starts[first + 1]!) {
      const isRising = isInside(start);
      let end = start + 1;
      while (end < starts[first + 1]! && isInside(end) === isRising) end++;
      spans.push({ first, start, end, weight: weights[start]!, step: isRising ? step : 0 });
      start = end;
    }
  }
  return spans;
}
