import assert from "node:assert/strict";
import { compareReports } from "../../src/bench/compare.ts";
import { measurement, median } from "../../src/bench/statistics.ts";
import type { BenchReport, BenchRow } from "../../src/report/bench_report.ts";
import { benchReport, fpsRow, ROWS } from "../report/synthetic_bench.ts";

function verdicts(before: BenchReport, after: BenchReport): string[] {
  return compareReports(before, after).rows.map(({ verdict }) => verdict);
}

function scaled(rows: readonly BenchRow[], factor: number): BenchRow[] {
  return rows.map((row) => ({ ...row, median: row.median * factor }));
}

Deno.test("compareReports() finds every row within noise, of a report and itself", () => {
  const report = benchReport();
  assert.deepEqual(verdicts(report, report), ROWS.map(() => "within noise"));
});

Deno.test("compareReports() finds every row slower, when every frame takes 1.4 times as long", () => {
  assert.deepEqual(
    verdicts(benchReport(), benchReport(scaled(ROWS, 1 / 1.4))),
    ROWS.map(() => "slower"),
  );
});

Deno.test("compareReports() finds every row faster, when every frame takes 0.7 of the time", () => {
  assert.deepEqual(
    verdicts(benchReport(), benchReport(scaled(ROWS, 1 / 0.7))),
    ROWS.map(() => "faster"),
  );
});

const quiet = (median: number, more: Partial<BenchRow> = {}) =>
  benchReport([fpsRow("network", "cls/cpu/2", "half", [median], more)]);

const cases: readonly [name: string, before: BenchReport, after: BenchReport, verdict: string][] = [
  ["4% less within a slack of 5%", quiet(100), quiet(96), "within noise"],
  ["6% less beyond a slack of 5%", quiet(100), quiet(94), "slower"],
  ["6% more beyond a slack of 5%", quiet(100), quiet(106), "faster"],
  ["a spread before of 8% covers 10%", quiet(100, { spread: 0.08 }), quiet(90), "within noise"],
  ["a spread now of 8% covers 10%", quiet(100), quiet(90, { spread: 0.08 }), "within noise"],
  [
    "both spreads of 4% cover 10%",
    quiet(100, { spread: 0.04 }),
    quiet(90, { spread: 0.04 }),
    "within noise",
  ],
  [
    "both spreads of 4% do not cover 15%",
    quiet(100, { spread: 0.04 }),
    quiet(85, { spread: 0.04 }),
    "slower",
  ],
  [
    "more milliseconds",
    quiet(10, { unit: "ms", better: "lower" }),
    quiet(12, { unit: "ms", better: "lower" }),
    "slower",
  ],
  [
    "fewer milliseconds",
    quiet(10, { unit: "ms", better: "lower" }),
    quiet(8, { unit: "ms", better: "lower" }),
    "faster",
  ],
  [
    "more memory",
    quiet(10, { unit: "MiB", better: "lower" }),
    quiet(12, { unit: "MiB", better: "lower" }),
    "larger",
  ],
  [
    "less memory",
    quiet(10, { unit: "MiB", better: "lower" }),
    quiet(8, { unit: "MiB", better: "lower" }),
    "smaller",
  ],
  ["labels that agree less", quiet(100, { unit: "%" }), quiet(90, { unit: "%" }), "worse"],
];

for (const [name, before, after, verdict] of cases) {
  Deno.test(`compareReports() says "${verdict}": ${name}`, () => {
    assert.deepEqual(verdicts(before, after), [verdict]);
  });
}

Deno.test("compareReports() allows for a machine that was slower as a whole", () => {
  const slow = { ...benchReport().calibration, median: 27.05 * 1.1 };
  const after = { ...quiet(88), calibration: slow };
  assert.deepEqual(verdicts(quiet(100), after), ["within noise"]);
  assert.ok(Math.abs(compareReports(quiet(100), after).pace - 1.1) < 1e-9);
});

Deno.test("compareReports() allows rows that use every core for cores that came and went", () => {
  const unsteady = { ...benchReport().calibration, spread: 0.2 };
  for (const [usesAllCores, verdict] of [[true, "within noise"], [false, "slower"]] as const) {
    const before = quiet(100, { usesAllCores });
    const after = { ...quiet(80, { usesAllCores }), calibrationOfAllCores: unsteady };
    assert.deepEqual(verdicts(before, after), [verdict]);
  }
});

