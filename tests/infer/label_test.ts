import fc from "fast-check";
import assert from "node:assert/strict";
import { UpsampleArgmax } from "../../src/infer/label.ts";
import type { UpsampleShape } from "../../src/infer/upsample.ts";
import { countWrongLabels } from "./plain_upsample.ts";

function label(shape: UpsampleShape, logits: Float32Array): Uint8Array {
  const labels = new Uint8Array(shape.output.width * shape.output.height).fill(254);
  new UpsampleArgmax(shape).run(logits, labels);
  return labels;
}

Deno.test("UpsampleArgmax puts the boundary where two classes cross, between two points", () => {
  // Class 0 falls from 1 to 0 and class 1 rises from 0 to 1: they cross half-way, at x = 4 of 8.
  const shape = { classes: 2, grid: { width: 2, height: 1 }, output: { width: 8, height: 1 } };
  assert.deepEqual([...label(shape, new Float32Array([1, 0, 0, 1]))], [0, 0, 0, 0, 1, 1, 1, 1]);
});

Deno.test("UpsampleArgmax finds a class that wins no corner, where it wins in between", () => {
  // At the middle the three are 0.5, 0.5 and 0.9.
  const shape = { classes: 3, grid: { width: 2, height: 1 }, output: { width: 8, height: 1 } };
  const labels = label(shape, new Float32Array([1, 0, 0, 1, 0.9, 0.9]));
  assert.deepEqual([...labels], [0, 0, 2, 2, 2, 2, 1, 1]);
});

Deno.test("UpsampleArgmax throws RangeError, on buffers of the wrong length", () => {
  const head = new UpsampleArgmax({
    classes: 2,
    grid: { width: 2, height: 2 },
    output: { width: 4, height: 4 },
  });
  assert.throws(() => head.run(new Float32Array(7), new Uint8Array(16)), RangeError);
  assert.throws(() => head.run(new Float32Array(8), new Uint8Array(15)), RangeError);
});

const side = (max: number) => fc.integer({ min: 1, max });
const shapes = fc.record({
  classes: fc.integer({ min: 1, max: 6 }),
  grid: fc.record({ width: side(7), height: side(6) }),
  output: fc.record({ width: side(41), height: side(37) }),
  alignCorners: fc.boolean(),
});

Deno.test("UpsampleArgmax equals the plain evaluation, on any grid and output size", () => {
  fc.assert(
    fc.property(shapes, fc.integer(), (shape, seed) => {
      const logits = randomLogits(shape, seed, 3);
      assert.equal(countWrongLabels(shape, logits, label(shape, logits)), 0);
    }),
    { numRuns: 150 },
  );
});

/** Repeatable logits in ±spread. */
function randomLogits(shape: UpsampleShape, seed: number, spread: number): Float32Array {
  let state = seed | 1;
  const count = shape.classes * shape.grid.width * shape.grid.height;
  return Float32Array.from({ length: count }, () => {
    state = Math.imul(state, 1664525) + 1013904223;
    return (state >> 8) / 0x800000 * spread;
  });
}
