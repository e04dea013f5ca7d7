import assert from "node:assert/strict";
import { formatDuration, parseDuration } from "../../src/frame/duration.ts";

for (
  const [text, ms] of [
    ["500ms", 500],
    ["10s", 10_000],
    ["10", 10_000],
    [" 1.5 m ", 90_000],
    ["5min", 300_000],
    ["1H", 3_600_000],
  ] as const
) {
  Deno.test(`parseDuration() gives ${ms} ms, for "${text}"`, () => {
    assert.equal(parseDuration(text), ms);
  });
}

for (const text of ["", "s", "-1s", "1d", "1s2", "1e3s"]) {
  Deno.test(`parseDuration() says what a duration is, for "${text}"`, () => {
    assert.throws(() => parseDuration(text), /such as 500ms, 10s, 5m or 1h/);
  });
}

for (
  const [ms, text] of [
    [0, "0 s"],
    [420, "0.4 s"],
    [9_940, "9.9 s"],
    [9_960, "10 s"],
    [99_400, "99 s"],
    [99_600, "1.7 min"],
    [300_000, "5 min"],
    [3_600_000, "60 min"],
    [12_600_000, "3.5 h"],
    [86_400_000, "24 h"],
    [12 * 86_400_000, "12 days"],
  ] as const
) {
  Deno.test(`formatDuration() is "${text}", for ${ms} ms`, () => {
    assert.equal(formatDuration(ms), text);
  });
}
