import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { compareReports } from "../../src/bench/compare.ts";
import { formatBench, formatComparison } from "../../src/report/bench_text.ts";
import { benchReport, fpsRow, ROWS } from "./synthetic_bench.ts";

function lineOf(text: string, start: string): string {
  const line = text.split("\n").find((each) => each.trimStart().startsWith(start));
  assert.ok(line !== undefined, `no line begins with "${start}":\n${text}`);
  return line;
}

Deno.test("formatBench() shows each row in the column of its resolution, with its spread", () => {
  const text = formatBench(benchReport());
  // 95 − 93 over twice 94 is a spread of 1.06%, half of which is ±1%.
  assert.match(lineOf(text, "cls/cpu/2"), /^ {2}cls\/cpu\/2 +94\.0 +±1% +20\.0 +±3%$/);
  assert.match(lineOf(text, "segstream over naive"), / 3\.5× +3\.3×$/);
});

Deno.test("formatBench() shows the paper's figures beside named resolutions, and only those", () => {
  const text = formatBench(benchReport());
  assert.match(lineOf(text, "cls, Titan Xp"), / 285\.8 +123\.5$/);
  assert.match(lineOf(text, "prob, Titan Xp"), / 266\.3 +106\.2$/);
  assert.match(lineOf(text, "cls, Titan X (Maxwell)"), / 218\.8 +75\.3$/);
  assert.match(lineOf(text, "test mIoU"), / 62\.8% +68\.0%$/);
  const size = { name: "96x64", size: { width: 96, height: 64 } };
  const own = [fpsRow("network", "cls/cpu/1", "half", [9], { resolution: size })];
  assert.doesNotMatch(formatBench(benchReport(own)), /Titan/);
});

Deno.test("formatBench() marks a figure whose workers lacked a core", () => {
  const lack = { shares: [0.7, 0.8, 0.7], isDisturbed: true, bursts: 5, disturbedBursts: 5 };
  const rows = ROWS.map((row, i) => i === 1 ? { ...row, cores: lack } : row);
  // The same place as the blank of the others, so that figures stay below each other.
  assert.match(lineOf(formatBench(benchReport(rows)), "cls/cpu/2"), / 94\.0\* ±1% +20\.0 {2}±3%$/);
});

Deno.test("formatBench() shows the bill, what bounds the run, goals, notes and warnings", () => {
  const text = formatBench(benchReport(ROWS, { notes: ["a note"], warnings: ["a warning"] }));
  assert.match(lineOf(text, "infer"), / 17\.90 \(4\.0\)$/);
  assert.match(lineOf(text, "latency p50"), / 40\/60\/70$/);
  assert.match(lineOf(text, "half:"), /Inference bounds the run/);
  assert.match(lineOf(text, "efficiency, half"), /0\.91 +at least 0\.85 +met$/);
  assert.match(text, /^note: a note$/m);
  assert.match(text, /^warning: a warning$/m);
});

Deno.test("formatBench() stays within 100 columns, and colours only when asked", () => {
  const text = formatBench(benchReport());
  const longest = Math.max(...text.split("\n").map((line) => line.length));
  assert.ok(longest <= 100, `${longest} columns`);
  assert.ok(!text.includes("\x1b"));
  const coloured = formatBench(benchReport(), { colour: true });
  assert.equal(stripVTControlCharacters(coloured), text);
  assert.notEqual(coloured, text);
});

Deno.test("formatComparison() tells each row's ratio, noise and verdict, and counts them", () => {
  const after = ROWS.map((row, i) => i === 0 ? { ...row, median: row.median / 2 } : row);
  const text = formatComparison(compareReports(benchReport(), benchReport(after)));
  assert.match(lineOf(text, "cls/cpu/1, half"), / 55\.0 +27\.5 +0\.50× +±6% {2}slower$/);
  assert.match(lineOf(text, "cls/cpu/2, half"), / 1\.00× +±5% {2}within noise$/);
  assert.match(lineOf(text, "9 rows"), /: 1 slower, 8 within noise$/);
});

Deno.test("formatComparison() says how many ratios allow for missing cores, where it can be seen", () => {
  const withShare = (share: number) => {
    const shares = [share, share, share];
    const cores = { shares, isDisturbed: share < 0.9, bursts: 3, disturbedBursts: 0 };
    return benchReport([fpsRow("network", "cls/cpu/2", "half", [94, 94, 94], { cores })]);
  };
  const text = (share: number) => formatComparison(compareReports(withShare(1), withShare(share)));
  assert.match(
    text(0.8),
    /^1 of the ratios allows for cores that were missing while the rows were/m,
  );
  assert.match(lineOf(text(0.8), "cls/cpu/2, half"), / 94\.0 +94\.0 +1\.25× /);
  assert.doesNotMatch(text(1), /missing/);
});
