import assert from "node:assert/strict";
import { BurstSeries } from "../../src/bench/burst_series.ts";
import { coreShare, isDisturbed } from "../../src/bench/core_share.ts";
import { burstsAt } from "./fake_crew.ts";

Deno.test("coreShare() is 1 with a core for each worker, and 0.5 where two share one", () => {
  assert.equal(coreShare(burstsAt(1)), 1);
  assert.equal(coreShare(burstsAt(1, { workers: 2 })), 1);
  assert.equal(coreShare(burstsAt(0.5, { workers: 2 })), 0.5);
});

Deno.test("coreShare() goes from the first begin to the last end, as the frames a second do", () => {
  const times = { runs: 10, inferMs: 0, headMs: 0 };
  // Each computes throughout its own 900 ms; the other's clock is the same, the whole program's.
  const bursts = [
    { ...times, beganMs: 1000, endedMs: 1900, cpuBeganMs: 0, cpuEndedMs: 1700 },
    { ...times, beganMs: 1100, endedMs: 2000, cpuBeganMs: 100, cpuEndedMs: 1800 },
  ];
  assert.equal(coreShare(bursts), 0.9);
});

Deno.test("coreShare() is 1 at most: the runtime's own threads compute now and then, too", () => {
  const [burst] = burstsAt(1);
  assert.equal(coreShare([{ ...burst!, cpuEndedMs: burst!.cpuEndedMs + 50 }]), 1);
});

Deno.test("isDisturbed() leaves room for workers that do not begin and end together", () => {
  assert.deepEqual([1, 0.95, 0.9, 0.89, 0.5].map(isDisturbed), [false, false, false, true, true]);
});

Deno.test("BurstSeries.addRepeat() goes by the cores: a faster burst that had fewer is not taken", () => {
  const series = new BurstSeries({ needsCores: true });
  const faster = burstsAt(0.5).map((burst) => ({ ...burst, runs: 20 }));
  series.add({ atMs: 1, bursts: burstsAt(0.8) });
  series.addRepeat({ atMs: 2, bursts: faster });
  assert.deepEqual(series.samples(([burst]) => burst!.runs), [{ atMs: 1, value: 10 }]);
  series.addRepeat({ atMs: 3, bursts: burstsAt(1) });
  assert.deepEqual(series.samples(([burst]) => burst!.runs), [{ atMs: 3, value: 10 }]);
});

Deno.test("BurstSeries.addRepeat() throws RangeError, before there was a burst", () => {
  const series = new BurstSeries({ needsCores: true });
  assert.throws(() => series.addRepeat({ atMs: 0, bursts: burstsAt(1) }), RangeError);
});
