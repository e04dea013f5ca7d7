import assert from "node:assert/strict";
import { measurement, median, quantile, relativeSpread } from "../../src/bench/statistics.ts";

// Expected numbers: R 4.2, quantile(x, type = 7), which is its default.
Deno.test("quantile() interpolates between neighbours, as R does", () => {
  assert.equal(quantile([3, 1, 2, 4], 0.25), 1.75);
  assert.equal(quantile([3, 1, 2, 4], 0.75), 3.25);
  assert.equal(quantile([10, 20, 30], 0.5), 20);
  assert.equal(quantile([7], 0.9), 7);
});

Deno.test("quantile() throws RangeError, on no values", () => {
  assert.throws(() => quantile([], 0.5), RangeError);
});

Deno.test("median() is the mean of the middle two, of an even number of values", () => {
  assert.equal(median([5, 1, 3, 9]), 4);
});

Deno.test("relativeSpread() is the interquartile range over the median", () => {
  assert.equal(relativeSpread([3, 1, 2, 4]), 1.5 / 2.5);
  assert.equal(relativeSpread([8]), 0);
  assert.equal(relativeSpread([0, 0]), 0);
});

Deno.test("relativeSpread() is not moved by one outlier among five", () => {
  assert.equal(relativeSpread([10, 10, 10, 10, 100]), 0);
});

Deno.test("measurement() keeps the samples in their order", () => {
  const samples = [{ atMs: 5, value: 2 }, { atMs: 9, value: 1 }, { atMs: 12, value: 3 }];
  assert.deepEqual(measurement(samples), { samples, median: 2, spread: 0.5 });
});
