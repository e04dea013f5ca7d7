/** What the project promises, held against the rows of a report. */
import type { BenchRow, Bill, Goal } from "../report/bench_report.ts";
import { median } from "./statistics.ts";

/** The cls head's time over the network's in percent, at full resolution with one worker. */
export interface HeadShares {
  readonly fp32: number | undefined;
  /** The same head beside a network that takes less than half as long. */
  readonly int8: number | undefined;
}

/** The rows by id, and what goes beside them. */
export interface GoalEvidence {
  readonly rows: readonly BenchRow[];
  readonly bills: readonly Bill[];
  /** Workers of the rows that use every core. */
  readonly workers: number;
  readonly headShares: HeadShares;
  /** Of a long run over that of a short one, where they were run. */
  readonly memoryGrowth: number | undefined;
}

/** Those promises that this report can tell of. */
export function findGoals(evidence: GoalEvidence): Goal[] {
  const { rows, bills, workers, headShares, memoryGrowth } = evidence;
  const ratio = (id: string, to: string) =>
    ratioOf(rows.find((row) => row.id === id), rows.find((row) => row.id === to));
  const half = bills.find(({ resolution }) => resolution.name === "half");
  const firstFrameMs = rows.find(({ id }) => id === "start-up/first-frame")?.median;
  const all = workers === 1 ? "1 worker" : `${workers} workers`;
  return [
    ...(["fp32", "int8"] as const).map((precision) =>
      goal(
        `cls head over the time of the ${precision} network, full`,
        headShares[precision],
        "%",
        "at most",
        5,
      )
    ),
    goal(
      `cls on ${all} over the naive graph on one thread, full`,
      ratio(`network/cls-int8/cpu/${workers}/full`, "network/naive/cpu/1/full") ??
        ratio(`network/cls/cpu/${workers}/full`, "network/naive/cpu/1/full"),
      "×",
      "at least",
      2.5,
    ),
    ...["half", "full"].map((name) =>
      goal(
        `int8 over fp32, 1 worker, ${name}`,
        ratio(`network/cls-int8/cpu/1/${name}`, `network/cls/cpu/1/${name}`),
        "×",
        "at least",
        1.6,
      )
    ),
    goal(
      `file to file, ${all} over one, half${ceiling(half, rows)}`,
      workers === 1 ? undefined : ratio(`video/fps/${workers}/half`, "video/fps/1/half"),
      "×",
      "at least",
      0.8 * workers,
    ),
    goal("efficiency, half", half?.report.efficiency, "", "at least", 0.85),
    goal(
      "first frame encoded after the start",
      firstFrameMs === undefined ? undefined : firstFrameMs / 1000,
      "s",
      "at most",
      1.5,
    ),
    goal("memory of 3,000 frames over that of 300", memoryGrowth, "×", "at most", 1.1),
  ].filter((each) => each !== undefined);
}

/** What the CPU's cost a frame leaves room for: one worker shares the cores with decoder and encoder. */
function ceiling(bill: Bill | undefined, rows: readonly BenchRow[]): string {
  const alone = rows.find(({ id }) => id === "video/fps/1/half")?.median;
  const most = bill?.report.cpuBoundFps;
  if (alone === undefined || most === undefined) return "";
  return ` (the cores can do ${(most / alone).toFixed(2)})`;
}

/** Of rows that took turns: the median of the rounds' own ratios, in which a slow minute cancels. */
export function ratioOf(a: BenchRow | undefined, b: BenchRow | undefined): number | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (a.samples.length !== b.samples.length) return a.median / b.median;
  return median(a.samples.map(({ value }, round) => value / b.samples[round]!.value));
}

function goal(
  name: string,
  value: number | undefined,
  unit: Goal["unit"],
  wanted: Goal["wanted"],
  target: number,
): Goal | undefined {
  if (value === undefined) return undefined;
  const isMet = wanted === "at least" ? value >= target : value <= target;
  return { name, value, unit, target, wanted, isMet };
}
