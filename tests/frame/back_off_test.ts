import assert from "node:assert/strict";
import { BackOff } from "../../src/frame/back_off.ts";

Deno.test("BackOff.delayAfter() answers at once, then doubles up to the cap, within the jitter", () => {
  const backOff = new BackOff({ firstMs: 1000, capMs: 5000, soundMs: 10_000 });
  const delays = Array.from({ length: 6 }, () => backOff.delayAfter(0));
  assert.equal(delays[0], 0);
  for (const [index, expected] of [1000, 2000, 4000, 5000, 5000].entries()) {
    const delay = delays[index + 1]!;
    assert(delay >= 0.8 * expected && delay <= expected, `${delay} for ${expected}`);
  }
});

Deno.test("BackOff.delayAfter() begins anew after what had worked well", () => {
  const backOff = new BackOff({ firstMs: 1000, capMs: 5000, soundMs: 10_000 });
  for (let attempt = 0; attempt < 5; attempt++) backOff.delayAfter(9_999);
  assert.equal(backOff.delayAfter(10_000), 0);
  assert(backOff.delayAfter(9_999) <= 1000);
});

Deno.test("BackOff.next() begins with the first delay, and again after reset()", () => {
  const backOff = new BackOff({ firstMs: 100, capMs: 1000, factor: 3, random: () => 0 });
  assert.deepEqual(Array.from({ length: 4 }, () => backOff.next()), [100, 300, 900, 1000]);
  backOff.reset();
  assert.equal(backOff.next(), 100);
});
