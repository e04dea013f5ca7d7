import assert from "node:assert/strict";
import fc from "fast-check";
import type { Size } from "../../../src/frame/geometry.ts";
import { StillWatch } from "../../../src/infer/pool/still.ts";
import { sharedMemory } from "../../../src/wasm/memory.ts";

/** Sizes with whole blocks, with a rest, narrower than two blocks, and smaller than one. */
const SIZES: readonly Size[] = [
  { width: 64, height: 32 },
  { width: 60, height: 36 },
  { width: 54, height: 30 },
  { width: 12, height: 10 },
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

Deno.test("isStill() looks at luma alone, in blocks that do not fit too", () => {
  for (const size of SIZES) {
    const { width, height } = size;
    const frames = sharedMemory(width * height * 3 / 2);
    const frame = new Uint8Array(frames.buffer, 0, width * height * 3 / 2);
    const watch = new StillWatch(size, { frames });
    frame.set(drawFrame(size));
    watch.isStill(frame);
    watch.keep();
    assert.equal(watch.isStill(frame.fill(255, width * height)), true);
    assert.equal(watch.isStill(frame.fill(255, width * (height - 1))), false);
  }
});

Deno.test("isStill() lets the mean of a block move by 3 codes, and not by a sample's code more", () => {
  for (const size of SIZES) {
    const watch = new StillWatch(size);
    watch.isStill(drawFrame(size));
    watch.keep();
    const moved = drawFrame(size).map((code) => code + 3);
    assert.equal(watch.isStill(moved), true);
    moved[0]! += 1;
    assert.equal(watch.isStill(moved), false);
  }
});

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

Deno.test("isStill() gives the same for a frame in the memory of frames, wherever it starts", () => {
  const size = { width: 54, height: 30 };
  const frame = drawFrame(size, 2, 5);
  const frames = sharedMemory(2 * frame.length);
  // Behind it lies what a read beyond its end would find.
  const everything = new Uint8Array(frames.buffer).fill(255);
  for (const start of [0, 1, everything.length - 16 - frame.length]) {
    const inPlace = everything.subarray(start, start + frame.length);
    for (const codes of [0, 3, 4]) {
      const [copying, reaching] = [new StillWatch(size), new StillWatch(size, { frames })];
      inPlace.set(frame);
      copying.isStill(frame);
      reaching.isStill(inPlace);
      copying.keep();
      reaching.keep();
      const next = frame.map((code) => code + codes);
      inPlace.set(next);
      assert.equal(copying.isStill(next), codes < 4);
      assert.equal(reaching.isStill(inPlace), codes < 4);
    }
  }
});
