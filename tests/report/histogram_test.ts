import assert from "node:assert/strict";
import fc from "fast-check";
import { Histogram } from "../../src/report/histogram.ts";

const milliseconds = fc.double({ min: 0.002, max: 1e6, noNaN: true });

/** Nearest-rank percentile of the values themselves. */
function exactPercentile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(fraction * sorted.length)) - 1]!;
}

function histogramOf(values: Iterable<number>): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

function assertClose(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= expected * 0.005 + 1e-9, `${actual} for ${expected}`);
}

Deno.test("percentile() is within 0.5% of the nearest-rank sample, for any values", () => {
  fc.assert(fc.property(
    fc.array(milliseconds, { minLength: 1, maxLength: 300 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (values, fraction) => {
      assertClose(histogramOf(values).percentile(fraction), exactPercentile(values, fraction));
    },
  ));
});

Deno.test("summary() gives exact count, mean and max, and close percentiles, of 1 to 1000", () => {
  // Of the integers 1…1000: mean 500.5; nearest ranks 500, 950 and 990.
  const summary = histogramOf(Array.from({ length: 1000 }, (_, at) => at + 1)).summary();
  assert.equal(summary.count, 1000);
  assert.equal(summary.mean, 500.5);
  assert.equal(summary.max, 1000);
  assertClose(summary.p50, 500);
  assertClose(summary.p95, 950);
  assertClose(summary.p99, 990);
});

Deno.test("summary() is all zero, when nothing was added", () => {
  assert.deepEqual(new Histogram().summary(), {
    count: 0,
    mean: 0,
    p50: 0,
    p95: 0,
    p99: 0,
    max: 0,
  });
});

Deno.test("percentile() is exact, when all values are the same", () => {
  assert.equal(histogramOf([7.123, 7.123, 7.123]).percentile(0.5), 7.123);
});

Deno.test("add() keeps values outside of the buckets' range apart from the others", () => {
  const histogram = histogramOf([0, 0, 0, 1e12]);
  assert.equal(histogram.percentile(0.5), 0);
  assert.equal(histogram.max, 1e12);
});

Deno.test("merge() equals adding all values to one histogram, for any split", () => {
  fc.assert(fc.property(fc.array(milliseconds), fc.array(milliseconds), (left, right) => {
    const merged = histogramOf(left);
    merged.merge(histogramOf(right));
    const whole = histogramOf([...left, ...right]).summary();
    const { mean, ...rest } = merged.summary();
    assert.deepEqual({ ...rest, mean: whole.mean }, whole);
    assert.ok(Math.abs(mean - whole.mean) <= 1e-9 * whole.mean);
  }));
});

Deno.test("add() and percentile() refuse what is no duration and no fraction", () => {
  for (const value of [-1, NaN, Infinity]) {
    assert.throws(() => new Histogram().add(value), RangeError);
  }
  for (const fraction of [-0.1, 1.1, NaN]) {
    assert.throws(() => new Histogram().percentile(fraction), RangeError);
  }
});
