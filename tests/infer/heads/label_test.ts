import fc from "fast-check";
import assert from "node:assert/strict";
import { UpsampleArgmax } from "../../../src/infer/heads/label.ts";
import type { UpsampleShape } from "../../../src/infer/heads/upsample.ts";
import { sharedMemory } from "../../../src/wasm/memory.ts";
import { countWrongLabels } from "./plain_upsample.ts";

/** No class of the tests has this id. */
const UNTOUCHED = 254;

function label(shape: UpsampleShape, logits: Float32Array): Uint8Array {
  const labels = new Uint8Array(shape.output.width * shape.output.height).fill(UNTOUCHED);
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

Deno.test("UpsampleArgmax gives the lowest id, where several classes are equal everywhere", () => {
  const shape = { classes: 9, grid: { width: 5, height: 4 }, output: { width: 21, height: 13 } };
  const logits = new Float32Array(9 * 20).fill(-1);
  assert.deepEqual(new Set(label(shape, logits)), new Set([0]));
  logits.fill(2, 3 * 20, 5 * 20);
  assert.deepEqual(new Set(label(shape, logits)), new Set([3]));
});

Deno.test("UpsampleArgmax labels 255 classes, and refuses more", () => {
  const shape = {
    classes: 255,
    grid: { width: 255, height: 1 },
    output: { width: 255, height: 1 },
  };
  // Each class wins at the point of its number, and pixels lie on points.
  const logits = Float32Array.from(
    { length: 255 * 255 },
    (_, i) => i % 256 === 0 ? 1 : 0,
  );
  assert.deepEqual([...label(shape, logits)], Array.from({ length: 255 }, (_, id) => id));
  assert.throws(() => new UpsampleArgmax({ ...shape, classes: 256 }), RangeError);
  assert.throws(() => new UpsampleArgmax({ ...shape, classes: 0 }), RangeError);
});

Deno.test("UpsampleArgmax equals the plain evaluation, where every one of 255 classes contends", () => {
  // Each class rises from column to column by its id, or falls: none is above another at all corners.
  const shape = { classes: 255, grid: { width: 5, height: 4 }, output: { width: 40, height: 32 } };
  const logits = Float32Array.from({ length: 255 * 20 }, (_, i) => {
    const id = Math.floor(i / 20);
    return i % 5 % 2 === 0 ? id : -id;
  });
  assert.equal(countWrongLabels(shape, logits, label(shape, logits)), 0);
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
  grid: fc.record({ width: side(40), height: side(6) }),
  output: fc.record({ width: side(90), height: side(37) }),
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

Deno.test("UpsampleArgmax equals the plain evaluation, on cells of every width", () => {
  for (let cell = 1; cell <= 64; cell++) {
    for (const classes of [2, 5]) {
      const shape = {
        classes,
        grid: { width: 4, height: 3 },
        output: { width: 4 * cell, height: 3 },
      };
      const logits = randomLogits(shape, cell, 3);
      assert.equal(countWrongLabels(shape, logits, label(shape, logits)), 0, `${cell} wide`);
    }
  }
});

Deno.test("UpsampleArgmax equals the plain evaluation, on smooth logits of many classes", () => {
  // Waves of several lengths: regions of one class, boundaries of two, and corners of three.
  fc.assert(
    fc.property(
      fc.record({
        classes: fc.integer({ min: 7, max: 40 }),
        grid: fc.record({ width: side(30), height: side(9) }),
        output: fc.record({ width: side(70), height: side(40) }),
      }),
      fc.integer(),
      (shape, seed) => {
        const logits = smoothLogits(shape, seed);
        assert.equal(countWrongLabels(shape, logits, label(shape, logits)), 0);
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("UpsampleArgmax equals the plain evaluation, on more logits than it takes at a time", () => {
  // A row of points is 128 KiB: every two or three rows of cells are copied by themselves.
  const shape = {
    classes: 255,
    grid: { width: 129, height: 10 },
    output: { width: 97, height: 31 },
  };
  for (const logits of [randomLogits(shape, 1, 3), smoothLogits(shape, 2)]) {
    assert.equal(countWrongLabels(shape, logits, label(shape, logits)), 0);
  }
});

Deno.test("UpsampleArgmax does not depend on what it labelled before", () => {
  const shape = { classes: 5, grid: { width: 19, height: 7 }, output: { width: 61, height: 43 } };
  const head = new UpsampleArgmax(shape);
  for (const seed of [1, 2, 3]) {
    const logits = randomLogits(shape, seed, seed);
    const labels = new Uint8Array(61 * 43);
    head.run(logits, labels);
    assert.deepEqual(labels, label(shape, logits));
  }
});

Deno.test("UpsampleArgmax writes its labels and no other byte, in a memory of frames", () => {
  const frames = sharedMemory(8192);
  const bytes = new Uint8Array(frames.buffer);
  fc.assert(
    fc.property(shapes, fc.integer(), fc.nat(100), (shape, seed, offset) => {
      const logits = randomLogits(shape, seed, 3);
      const end = offset + shape.output.width * shape.output.height;
      bytes.fill(UNTOUCHED);
      new UpsampleArgmax(shape, { frames }).run(logits, bytes.subarray(offset, end));
      assert.deepEqual(bytes.slice(offset, end), label(shape, logits));
      assert.ok(bytes.subarray(0, offset).every((byte) => byte === UNTOUCHED));
      assert.ok(bytes.subarray(end).every((byte) => byte === UNTOUCHED));
    }),
    { numRuns: 100 },
  );
});

Deno.test("UpsampleArgmax writes up to the last byte of a memory of frames", () => {
  // Cells one, two and more pixels wide: the labels of no chunk may reach beyond.
  const frames = new WebAssembly.Memory({ initial: 1 });
  for (const width of [1, 2, 3, 5, 7, 11, 30, 70]) {
    const shape = { classes: 4, grid: { width: 3, height: 3 }, output: { width, height: 4 } };
    const logits = randomLogits(shape, width, 3);
    const labels = new Uint8Array(frames.buffer, frames.buffer.byteLength - width * 4);
    new UpsampleArgmax(shape, { frames }).run(logits, labels);
    assert.deepEqual(labels.slice(), label(shape, logits));
  }
});

Deno.test("UpsampleArgmax labels frames beyond 2 GiB of memory", () => {
  const frames = sharedMemory(2 ** 32 - 2 ** 16);
  const shape = { classes: 4, grid: { width: 9, height: 5 }, output: { width: 70, height: 40 } };
  const logits = randomLogits(shape, 7, 3);
  for (const end of [2 ** 31 + 1500, 2 ** 32 - 2 ** 16]) {
    const labels = new Uint8Array(frames.buffer, end - 2800, 2800);
    new UpsampleArgmax(shape, { frames }).run(logits, labels);
    assert.deepEqual(labels.slice(), label(shape, logits));
  }
});

/** Repeatable numbers in ±1. */
function randomNumbers(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state = Math.imul(state, 1664525) + 1013904223;
    return (state >> 8) / 0x800000;
  };
}

/** Repeatable logits in ±spread. */
function randomLogits(shape: UpsampleShape, seed: number, spread: number): Float32Array {
  const next = randomNumbers(seed);
  const count = shape.classes * shape.grid.width * shape.grid.height;
  return Float32Array.from({ length: count }, () => next() * spread);
}

/** Each class is a wave of its own over the grid. */
function smoothLogits({ classes, grid }: UpsampleShape, seed: number): Float32Array {
  const next = randomNumbers(seed);
  const waves = Array.from({ length: classes }, () => [next(), next(), 3 * next()] as const);
  return Float32Array.from({ length: classes * grid.width * grid.height }, (_, i) => {
    const [across, down, phase] = waves[Math.floor(i / (grid.width * grid.height))]!;
    const y = Math.floor(i / grid.width) % grid.height;
    return 4 * Math.sin(across * (i % grid.width) + down * y + phase);
  });
}
