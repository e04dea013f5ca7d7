import fc from "fast-check";
import assert from "node:assert/strict";
import { UpsampleConfidence } from "../../../src/infer/heads/confidence.ts";
import { UpsampleArgmax } from "../../../src/infer/heads/label.ts";
import type { UpsampleShape } from "../../../src/infer/heads/upsample.ts";
import { readGolden } from "../../testing/golden.ts";
import { shared } from "../../testing/shared.ts";
import { bilinearLogits, softmaxOf } from "./plain_upsample.ts";

/** Rates the logits and compares every `stride`th pixel with the plain softmax in float64. */
function checkConfidence(shape: UpsampleShape, logits: Float32Array, stride = 1): void {
  const { width, height } = shape.output;
  const labels = new Uint8Array(width * height);
  const confidence = new Uint8Array(width * height);
  new UpsampleArgmax(shape).run(logits, labels);
  new UpsampleConfidence(shape).run(logits, confidence);
  for (let pixel = 0; pixel < labels.length; pixel += stride) {
    const values = bilinearLogits(shape, logits, pixel % width, Math.floor(pixel / width));
    const expected = 255 * softmaxOf(values, labels[pixel]!);
    assert.ok(
      Math.abs(confidence[pixel]! - expected) <= 2,
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

Deno.test("UpsampleConfidence is within 2/255 of the plain softmax, on any grid and size", () => {
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

Deno.test("UpsampleConfidence is within 2/255, of small waves on a winner that is far ahead", () => {
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
  // and none of its corners says what wins in the middle.
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
        checkConfidence(shape, logits);
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
    name: golden.name(`UpsampleConfidence is within 2/255 of the plain softmax of ${file}`),
    ignore: golden.ignore,
    async fn() {
      const { logits } = await readGolden(file);
      const grid = { width: width / 8, height: height / 8 };
      const classes = logits.length / (grid.width * grid.height);
      // A stride that is prime to the widths meets every place in a cell.
      checkConfidence({ classes, grid, output: { width, height } }, logits, 7);
      checkConfidence({ classes, grid, output: { width: 641, height: 359 } }, logits, 3);
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
