import fc from "fast-check";
import assert from "node:assert/strict";
import { UpsampleConfidence } from "../../../src/infer/heads/confidence.ts";
import { UpsampleArgmax } from "../../../src/infer/heads/label.ts";
import type { UpsampleShape } from "../../../src/infer/heads/upsample.ts";
import { sharedMemory } from "../../../src/wasm/memory.ts";
import { readGolden } from "../../testing/golden.ts";
import { shared } from "../../testing/shared.ts";
import { bilinearLogits, softmaxOf } from "./plain_upsample.ts";

/** No confidence of the tests is this: with four classes or fewer none is below a quarter. */
const UNTOUCHED = 7;

function rate(shape: UpsampleShape, logits: Float32Array): Uint8Array {
  const confidence = new Uint8Array(shape.output.width * shape.output.height);
  new UpsampleConfidence(shape).run(logits, confidence);
  return confidence;
}

/** Rates the logits and compares every `stride`th pixel with the plain softmax in float64. */
function checkConfidence(
  shape: UpsampleShape,
  logits: Float32Array,
  { stride = 1, tolerance = 1 } = {},
): void {
  const { width, height } = shape.output;
  const labels = new Uint8Array(width * height);
  new UpsampleArgmax(shape).run(logits, labels);
  const confidence = rate(shape, logits);
  for (let pixel = 0; pixel < labels.length; pixel += stride) {
    const values = bilinearLogits(shape, logits, pixel % width, Math.floor(pixel / width));
    const expected = 255 * softmaxOf(values, labels[pixel]!);
    assert.ok(
      Math.abs(confidence[pixel]! - expected) <= tolerance,
      `${confidence[pixel]} is not ${expected} at pixel ${pixel}`,
    );
  }
}

const side = (max: number) => fc.integer({ min: 1, max });
const shapes = fc.record({
  classes: fc.integer({ min: 1, max: 19 }),
  grid: fc.record({ width: side(7), height: side(6) }),
  output: fc.record({ width: side(41), height: side(37) }),
  alignCorners: fc.boolean(),
});

