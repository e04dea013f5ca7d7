import assert from "node:assert/strict";
import {
  clipFrames,
  FULL_PROTOCOL,
  isTooSlow,
  naiveFrames,
  paceOf,
  QUICK_PROTOCOL,
} from "../../src/bench/protocol.ts";

Deno.test("paceOf() is the paper's protocol, 100 runs after 100, where a pass is fast enough", () => {
  // 163 ms: the slowest of the measured entrants, the naive graph at full resolution.
  const { burnIn, runsPerRound, rounds } = paceOf(163, FULL_PROTOCOL);
  assert.equal(burnIn, 100);
  assert.equal(runsPerRound * rounds, 100);
});

Deno.test("paceOf() runs a slow entrant less often, and still in two rounds", () => {
  for (const protocol of [FULL_PROTOCOL, QUICK_PROTOCOL]) {
    const pace = paceOf(2400, protocol);
    assert.ok(pace.burnIn < protocol.burnIn);
    assert.ok(pace.burnIn >= 2);
    assert.ok(pace.rounds >= 2);
    assert.ok(pace.runsPerRound >= 1);
    const totalMs = 2400 * (pace.burnIn + pace.rounds * pace.runsPerRound);
    assert.ok(totalMs <= (protocol.isQuick ? 16_000 : 120_000), `${totalMs} ms`);
  }
});

Deno.test("paceOf() runs a fast entrant more often, so that a burst lasts for 80 ms", () => {
  assert.equal(paceOf(4, QUICK_PROTOCOL).runsPerRound, 20); // 8 runs in two rounds are 4
  assert.equal(paceOf(4, FULL_PROTOCOL).runsPerRound, 20); // which are the paper's 100
  assert.equal(paceOf(1, FULL_PROTOCOL).runsPerRound, 80);
  assert.ok(paceOf(0, FULL_PROTOCOL).runsPerRound < Infinity, "a clock that stood still");
});

Deno.test("isTooSlow() leaves out only what takes many seconds a frame", () => {
  assert.equal(isTooSlow(2400, FULL_PROTOCOL), false);
  assert.equal(isTooSlow(40_000, FULL_PROTOCOL), true);
  assert.equal(isTooSlow(0, QUICK_PROTOCOL), false);
});

Deno.test("clipFrames() gives larger pictures fewer frames, and none too few for a median", () => {
  const pixels = [128 * 64, 512 * 256, 1024 * 512, 2048 * 1024, 4096 * 2048];
  for (const protocol of [FULL_PROTOCOL, QUICK_PROTOCOL]) {
    const frames = pixels.map((each) => clipFrames(each, protocol));
    assert.deepEqual(frames, frames.toSorted((a, b) => b - a));
    assert.ok(frames.at(-1)! >= 16);
    assert.ok(naiveFrames(frames.at(-1)!) >= 8);
  }
});
