/** Holds a report against an older one, row by row. */
import type { BenchReport, BenchRow, Measurement } from "../report/bench_report.ts";
import type { ComparedRow, Comparison, Verdict } from "../report/bench_comparison.ts";
import { measurement } from "./statistics.ts";

/**
 * How many times the rows' own spreads a difference must exceed: two samples' medians of the same
 * thing lie farther apart than the middle half of each.
 */
const SPREADS = 1.5;

/**
 * The part of what the shares of the cores correct that stays in doubt: a thread that shares a core
 * finds its caches used by another. Passes at a share of a half took up to 12% more CPU time.
 */
const DOUBT = 0.2;

/**
 * Compares every row that both reports have.
 *
 * A row is within the noise while it moved by no more than the larger of its slack and 1.5 times
 * both spreads together, plus the share by which the machine itself changed its pace: from one
 * report to the other, and within each. That is the pace of one core, or of all of them for a row
 * that keeps all of them busy: a core that a neighbour has borrowed is missing in those only.
 *
 * Where a report tells how much of its cores each burst of a row had, the row stands for what its
 * bursts would have done with all of them, and the noise grows with what was missing. Where both
 * tell, the pace of one core is all that is left to allow for.
 */
export function compareReports(before: BenchReport, after: BenchReport): Comparison {
  const olds = new Map(before.rows.map((row) => [row.id, row]));
  const pace = after.calibration.median / before.calibration.median;
  const oneCore = unsteadiness(before.calibration, after.calibration);
  const allCores = Math.max(
    oneCore,
    unsteadiness(
      before.calibrationOfAllCores ?? before.calibration,
      after.calibrationOfAllCores ?? after.calibration,
    ),
  );
  const rows = after.rows.flatMap((row) => {
    const old = olds.get(row.id);
    return old === undefined ? [] : [compareRow(old, row, { oneCore, allCores })];
  });
  const ids = new Set(after.rows.map(({ id }) => id));
  return {
    date: before.date,
    rows,
    onlyBefore: before.rows.filter(({ id }) => !ids.has(id)).map(({ id }) => id),
    onlyAfter: after.rows.filter(({ id }) => !olds.has(id)).map(({ id }) => id),
    pace,
    differences: differencesOf(before, after),
  };
}

/** The share by which the machine's pace differs between two reports, and wanders within each. */
function unsteadiness(before: Measurement, after: Measurement): number {
  return Math.abs(after.median / before.median - 1) + before.spread + after.spread;
}

function compareRow(
  before: BenchRow,
  after: BenchRow,
  { oneCore, allCores }: { oneCore: number; allCores: number },
): ComparedRow {
  const [old, now] = [withAllCores(before), withAllCores(after)];
  const areCoresKnown = before.cores !== undefined && after.cores !== undefined;
  const ratio = old.median === now.median ? 1 : now.median / old.median; // 0 of both, too
  const spreads = SPREADS * (old.spread + now.spread);
  const machine = after.usesAllCores && !areCoresKnown ? allCores : oneCore;
  const noise = Math.max(before.slack, after.slack, spreads) + machine +
    DOUBT * (old.lack + now.lack);
  const gain = after.better === "higher" ? ratio : 1 / ratio;
  const [improved, worsened] = WORDS[after.unit];
  const verdict = gain > 1 + noise ? improved : gain < 1 / (1 + noise) ? worsened : "within noise";
  return { before, after, ratio, noise, verdict };
}

/** What a row's bursts would have done with all of their cores, and the share by which it is more. */
function withAllCores(row: BenchRow): Measurement & { readonly lack: number } {
  const { cores, samples } = row;
  if (cores === undefined) return { ...row, lack: 0 };
  const corrected = measurement(
    samples.map(({ atMs, value }, round) => ({ atMs, value: value / (cores.shares[round] ?? 1) })),
  );
  return { ...corrected, lack: corrected.median / row.median - 1 };
}

/** The words for an improvement and its opposite, by the row's unit. */
const WORDS: Readonly<Record<BenchRow["unit"], readonly [improved: Verdict, worsened: Verdict]>> = {
  fps: ["faster", "slower"],
  ms: ["faster", "slower"],
  MiB: ["smaller", "larger"],
  "%": ["better", "worse"],
};

/** What makes the reports hard to compare, one line each. */
function differencesOf(before: BenchReport, after: BenchReport): string[] {
  const a = before.environment;
  const b = after.environment;
  const named: readonly (readonly [string, unknown, unknown])[] = [
    ["processor", a.cpu, b.cpu],
    ["cores", a.cores, b.cores],
    ["provider", a.provider, b.provider],
    ["ffmpeg", a.ffmpeg, b.ffmpeg],
    ["Deno", a.deno, b.deno],
    ["ONNX Runtime", a.onnxRuntime, b.onnxRuntime],
    ["segstream", a.segstream, b.segstream],
    ["model", a.modelSha256.slice(0, 12), b.modelSha256.slice(0, 12)],
    ["input", a.input, b.input],
    ["protocol", lengthOf(before), lengthOf(after)],
  ];
  return named.filter(([, old, now]) => old !== now)
    .map(([name, old, now]) => `${name}: ${old} before, ${now} now`);
}

function lengthOf({ protocol }: BenchReport): string {
  return protocol.isQuick ? "quick" : "full";
}
