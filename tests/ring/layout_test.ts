import assert from "node:assert/strict";
import { fitToMemory, ringLayout } from "../../src/ring/layout.ts";
import { pagesFor } from "../../src/wasm/memory.ts";

/** 64 workers on 7680×4320: pixels and class map of one frame are 79 MiB. */
const LARGE = { slots: 68, headerFields: 16, sectionBytes: [7680 * 4320 * 3 / 2, 7680 * 4320] };

Deno.test("fitToMemory() leaves a shape alone that fits", () => {
  const shape = { ...LARGE, slots: 8 };
  assert.equal(fitToMemory(shape), shape);
});

Deno.test("fitToMemory() gives as many slots as 4 GiB hold, when more were asked for", () => {
  const { slots } = fitToMemory(LARGE);
  assert.ok(ringLayout({ ...LARGE, slots }).byteLength < 2 ** 32);
  assert.ok(ringLayout({ ...LARGE, slots: slots + 1 }).byteLength > 2 ** 32 - 2 ** 16);
});

Deno.test("fitToMemory() leaves room for what is read beyond the last frame", () => {
  // 8,191 slots of 524,352 bytes and the ring's own line are 4 GiB to the byte.
  const shape = { slots: 8192, headerFields: 8, sectionBytes: [524_352 - 2 * 64] };
  assert.equal(ringLayout({ ...shape, slots: 8191 }).byteLength, 2 ** 32);
  assert.ok(pagesFor(ringLayout(fitToMemory(shape)).byteLength) <= 2 ** 16);
});

Deno.test("fitToMemory() says what is too large, when not one slot fits", () => {
  assert.throws(() => fitToMemory({ ...LARGE, sectionBytes: [2 ** 33] }), {
    name: "RangeError",
    message: "Cannot hold a frame of 8.0 GiB: a ring has 4 GiB at most.",
  });
});
