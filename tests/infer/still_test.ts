import assert from "node:assert/strict";
import fc from "fast-check";
import type { Size } from "../../src/frame/geometry.ts";
import { StillWatch } from "../../src/infer/still.ts";

/** Sizes with whole blocks, with a rest, at odd words, and smaller than a block. */
const SIZES: readonly Size[] = [
  { width: 64, height: 32 },
  { width: 60, height: 36 },
  { width: 54, height: 30 },
  { width: 6, height: 4 },
];

/** A frame of a texture, with Gaussian noise of deviation `sigma` on its luma. */
function drawFrame({ width, height }: Size, sigma = 0, seed = 1): Uint8Array {
  const frame = new Uint8Array(width * height * 3 / 2).fill(128);
  let state = seed;
  const uniform = () => (state = Math.imul(state, 0x5deece6d) + 11 >>> 0) / 2 ** 32;
  for (let i = 0; i < width * height; i++) {
    const noise = Math.sqrt(-2 * Math.log(uniform() + 1e-12)) * Math.cos(2 * Math.PI * uniform());
    frame[i] = 60 + (i * 37) % 80 + Math.round(sigma * noise);
  }
  return frame;
}

for (const size of SIZES) {
  const name = `${size.width}x${size.height}`;

  Deno.test(`isStill() takes noise for none, at ${name}`, () => {
    const watch = new StillWatch(size);
    assert.equal(watch.isStill(drawFrame(size)), false, "nothing is remembered yet");
    watch.keep();
    const sigma = size.width < 8 ? 1 : 2; // where a block has fewer samples, noise shows more
    for (let seed = 1; seed <= 20; seed++) {
      assert.equal(watch.isStill(drawFrame(size, sigma, seed)), true, `seed ${seed}`);
    }
  });

  Deno.test(`isStill() sees an object of 8x8 wherever it comes to be, at ${name}`, () => {
    const watch = new StillWatch(size);
    watch.isStill(drawFrame(size));
    watch.keep();
    const side = { width: Math.min(8, size.width), height: Math.min(8, size.height) };
    fc.assert(
      fc.property(
        fc.nat(size.width - side.width),
        fc.nat(size.height - side.height),
        fc.constantFrom(-48, 48),
        (left, top, contrast) => {
          const frame = drawFrame(size);
          for (let y = top; y < top + side.height; y++) {
            for (let x = left; x < left + side.width; x++) frame[y * size.width + x]! += contrast;
          }
          return !watch.isStill(frame);
        },
      ),
      { numRuns: 200, seed: 1 },
    );
  });
}

Deno.test("isStill() compares with what was remembered, so that what creeps is seen", () => {
  const size = { width: 64, height: 32 };
  const watch = new StillWatch(size);
  const brighter = (codes: number) => drawFrame(size).map((code) => code + codes);
  watch.isStill(brighter(0));
  watch.keep();
  assert.deepEqual([1, 2, 3, 4, 5].map((codes) => watch.isStill(brighter(codes))), [
    true,
    true,
    true,
    false,
    false,
  ]);
  watch.keep();
  assert.equal(watch.isStill(brighter(8)), true);
  assert.equal(watch.isStill(brighter(1)), false);
});

Deno.test("isStill() gives the same whether the frame starts at a word or not", () => {
  const size = { width: 64, height: 32 };
  const frame = drawFrame(size, 2, 5);
  const shifted = new Uint8Array(frame.length + 1).subarray(1);
  for (const codes of [0, 3, 4]) {
    const [plain, odd] = [new StillWatch(size), new StillWatch(size)];
    shifted.set(frame);
    plain.isStill(frame);
    odd.isStill(shifted);
    plain.keep();
    odd.keep();
    const next = frame.map((code) => code + codes);
    shifted.set(next);
    assert.equal(plain.isStill(next), codes < 4);
    assert.equal(odd.isStill(shifted), codes < 4);
  }
});
