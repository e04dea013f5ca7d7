import assert from "node:assert/strict";
import { findGoals, ratioOf } from "../../src/bench/goals.ts";
import { benchReport, fpsRow, ROWS } from "../report/synthetic_bench.ts";

const evidence = {
  rows: ROWS,
  bills: benchReport().bills,
  workers: 2,
  headShares: { fp32: 2.7, int8: undefined },
  memoryGrowth: undefined,
};

Deno.test("findGoals() holds the rows against what is promised", () => {
  const goals = findGoals(evidence).map(({ value, target, wanted, isMet }) => ({
    value: Number(value.toFixed(3)),
    target,
    wanted,
    isMet,
  }));
  assert.deepEqual(goals, [
    { value: 2.7, target: 5, wanted: "at most", isMet: true },
    // The medians of 19 / 5.9, 20 / 6 and 21 / 6.1, and of 69 / 39, 70 / 40 and 71 / 41.
    { value: 3.333, target: 2.5, wanted: "at least", isMet: true },
    { value: 1.75, target: 1.6, wanted: "at least", isMet: true },
    { value: 0.87, target: 0.85, wanted: "at least", isMet: true },
  ]);
});

Deno.test("findGoals() says when a promise is not kept", () => {
  const goals = findGoals({ ...evidence, headShares: { fp32: 4, int8: 9 }, memoryGrowth: 1.3 });
  const missed = goals.filter(({ isMet }) => !isMet).map(({ name }) => name);
  assert.deepEqual(missed, [
    "cls head over the time of the int8 network, full",
    "memory of 3,000 frames over that of 300",
  ]);
});

Deno.test("findGoals() says what the cores leave room for, beside what two workers give", () => {
  const rows = [
    fpsRow("video", "fps/1", "half", [50, 50, 50]),
    fpsRow("video", "fps/2", "half", [70, 70, 70]),
  ];
  const [goal] = findGoals({ ...evidence, rows }).filter(({ name }) => name.startsWith("file to"));
  // The bill's cores can do 80.3 fps: 1.606 of one worker's 50.
  assert.equal(goal?.name, "file to file, 2 workers over one, half (the cores can do 1.61)");
  assert.deepEqual([goal.value, goal.isMet], [1.4, false]);
});

Deno.test("findGoals() leaves out what was not measured", () => {
  const nothing = {
    ...evidence,
    rows: [],
    bills: [],
    headShares: { fp32: undefined, int8: undefined },
  };
  assert.deepEqual(findGoals(nothing), []);
});

Deno.test("findGoals() goes by the 8-bit rows, where the product runs in 8 bits", () => {
  const rows = [
    ...ROWS,
    fpsRow("network", "cls-int8/cpu/1", "full", [18.9, 18.9, 18.9]),
    fpsRow("network", "cls-int8/cpu/2", "full", [36, 36, 36]),
  ];
  const goals = findGoals({ ...evidence, rows }).map(({ name, value }) => [name, value.toFixed(2)]);
  assert.deepEqual(goals.slice(1, 3), [
    ["cls on 2 workers over the naive graph on one thread, full", "6.00"],
    ["int8 over fp32, 1 worker, full", "1.80"],
  ]);
});

Deno.test("ratioOf() cancels a slow minute, which falls on both rows of a round", () => {
  const steady = fpsRow("network", "a", "half", [40, 20, 40]);
  const other = fpsRow("network", "b", "half", [20, 10, 20]);
  assert.equal(ratioOf(steady, other), 2);
  assert.equal(ratioOf(steady, undefined), undefined);
});
