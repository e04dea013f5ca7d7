import type { Measurement, Sample } from "../report/bench_report.ts";

/**
 * The value below which `fraction` of the values lie, interpolated between its neighbours (type 7 of
 * Hyndman and Fan 1996, which is R's and NumPy's default).
 *
 * @throws {RangeError} If there is no value.
 */
export function quantile(values: readonly number[], fraction: number): number {
  if (values.length === 0) throw new RangeError("Cannot take a quantile of no values.");
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)]!;
  const above = sorted[Math.ceil(position)]!;
  return below + (above - below) * (position - Math.floor(position));
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Interquartile range over the median: how far the middle half of the values lies apart. */
export function relativeSpread(values: readonly number[]): number {
  const middle = median(values);
  return middle === 0 ? 0 : (quantile(values, 0.75) - quantile(values, 0.25)) / Math.abs(middle);
}

/** Median and spread of samples. */
export function measurement(samples: readonly Sample[]): Measurement {
  const values = samples.map(({ value }) => value);
  return { samples, median: median(values), spread: relativeSpread(values) };
}
