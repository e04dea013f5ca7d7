import assert from "node:assert/strict";
import fc from "fast-check";
import { CameraBackOff } from "../../../src/source/live/backoff.ts";

const PLAIN = { random: () => 0 };

function delays(backoff: CameraBackOff, count: number, isRefused = false): number[] {
  return Array.from({ length: count }, () => backoff.next(isRefused));
}

Deno.test("CameraBackOff doubles up to its cap, on a scale of its own for refusals", () => {
  const backoff = new CameraBackOff(PLAIN);
  assert.deepEqual(delays(backoff, 5), [250, 500, 1000, 1500, 1500]);
  assert.deepEqual(delays(backoff, 6, true), [30e3, 60e3, 120e3, 240e3, 300e3, 300e3]);
  assert.equal(backoff.next(false), 1500);
});

Deno.test("CameraBackOff begins anew, when it is reset", () => {
  const backoff = new CameraBackOff({ ...PLAIN, firstMs: 100, factor: 3, capMs: 1000 });
  assert.deepEqual(delays(backoff, 3), [100, 300, 900]);
  backoff.next(true);
  backoff.reset();
  assert.deepEqual([backoff.next(false), backoff.next(true)], [100, 30_000]);
});

Deno.test("CameraBackOff never waits longer than its cap, after however many attempts", () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(fc.property(random, fc.nat(5000), (value, steps) => {
    const backoff = new CameraBackOff({ random: () => value });
    const delay = delays(backoff, steps + 1).at(-1)!;
    assert.ok(delay <= 1500 && delay >= 200);
  }));
});

Deno.test("CameraBackOff refuses delays that make no sense", () => {
  for (const options of [{ firstMs: -1 }, { factor: 0.5 }, { jitter: 2 }, { capMs: NaN }]) {
    assert.throws(() => new CameraBackOff(options), RangeError);
  }
});