/** A report whose row had these shares of its cores, and as many frames a second as they gave. */
function sharing(shares: readonly number[], fps = 100): BenchReport {
  const isDisturbed = median(shares) < 0.9;
  const cores = { shares, isDisturbed, bursts: shares.length, disturbedBursts: 0 };
  const row = fpsRow("network", "cls/cpu/2", "half", [1], { slack: 0.02, usesAllCores: true });
  const samples = shares.map((share, round) => ({ atMs: round, value: fps * share }));
  return benchReport([{ ...row, cores, ...measurement(samples) }]);
}

const whole = [1, 1, 1, 1, 1];

const shared: readonly [name: string, before: BenchReport, after: BenchReport, verdict: string][] =
  [
    ["a core was missing now", sharing(whole), sharing([0.5, 0.5, 0.5, 0.5, 0.5]), "within noise"],
    ["a core was missing then", sharing([0.6, 0.5, 0.7, 0.6, 0.6]), sharing(whole), "within noise"],
    [
      "a core was missing in most bursts",
      sharing(whole),
      sharing([1, 0.5, 0.6, 0.7, 1]),
      "within noise",
    ],
    ["a tenth less, whole cores", sharing(whole), sharing(whole, 90), "slower"],
    ["a tenth less, hardly any core", sharing(whole), sharing([0.5, 0.5, 0.5], 90), "within noise"],
    // The band of half a core is 2% of slack and a fifth of the 100% that it lacked.
    ["1.4 times slower, hardly any core", sharing(whole), sharing([0.5, 0.5, 0.5], 71), "slower"],
    ["1.4 times faster, hardly any core", sharing([0.5, 0.5, 0.5], 71), sharing(whole), "faster"],
  ];

for (const [name, before, after, verdict] of shared) {
  Deno.test(`compareReports() says "${verdict}" of a row with its own cores' shares: ${name}`, () => {
    const [row] = compareReports(before, after).rows;
    assert.equal(row!.verdict, verdict);
  });
}

Deno.test("compareReports() gives the ratio that whole cores would have, and the figures as they are", () => {
  const [row] = compareReports(sharing(whole), sharing([0.5, 0.5, 0.5])).rows;
  assert.deepEqual([row!.before.median, row!.after.median, row!.ratio], [100, 50, 1]);
});

Deno.test("compareReports() corrects the one row that tells of its cores, beside one that does not", () => {
  const { cores: _, ...old } = sharing(whole).rows[0]!;
  const [row] = compareReports(benchReport([old]), sharing([0.5, 0.5, 0.5])).rows;
  assert.deepEqual([row!.ratio, row!.verdict], [1, "within noise"]);
});

Deno.test("compareReports() goes by the pace of all cores, where only one row tells of its own", () => {
  const unsteady = { ...benchReport().calibration, spread: 0.2 };
  const after = { ...sharing(whole, 85), calibrationOfAllCores: unsteady };
  const { cores: _, ...old } = sharing(whole).rows[0]!;
  assert.deepEqual(verdicts(benchReport([old]), after), ["within noise"]);
  assert.deepEqual(verdicts(sharing(whole), after), ["slower"]);
});

Deno.test("compareReports() names the rows that only one report has", () => {
  const { rows, onlyBefore, onlyAfter } = compareReports(
    benchReport(ROWS.slice(0, 2)),
    benchReport(ROWS.slice(1, 3)),
  );
  assert.deepEqual(rows.map(({ after }) => after.id), ["network/cls/cpu/2/half"]);
  assert.deepEqual(onlyBefore, ["network/cls/cpu/1/half"]);
  assert.deepEqual(onlyAfter, ["network/naive/cpu/1/half"]);
});

Deno.test("compareReports() tells what makes reports hard to compare", () => {
  const before = benchReport();
  const after = benchReport(ROWS, {
    environment: { ...before.environment, cpu: "Another", modelSha256: "f".repeat(64) },
    protocol: { ...before.protocol, isQuick: true },
  });
  assert.deepEqual(compareReports(before, after).differences, [
    "processor: Imaginary Processor 9000 before, Another now",
    "model: 0123456789ab before, ffffffffffff now",
    "protocol: full before, quick now",
  ]);
});
