import assert from "node:assert/strict";
import { activationCodes, kernelCodes } from "../../../src/model/quantize/codes.ts";

// Scales by hand: (high − low) / 255, and the code of 0 is −low / scale.
const RANGES = [
  { name: "from 0 gets the zero point 0", low: 0, high: 51, scale: 0.2, zeroPoint: 0 },
  { name: "around 0", low: -1, high: 1.55, scale: 0.01, zeroPoint: 100 },
  { name: "below 0 is widened to hold it", low: -2.55, high: -1, scale: 0.01, zeroPoint: 255 },
  { name: "above 0 is widened to hold it", low: 1, high: 2.55, scale: 0.01, zeroPoint: 0 },
  { name: "of nothing but 0 gets a scale all the same", low: 0, high: 0, scale: 1, zeroPoint: 0 },
];

for (const { name, low, high, scale, zeroPoint } of RANGES) {
  Deno.test(`activationCodes() for a range ${name}`, () => {
    const codes = activationCodes({ low, high });
    assert.equal(codes.scale, Math.fround(scale));
    assert.equal(codes.zeroPoint, zeroPoint);
  });
}

Deno.test("kernelCodes() gives the largest weight of each output the largest code", () => {
  const weight = Float32Array.of(1.27, -0.5, 0.004, -254, 100, 0);
  const { codes, scales } = kernelCodes(weight, 2);
  assert.deepEqual([...codes], [127, -50, 0, -127, 50, 0]);
  assert.deepEqual([...scales], [Math.fround(0.01), 2]);
});

Deno.test("kernelCodes() keeps to 63 in the reduced range, of which two products fit in 16 bits", () => {
  const { codes, scales } = kernelCodes(Float32Array.of(6.3, -6.3, 3), 1, "reduced");
  assert.deepEqual([...codes], [63, -63, 30]);
  assert.deepEqual([...scales], [Math.fround(0.1)]);
  assert.ok(2 * 255 * 63 < 2 ** 15);
});

Deno.test("kernelCodes() gives kernels of zeros a scale, and none below the least", () => {
  const { codes, scales } = kernelCodes(
    Float32Array.of(0, 0, 1, -1),
    2,
    "full",
    Float32Array.of(0, 0.5),
  );
  assert.deepEqual([...codes], [0, 0, 2, -2]);
  assert.deepEqual([...scales], [1, 0.5]);
});