Deno.test("UpsampleConfidence is within 1/255 of the plain softmax, on any grid and size", () => {
  fc.assert(
    fc.property(
      shapes,
      fc.infiniteStream(fc.double({ min: -1, max: 1, noNaN: true })),
      fc.constantFrom(0.1, 0.5, 2, 5, 12, 30, 300, 3000),
      (shape, stream, spread) => {
        const logits = makeLogits(shape, () => spread * (stream.next().value as number));
        checkConfidence(shape, logits);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("UpsampleConfidence is within 1/255, of small waves on a winner that is far ahead", () => {
  // Cells whose corners agree, with the others so near each other that they are taken together.
  fc.assert(
    fc.property(
      shapes,
      fc.infiniteStream(fc.double({ min: -1, max: 1, noNaN: true })),
      fc.constantFrom(0, 1, 2, 4, 8),
      fc.constantFrom(0.1, 0.5, 1, 3),
      (shape, stream, lead, spread) => {
        const next = () => spread * (stream.next().value as number);
        checkConfidence(shape, makeLogits(shape, (id) => id === 0 ? lead : next()));
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("UpsampleConfidence is within 2/255, of classes that rise and fall steeply", () => {
  // Each class is a plane or a saddle over the grid: at a steepness of 200 a cell crosses several,
  // and none of its corners says what wins in the middle. Logits 60,000 apart are rounded by 1/256.
  fc.assert(
    fc.property(
      shapes,
      fc.array(fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: -4, max: 4 }))), {
        minLength: 19,
        maxLength: 19,
      }),
      fc.constantFrom(0.2, 1, 5, 50, 200),
      (shape, slopes, steepness) => {
        const logits = makeLogits(shape, (id, x, y) => {
          const [constant, across, down, twist] = slopes[id] as [number, number, number, number];
          return steepness * (constant + across * x + down * y + twist * x * y);
        });
        checkConfidence(shape, logits, { tolerance: 2 });
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("UpsampleConfidence rates a class that wins no corner, where it wins in between", () => {
  // Gaps of 60: at the third point of four the corners' winners are 20 below the third class.
  const shape = { classes: 3, grid: { width: 2, height: 1 }, output: { width: 64, height: 3 } };
  checkConfidence(shape, new Float32Array([60, 0, 0, 60, 50, 50]));
  checkConfidence(shape, new Float32Array([2000, 0, 0, 2000, 1500, 1500]));
  checkConfidence(shape, new Float32Array([2, 0, 0, 2, 1.9, 1.9]));
});

Deno.test("UpsampleConfidence is within 1/255 of the plain softmax, on cells of every size", () => {
  for (let cell = 1; cell <= 70; cell++) {
    for (const [width, height] of [[3 * cell, 4], [5, 2 * cell]] as const) {
      const shape = { classes: 4, grid: { width: 3, height: 2 }, output: { width, height } };
      checkConfidence(shape, randomLogits(shape, cell, 3));
    }
  }
});

Deno.test("UpsampleConfidence is within 1/255 of the plain softmax, on the largest of cells", () => {
  // 1,500 lines from the first row of points to the second: far more than are taken at a time.
  const shape = { classes: 5, grid: { width: 2, height: 2 }, output: { width: 3, height: 3000 } };
  checkConfidence(shape, randomLogits(shape, 1, 20));
});

Deno.test("UpsampleConfidence is within 1/255, of more logits than it takes at a time", () => {
  // A row of points is 128 KiB: every two or three rows of cells are copied by themselves.
  const shape = {
    classes: 255,
    grid: { width: 129, height: 10 },
    output: { width: 97, height: 31 },
  };
  for (const spread of [2, 300]) checkConfidence(shape, randomLogits(shape, spread, spread));
});

Deno.test("UpsampleConfidence is within 1/255, of many classes just too low to count alone", () => {
  // 254 classes, each e⁻⁶ to e⁻¹⁴ of the winner: up to 60% or so of it together.
  const shape = { classes: 255, grid: { width: 3, height: 2 }, output: { width: 19, height: 9 } };
  for (let below = 6; below <= 14; below += 0.25) {
    checkConfidence(shape, makeLogits(shape, (id) => id === 77 ? 0 : -below));
  }
});

Deno.test("UpsampleConfidence is certain of a single class, and of one above all others", () => {
  const shape = { classes: 1, grid: { width: 3, height: 3 }, output: { width: 17, height: 19 } };
  assert.deepEqual(new Set(rate(shape, randomLogits(shape, 1, 9))), new Set([255]));
  const two = { ...shape, classes: 2 };
  assert.deepEqual(new Set(rate(two, makeLogits(two, (id) => 90 * id))), new Set([255]));
});

Deno.test("UpsampleConfidence does not depend on what it rated before", () => {
  const shape = { classes: 5, grid: { width: 19, height: 7 }, output: { width: 61, height: 43 } };
  const head = new UpsampleConfidence(shape);
  for (const spread of [1, 300, 2]) {
    const logits = randomLogits(shape, spread, spread);
    const confidence = new Uint8Array(61 * 43);
    head.run(logits, confidence);
    assert.deepEqual(confidence, rate(shape, logits));
  }
});

Deno.test("UpsampleConfidence writes its bytes and no other, in a memory of frames", () => {
  const frames = sharedMemory(8192);
  const bytes = new Uint8Array(frames.buffer);
  fc.assert(
    fc.property(
      shapes,
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(3, 300),
      fc.nat(100),
      (shape, classes, spread, offset) => {
        const small = { ...shape, classes };
        const logits = randomLogits(small, offset, spread);
        const end = offset + shape.output.width * shape.output.height;
        bytes.fill(UNTOUCHED);
        new UpsampleConfidence(small, { frames }).run(logits, bytes.subarray(offset, end));
        assert.deepEqual(bytes.slice(offset, end), rate(small, logits));
        assert.ok(bytes.subarray(0, offset).every((byte) => byte === UNTOUCHED));
        assert.ok(bytes.subarray(end).every((byte) => byte === UNTOUCHED));
        assert.ok(!bytes.subarray(offset, end).includes(UNTOUCHED));
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("UpsampleConfidence writes up to the last byte of a memory of frames", () => {
  const frames = new WebAssembly.Memory({ initial: 1 });
  for (const width of [1, 2, 3, 5, 7, 11, 30, 70]) {
    const shape = { classes: 4, grid: { width: 3, height: 3 }, output: { width, height: 4 } };
    const logits = randomLogits(shape, width, 3);
    const bytes = new Uint8Array(frames.buffer, frames.buffer.byteLength - width * 4);
    new UpsampleConfidence(shape, { frames }).run(logits, bytes);
    assert.deepEqual(bytes.slice(), rate(shape, logits));
  }
});

Deno.test("UpsampleConfidence rates frames beyond 2 GiB of memory", () => {
  const frames = sharedMemory(2 ** 32 - 2 ** 16);
  const shape = { classes: 4, grid: { width: 9, height: 5 }, output: { width: 70, height: 40 } };
  const logits = randomLogits(shape, 7, 3);
  for (const end of [2 ** 31 + 1500, 2 ** 32 - 2 ** 16]) {
    const bytes = new Uint8Array(frames.buffer, end - 2800, 2800);
    new UpsampleConfidence(shape, { frames }).run(logits, bytes);
    assert.deepEqual(bytes.slice(), rate(shape, logits));
  }
});

Deno.test("UpsampleConfidence throws RangeError, on buffers of the wrong length", () => {
  const shape = { classes: 2, grid: { width: 2, height: 2 }, output: { width: 4, height: 4 } };
  const head = new UpsampleConfidence(shape);
  const map = new Uint8Array(16);
  assert.throws(() => head.run(new Float32Array(7), map), RangeError);
  assert.throws(() => head.run(new Float32Array(8), new Uint8Array(15)), RangeError);
});

for (const [height, width] of [[1024, 2048], [512, 1024], [256, 512]] as const) {
  const file = `street19_v0.${height}x${width}.safetensors`;
  const golden = shared(`golden/${file}`);
  Deno.test({
    name: golden.name(`UpsampleConfidence is within 1/255 of the plain softmax of ${file}`),
    ignore: golden.ignore,
    async fn() {
      const { logits } = await readGolden(file);
      const grid = { width: width / 8, height: height / 8 };
      const classes = logits.length / (grid.width * grid.height);
      // A stride that is prime to the widths meets every place in a cell.
      checkConfidence({ classes, grid, output: { width, height } }, logits, { stride: 7 });
      checkConfidence({ classes, grid, output: { width: 641, height: 359 } }, logits, {
        stride: 3,
      });
    },
  });
}

function makeLogits(
  { classes, grid }: UpsampleShape,
  logitAt: (id: number, x: number, y: number) => number,
): Float32Array {
  const points = grid.width * grid.height;
  return Float32Array.from({ length: classes * points }, (_, i) => {
    const point = i % points;
    return logitAt(Math.floor(i / points), point % grid.width, Math.floor(point / grid.width));
  });
}

/** Repeatable logits in ±spread. */
function randomLogits(shape: UpsampleShape, seed: number, spread: number): Float32Array {
  let state = seed | 1;
  return makeLogits(shape, () => {
    state = Math.imul(state, 1664525) + 1013904223;
    return (state >> 8) / 0x800000 * spread;
  });
}
