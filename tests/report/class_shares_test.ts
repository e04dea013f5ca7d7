import assert from "node:assert/strict";
import fc from "fast-check";
import { IGNORE_LABEL } from "../../src/frame/classes.ts";
import type { Size } from "../../src/frame/geometry.ts";
import { classShares } from "../../src/report/class_shares.ts";

const SIZE = { width: 320, height: 180 };

/** A class map of class 0 with a filled rectangle of another. */
function rectangleMap(
  size: Size,
  box: { x: number; y: number; width: number; height: number },
  label: number,
): Uint8Array {
  const labels = new Uint8Array(size.width * size.height);
  for (let y = box.y; y < Math.min(size.height, box.y + box.height); y++) {
    const row = y * size.width;
    labels.fill(label, row + box.x, row + Math.min(size.width, box.x + box.width));
  }
  return labels;
}

Deno.test("classShares() is 1 for the only class, and 0 for the others", () => {
  const labels = new Uint8Array(SIZE.width * SIZE.height).fill(2);
  assert.deepEqual(classShares(labels, SIZE, 4), [0, 0, 1, 0]);
});

Deno.test("classShares() is exact, when classes meet at multiples of four pixels", () => {
  const labels = rectangleMap(SIZE, { x: 0, y: 0, width: 160, height: 180 }, 1);
  assert.deepEqual(classShares(labels, SIZE, 2), [0.5, 0.5]);
});

Deno.test("classShares() counts what has no class as picture, but for no class", () => {
  const labels = rectangleMap(SIZE, { x: 0, y: 0, width: 320, height: 45 }, IGNORE_LABEL);
  const [share, other] = classShares(labels, SIZE, 2);
  assert.equal(other, 0);
  assert.ok(share! > 0.74 && share! < 0.76, `${share}`); // 135 of 180 rows, to a row of samples
});

for (const size of [{ width: 2, height: 2 }, { width: 6, height: 4 }, { width: 34, height: 2 }]) {
  Deno.test(`classShares() sums to 1, for ${size.width}x${size.height}`, () => {
    const labels = new Uint8Array(size.width * size.height).map((_, at) => at % 3);
    const sum = classShares(labels, size, 3).reduce((total, share) => total + share, 0);
    assert.ok(Math.abs(sum - 1) < 1e-12);
  });
}

Deno.test("classShares() keeps the error it states, for any rectangle", () => {
  const pixels = SIZE.width * SIZE.height;
  fc.assert(fc.property(
    fc.nat(SIZE.width - 1),
    fc.nat(SIZE.height - 1),
    fc.integer({ min: 1, max: SIZE.width }),
    fc.integer({ min: 1, max: SIZE.height }),
    (x, y, width, height) => {
      const labels = rectangleMap(SIZE, { x, y, width, height }, 1);
      const exact = labels.reduce((sum, label) => sum + label, 0) / pixels;
      const worst = (8 * (width + height) + 64) / pixels;
      assert.ok(Math.abs(classShares(labels, SIZE, 2)[1]! - exact) <= worst);
    },
  ));
});

Deno.test("classShares() refuses a map that is smaller than its size", () => {
  assert.throws(() => classShares(new Uint8Array(10), SIZE, 2), /320x180 has 57600/);
});
