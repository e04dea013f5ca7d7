import assert from "node:assert/strict";
import { upsampleSpans } from "../../../src/infer/heads/spans.ts";
import { upsampleAxis } from "../../../src/infer/heads/upsample.ts";

Deno.test("upsampleSpans gives every pixel's weight, on any axis", () => {
  for (const alignCorners of [false, true]) {
    for (let points = 1; points <= 9; points++) {
      for (let pixels = 1; pixels <= 60; pixels++) {
        const { starts, weights } = upsampleAxis(points, pixels, alignCorners);
        let next = 0;
        for (
          const { first, start, end, weight, step } of upsampleSpans(points, pixels, alignCorners)
        ) {
          assert.equal(start, next);
          assert.ok(starts[first]! <= start && end <= starts[first + 1]!);
          for (let pixel = start; pixel < end; pixel++) {
            assert.ok(Math.abs(weight + step * (pixel - start) - weights[pixel]!) < 1e-6);
          }
          next = end;
        }
        assert.equal(next, pixels);
      }
    }
  }
});

Deno.test("upsampleSpans gives one span a cell, where pixels lie on points, and one at either end", () => {
  // 15 pixels a cell: the middle one of the first 15 lies on the first point.
  const spans = upsampleSpans(8, 120, false);
  const lengths = spans.map(({ start, end }) => end - start);
  assert.deepEqual(lengths.slice(0, -2), [7, 15, 15, 15, 15, 15, 15]);
  assert.deepEqual(spans.filter(({ step }) => step === 0).map(({ weight }) => weight), [0, 1]);
});
