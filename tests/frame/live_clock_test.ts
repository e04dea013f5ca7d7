import assert from "node:assert/strict";
import fc from "fast-check";
import { LiveClock } from "../../src/frame/live_clock.ts";

/** A frame as it comes: its time on the stream's clock, and when it arrived, both in milliseconds. */
type Arrival = readonly [streamMs: number, arrivalMs: number];

/** Frames at 25 fps; `stream` and `arrival` say where frame n is, in milliseconds. */
function frames(
  count: number,
  stream: (n: number) => number,
  arrival: (n: number) => number = (n) => 40 * n,
): Arrival[] {
  return Array.from({ length: count }, (_, n) => [stream(n), arrival(n)] as const);
}

/** Times in milliseconds, and the jumps as [frame, milliseconds]. */
function stamp(clock: LiveClock, arrivals: readonly Arrival[]) {
  const times: number[] = [];
  const jumps: [frame: number, ms: number][] = [];
  for (const [n, [streamMs, arrivalMs]] of arrivals.entries()) {
    // Epochs of today: rounding must hold there as well.
    const { ptsUs, jumpUs } = clock.stamp(streamMs * 1000, 1_790_000_000_000 + arrivalMs);
    times.push(ptsUs / 1000);
    if (jumpUs !== undefined) jumps.push([n, jumpUs / 1000]);
  }
  return { times, jumps };
}

function steps(times: readonly number[]): number[] {
  return times.slice(1).map((time, n) => time - times[n]!);
}

function largestError(times: readonly number[], ideal: (n: number) => number): number {
  return Math.max(...times.map((time, n) => Math.abs(time - ideal(n))));
}

Deno.test("LiveClock keeps the distances of the stream's clock, when arrivals jitter by 15 ms", () => {
  // The sum of two sines has no pattern that the frame rate could hide.
  const jitter = (n: number) => 7 * Math.sin(n * 1.7) + 8 * Math.sin(n * 0.31);
  const { times, jumps } = stamp(
    new LiveClock(),
    frames(2000, (n) => 5_000_000 + 40 * n, (n) => 40 * n + jitter(n)),
  );
  assert.deepEqual(jumps, []);
  assert.equal(times[0], 0);
  // 15 ms of error bend a distance of 40 ms by 40 · 15 / 10,000 = 0.06 ms.
  assert.ok(steps(times).every((step) => Math.abs(step - 40) < 0.13));
});

Deno.test("LiveClock follows a clock that drifts by 0.1%, without a jump", () => {
  const { times, jumps } = stamp(new LiveClock(), frames(20_000, (n) => 40.04 * n));
  assert.deepEqual(jumps, []);
  // Without correction the last frame were 800 ms off; the error settles at 0.1% of 10 s.
  assert.ok(largestError(times, (n) => 40 * n) < 11);
});

const BROKEN: { name: string; stream: (n: number) => number; jump: [number, number] }[] = [
  { name: "jumps ahead", stream: (n) => 40 * n + (n < 100 ? 0 : 3.6e6), jump: [100, 3.6e6] },
  { name: "jumps back", stream: (n) => 40 * n - (n < 100 ? 0 : 2500), jump: [100, -2500] },
];
for (const { name, stream, jump } of BROKEN) {
  Deno.test(`LiveClock goes on where wall time is and tells once, when the stream's clock ${name}`, () => {
    const { times, jumps } = stamp(new LiveClock(), frames(400, stream));
    assert.deepEqual(jumps, [jump]);
    assert.ok(largestError(times, (n) => 40 * n) < 1e-3);
  });
}

Deno.test("LiveClock trusts a clock again that jumped, when it kept pace for two seconds", () => {
  const jitter = (n: number) => 10 * Math.sin(n * 2.1);
  const { times } = stamp(
    new LiveClock(),
    frames(400, (n) => 40 * n + (n < 100 ? 0 : 60_000), (n) => 40 * n + jitter(n)),
  );
  const uneven = steps(times).map((step) => Math.abs(step - 40) > 1);
  assert.ok(uneven.slice(100, 140).includes(true), "by arrivals at first");
  assert.ok(!uneven.slice(160).includes(true), "by the stream's clock then");
});

Deno.test("LiveClock goes by arrivals, when the stream's clock stands still", () => {
  // What ffmpeg makes of a clock that went back: each time one tick of 1/90000 s after the last.
  const { times, jumps } = stamp(
    new LiveClock(),
    frames(500, (n) => n < 50 ? 40 * n : 2000 + (n - 50) / 90),
  );
  // Frame 51 is the first that stands; frame 57 comes 240 ms later, the first beyond a patience of 200.
  assert.deepEqual(jumps, [[57, -240]]);
  assert.ok(largestError(times, (n) => 40 * n) < 1e-3);
});

