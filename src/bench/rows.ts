/** The names of the rows: the same in every report, so that reports can be compared. */
import { formatSize, type Size } from "../frame/geometry.ts";
import { SIDE_STEP } from "../model/fast_scnn.ts";
import type { Resolution } from "../model/resolution.ts";
import type { BenchResolution, BenchRow, Measurement } from "../report/bench_report.ts";

/** A row before it was measured. */
export type RowHead = Omit<BenchRow, keyof Measurement>;

/** The paper's resolutions, whose inputs have twice the width of their height. */
const NAMED: Readonly<Record<string, Size>> = {
  full: { width: 2048, height: 1024 },
  half: { width: 1024, height: 512 },
  quarter: { width: 512, height: 256 },
};

/** What is measured unless others are named, the cheapest first. */
export const DEFAULT_RESOLUTIONS: readonly Resolution[] = ["quarter", "half", "full"];

/** Share by which rows differ from run to run on a quiet machine; short runs differ more. */
const SLACK = { network: 0.05, video: 0.08, latency: 0.15, startUp: 0.25, memory: 0.1 } as const;
const QUICK_SLACK = 2;

/** A resolution as the report names it, at the paper's size; a size of one's own is rounded. */
export function benchResolution(resolution: Resolution): BenchResolution {
  if (typeof resolution === "string") return { name: resolution, size: NAMED[resolution]! };
  const round = (side: number) => Math.max(SIDE_STEP, Math.round(side / SIDE_STEP) * SIDE_STEP);
  const size = { width: round(resolution.width), height: round(resolution.height) };
  return { name: formatSize(size), size };
}

/** How far a row of a kind may move without meaning anything. */
export function slackOf(kind: keyof typeof SLACK, options: { isQuick: boolean }): number {
  return SLACK[kind] * (options.isQuick ? QUICK_SLACK : 1);
}

/** "1 worker", "2 workers". */
export function countWorkers(workers: number): string {
  return `${workers} worker${workers === 1 ? "" : "s"}`;
}
