import assert from "node:assert/strict";
import fc from "fast-check";
import { type FrameTiming, frameTiming, STAGES } from "../../src/frame/timing.ts";
import { LiveWindow } from "../../src/report/live_window.ts";
import { STAGE_TIMES, stampedHeader, START_MS } from "./synthetic_run.ts";

const TIMING = frameTiming(stampedHeader(0, START_MS));

function withLatency(latencyMs: number): FrameTiming {
  return { ...TIMING, latencyMs };
}

/** Records `count` frames, one every `intervalMs`, the first at `fromMs`; gives when the last was. */
function recordSteadily(
  window: LiveWindow,
  { fromMs, intervalMs, count }: { fromMs: number; intervalMs: number; count: number },
): number {
  for (let i = 0; i < count; i++) window.record(TIMING, fromMs + i * intervalMs);
  return fromMs + (count - 1) * intervalMs;
}

Deno.test("status() is empty, before there is a frame", () => {
  assert.deepEqual(new LiveWindow().status(START_MS), {
    fps: 0,
    latencyMs: undefined,
    stages: {},
  });
});

Deno.test("status() gives each stage and the latency of the only frame", () => {
  const window = new LiveWindow();
  window.record(TIMING, START_MS);
  const { fps, latencyMs, stages } = window.status(START_MS);
  assert.equal(fps, 0);
  assert.deepEqual(Object.keys(stages), [...STAGES]);
  for (const stage of STAGES) {
    // The stamps are differences of epoch milliseconds, exact to 2⁻¹² ms there.
    assert.ok(Math.abs(stages[stage]!.p95 - STAGE_TIMES[stage]) < 1e-3, stage);
  }
  assert.equal(latencyMs?.p50, TIMING.latencyMs);
});

for (const seconds of [1, 4, 60]) {
  Deno.test(`status() gives 25 fps, ${seconds} s after the first of 25 frames a second`, () => {
    const window = new LiveWindow();
    const last = recordSteadily(window, {
      fromMs: START_MS,
      intervalMs: 40,
      count: 25 * seconds + 1,
    });
    assert.ok(Math.abs(window.status(last).fps - 25) < 0.21);
  });
}

Deno.test("status() gives the rate of the frames it kept, when there are more than it can keep", () => {
  const window = new LiveWindow({ capacity: 64 });
  const last = recordSteadily(window, { fromMs: START_MS, intervalMs: 1, count: 5000 });
  assert.equal(window.status(last).fps, 1000);
});

Deno.test("status() falls to 0 fps and forgets the figures, when no frames come any more", () => {
  const window = new LiveWindow({ spanMs: 5000 });
  const last = recordSteadily(window, { fromMs: START_MS, intervalMs: 40, count: 500 });
  assert.equal(window.status(last + 2500).fps, 63 / 5); // those of the last 2.5 s are left
  assert.deepEqual(window.status(last + 5001), { fps: 0, latencyMs: undefined, stages: {} });
});

Deno.test("status() is of the last seconds only", () => {
  const window = new LiveWindow({ spanMs: 1000 });
  for (let i = 0; i < 100; i++) window.record(withLatency(900), START_MS + 10 * i);
  for (let i = 0; i < 101; i++) window.record(withLatency(20), START_MS + 1000 + 10 * i);
  assert.deepEqual(window.status(START_MS + 2000).latencyMs, { p50: 20, p95: 20, p99: 20 });
});

Deno.test("status() gives the nearest-rank quantiles of what is in the window, for any frames", () => {
  const frame = fc.record({ gapMs: fc.nat(400), latencyMs: fc.double({ min: 0, max: 1e4 }) });
  fc.assert(fc.property(
    fc.array(frame.filter(({ latencyMs }) => !Number.isNaN(latencyMs)), { minLength: 1 }),
    fc.integer({ min: 2, max: 40 }),
    (frames, capacity) => {
      const window = new LiveWindow({ spanMs: 3000, capacity });
      let atMs = START_MS;
      const all = frames.map(({ gapMs, latencyMs }) => {
        atMs += gapMs;
        window.record(withLatency(latencyMs), atMs);
        return { atMs, latencyMs };
      });
      const seen = all.slice(-capacity).filter((each) => each.atMs >= atMs - 3000)
        .map((each) => each.latencyMs).sort((a, b) => a - b);
      const rank = (fraction: number) => seen[Math.max(1, Math.ceil(fraction * seen.length)) - 1]!;
      assert.deepEqual(window.status(atMs).latencyMs, {
        p50: rank(0.5),
        p95: rank(0.95),
        p99: rank(0.99),
      });
    },
  ));
});

Deno.test("new LiveWindow() refuses a window without length", () => {
  for (const options of [{ spanMs: 0 }, { spanMs: NaN }, { capacity: 1 }, { capacity: 2.5 }]) {
    assert.throws(() => new LiveWindow(options), RangeError);
  }
});