Deno.test("LiveClock goes by arrivals, when the stream's clock is too slow by half", () => {
  const { times, jumps } = stamp(new LiveClock(), frames(500, (n) => 20 * n));
  assert.equal(jumps.length, 1);
  const [[at]] = jumps as [[number, number]];
  // Half a second behind after about one second; a patience of another.
  assert.ok(at > 40 && at < 70, `given up at frame ${at}`);
  assert.ok(times.slice(at).every((time, n) => Math.abs(time - 40 * (at + n)) < 1e-3));
});

Deno.test("LiveClock goes by arrivals, when the stream's clock runs wild", () => {
  const { times, jumps } = stamp(new LiveClock(), frames(500, (n) => (n * 7919) % 1009 * 1000));
  assert.equal(jumps.length, 1);
  assert.ok(largestError(times, (n) => 40 * n) < 1e-3);
});

Deno.test("LiveClock goes by arrivals, when the stream's clock is twice too fast", () => {
  const { times, jumps } = stamp(new LiveClock(), frames(1000, (n) => 80 * n));
  assert.equal(jumps.length, 1);
  assert.ok(largestError(times, (n) => 40 * n) < 1001);
  assert.ok(times.slice(400).every((time, n) => Math.abs(time - 40 * (400 + n)) < 1e-3));
});

Deno.test("LiveClock lets the length of an outage pass, when another connection begins", () => {
  const clock = new LiveClock();
  stamp(clock, frames(50, (n) => 40 * n));
  clock.restart(true);
  const { times, jumps } = stamp(clock, frames(50, (n) => 9e6 + 40 * n, (n) => 12_000 + 40 * n));
  assert.deepEqual(jumps, []);
  assert.deepEqual([times[0], times[49]], [12_000, 12_000 + 40 * 49]);
});

Deno.test("LiveClock lets a silence pass, when the frames of it never come", () => {
  const { times, jumps } = stamp(
    new LiveClock(),
    frames(100, (n) => 40 * n, (n) => 40 * n + (n < 50 ? 0 : 4000)),
  );
  assert.deepEqual(jumps, []);
  assert.ok(largestError(times, (n) => 40 * n + (n < 50 ? 0 : 4000)) < 1e-3);
});

Deno.test("LiveClock runs ahead by a second at most and comes back, when a backlog comes at once", () => {
  // Three seconds that the camera kept since its last key frame, 2 ms apart; then live.
  const arrival = (n: number) => n < 75 ? 2 * n : 150 + 40 * (n - 75);
  const { times, jumps } = stamp(new LiveClock(), frames(3000, (n) => 40 * n, arrival));
  assert.deepEqual(jumps, []);
  assert.ok(times.every((time, n) => time - arrival(n) <= 1075), "a millisecond a frame beyond");
  // What is left of a second after two minutes is e^-11 of it.
  assert.ok(Math.abs(times[2999]! - arrival(2999)) < 1);
});

Deno.test("LiveClock takes no late arrival for a jump, when the reader itself holds frames up", () => {
  const { times, jumps } = stamp(
    new LiveClock({ isPrompt: false }),
    frames(500, (n) => 40 * n, (n) => 120 * n),
  );
  assert.deepEqual(jumps, []);
  assert.ok(steps(times).every((step) => Math.abs(step - 40) < 1e-9));
});

Deno.test("LiveClock goes by arrivals from the start, when the stream tells no time", () => {
  const clock = new LiveClock();
  clock.restart(false);
  const { times, jumps } = stamp(clock, frames(100, (n) => 40 * n, (n) => 100 * n));
  assert.deepEqual(jumps, []);
  assert.ok(largestError(times, (n) => 100 * n) < 1e-3);
});

Deno.test("LiveClock gives increasing whole microseconds near arrivals, whatever comes", () => {
  const frame = fc.record({
    streamStepUs: fc.oneof(
      fc.constantFrom(0, 1, 11, 40_000),
      fc.integer({ min: -1e12, max: 1e12 }),
      fc.integer({ min: 0, max: 100_000 }),
    ),
    arrivalStepMs: fc.oneof(fc.constantFrom(0, 40), fc.double({ min: 0, max: 3000, noNaN: true })),
    restarts: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(frame, { maxLength: 300 }), (given) => {
    const clock = new LiveClock();
    let [streamUs, arrivalMs, lastUs] = [0, 1_790_000_000_000, -1000];
    for (const { streamStepUs, arrivalStepMs, restarts } of given) {
      streamUs += streamStepUs;
      arrivalMs += arrivalStepMs;
      if (restarts) clock.restart(true);
      const { ptsUs } = clock.stamp(streamUs, arrivalMs);
      assert.ok(Number.isInteger(ptsUs) && ptsUs - lastUs >= 1000);
      // At most a second, and a millisecond for each frame that came at the same time.
      const aheadUs = ptsUs - (arrivalMs - clock.epochMs!) * 1000;
      assert.ok(aheadUs <= 1_000_000 + 1000 * given.length, `${aheadUs}`);
      lastUs = ptsUs;
    }
  }));
});
