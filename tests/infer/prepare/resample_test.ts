import assert from "node:assert/strict";
import fc from "fast-check";
import { PlaneResampler } from "../../../src/infer/prepare/resample.ts";
import { pagesFor, sharedMemory } from "../../../src/wasm/memory.ts";
import { createRandom } from "../../model/random_weights.ts";
import { plainResample } from "./plain_resample.ts";

type Sides = readonly [width: number, height: number];

const sizeOf = ([width, height]: Sides) => ({ width, height });

/** Black, white and anything between. */
function drawNoise([width, height]: Sides, seed: number): Uint8Array {
  const random = createRandom(seed);
  return Uint8Array.from(
    { length: width * height },
    () => Math.min(255, Math.max(0, 512 * random() - 128)),
  );
}

function resample(source: Uint8Array, from: Sides, to: Sides, frames?: WebAssembly.Memory) {
  // What is there before does not matter.
  const target = new Uint8Array(to[0] * to[1]).fill(99);
  new PlaneResampler(sizeOf(from), sizeOf(to), { frames }).run(source, target);
  return target;
}

function assertClose(from: Sides, to: Sides, seed: number, tolerance: number): void {
  const source = drawNoise(from, seed);
  const exact = plainResample(source, sizeOf(from), sizeOf(to));
  resample(source, from, to).forEach((value, i) =>
    assert.ok(Math.abs(value - exact[i]!) <= tolerance, `${value} is not ${exact[i]} at ${i}`)
  );
}

/**
 * The most that rounding can do in one direction: half a code for the result, and for each weight but
 * the largest, which takes what they leave, half of 1/256.
 */
function worstRounding(from: number, to: number): number {
  const taps = from > 2 * to ? Math.ceil(2 * from / to) : 2;
  return taps / 2;
}

const RESIZES: readonly { name: string; from: Sides; to: Sides }[] = [
  { name: "copies", from: [16, 8], to: [16, 8] },
  { name: "shrinks by less than 2", from: [24, 18], to: [16, 11] },
  { name: "shrinks by exactly 2", from: [32, 16], to: [16, 8] },
  { name: "shrinks only what lies above each other", from: [35, 18], to: [35, 11] },
  { name: "shrinks only along the rows", from: [35, 18], to: [21, 18] },
  { name: "averages when it shrinks by more", from: [50, 34], to: [16, 8] },
  { name: "averages over more than eight samples", from: [103, 88], to: [21, 17] },
  { name: "averages to fewer columns than a vector has", from: [48, 35], to: [13, 9] },
  { name: "averages to more rows than a strip has", from: [80, 75], to: [33, 35] },
  { name: "averages all to one sample", from: [70, 40], to: [1, 1] },
  { name: "enlarges", from: [9, 7], to: [20, 15] },
  { name: "enlarges one sample", from: [1, 1], to: [6, 4] },
];

for (const { name, from, to } of RESIZES) {
  Deno.test(`PlaneResampler ${name}, within 2 codes of the exact triangle filter`, () => {
    assertClose(from, to, 1, 2);
  });

  Deno.test(`PlaneResampler keeps a flat plane flat, when it ${name}`, () => {
    for (const code of [0, 77, 255]) {
      const target = resample(new Uint8Array(from[0] * from[1]).fill(code), from, to);
      assert.ok(target.every((value) => value === code));
    }
  });
}

const side = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 70 }));
const sides = fc.tuple(side, side);

Deno.test("PlaneResampler is the exact filter but for rounding, from any size to any other", () => {
  fc.assert(
    fc.property(sides, sides, fc.nat(), (from, to, seed) => {
      const tolerance = worstRounding(from[0], to[0]) + worstRounding(from[1], to[1]);
      assertClose(from, to, seed, tolerance);
    }),
    { numRuns: 200 },
  );
});

Deno.test("PlaneResampler has room for what it writes beyond a plane, wherever memory ends", () => {
  // Two pages are 131,072 bytes. A row of 64 has an entry of 14 bytes in a table, and the rest takes
  // about 7,000: so the memory of these sizes ends before, at and behind them.
  for (let height = 1560; height <= 1620; height++) {
    const from: Sides = [130, Math.ceil(2.1 * height)];
    const target = resample(new Uint8Array(from[0] * from[1]).fill(50), from, [64, height]);
    assert.ok(target.every((value) => value === 50), `height ${height}`);
  }
});

Deno.test("PlaneResampler reads planes where they lie, up to the end of their memory", () => {
  fc.assert(
    fc.property(sides, sides, fc.nat(), (from, to, seed) => {
      const noise = drawNoise(from, seed);
      // The last of the memory is the vector that kernels may read beyond a plane.
      const memory = sharedMemory(noise.length);
      const end = pagesFor(noise.length) * 65_536 - 16;
      const source = new Uint8Array(memory.buffer, end - noise.length, noise.length);
      source.set(noise);
      assert.deepEqual(resample(source, from, to, memory), resample(noise, from, to));
      assert.deepEqual([...source], [...noise]);
    }),
    { numRuns: 100 },
  );
});
