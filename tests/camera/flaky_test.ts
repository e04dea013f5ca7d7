import assert from "node:assert/strict";
import { type Failure, formatFailure, scheduleFailures } from "../../src/camera/flaky.ts";

const SIZE = { width: 1024, height: 512 };

function first(count: number, seed: number, size = SIZE): Failure[] {
  return scheduleFailures(seed, size).take(count).toArray();
}

Deno.test("scheduleFailures() gives the same for a seed, and something else for another", () => {
  assert.deepEqual(first(40, 7), first(40, 7));
  assert.notDeepEqual(first(40, 7), first(40, 8));
});

Deno.test("scheduleFailures() is what it was: a seed in a bug report stays good", () => {
  // What the first version gave.
  assert.deepEqual(first(5, 1).map((each) => `${each.atMs / 1000} s: ${formatFailure(each)}`), [
    "20 s: reboot 10 s, then 768x384",
    "45 s: drop",
    "61 s: stall 8 s",
    "89 s: reboot 6 s, then 768x384",
    "104 s: reboot 3 s, then 1024x512",
  ]);
});

Deno.test("scheduleFailures() has every kind in each four, in order of time, with calm between", () => {
  for (let seed = 0; seed < 50; seed++) {
    const failures = first(12, seed);
    let endMs = 0;
    for (const failure of failures) {
      const calm = (failure.atMs - endMs) / 1000;
      assert.ok(calm >= 6 && calm <= 20, `seed ${seed}: ${calm} s of calm`);
      const duration = failure.kind === "drop" ? 0 : failure.durationMs / 1000;
      if (failure.kind === "stall") assert.ok(duration >= 3 && duration <= 15);
      if (failure.kind === "reboot") assert.ok(duration >= 2 && duration <= 10);
      assert.ok(Number.isInteger(calm) && Number.isInteger(duration));
      endMs = failure.atMs + duration * 1000;
    }
    for (let at = 0; at < 12; at += 4) {
      const kinds = failures.slice(at, at + 4).map((failure) => failure.kind).toSorted();
      assert.deepEqual(kinds, ["drop", "reboot", "reboot", "stall"]);
    }
  }
});

Deno.test("scheduleFailures() changes the size once in each four, to even sides", () => {
  for (let seed = 0; seed < 50; seed++) {
    let current = { width: 202, height: 102 };
    const failures = first(12, seed, current);
    for (let at = 0; at < 12; at += 4) {
      let changes = 0;
      for (const failure of failures.slice(at, at + 4)) {
        if (failure.kind !== "reboot") continue;
        const { width, height } = failure.size;
        assert.ok(width % 2 === 0 && height % 2 === 0 && width <= 202 && height <= 102);
        if (width !== current.width || height !== current.height) changes++;
        current = failure.size;
      }
      assert.equal(changes, 1, `seed ${seed}`);
    }
  }
});
