/** Tells when a machine was too busy for its figures to be trusted. */
import type { BenchEnvironment, BenchRow, Measurement } from "../report/bench_report.ts";
import type { Paces } from "./calibration.ts";

/** Rows of a quiet machine stay within this. */
const NOISY_SPREAD = 0.1;

/** The same arithmetic took this much longer at one time than at another. */
const NOISY_CALIBRATION = 1.15;

/** Other programs that wanted a core when the benchmark began. */
const BUSY_LOAD = 0.5;

/** Every reason to doubt the figures, one line each; none on a quiet machine. */
export function findWarnings(
  { rows, paces, environment }: {
    readonly rows: readonly BenchRow[];
    readonly paces: Paces;
    readonly environment: BenchEnvironment;
  },
): string[] {
  const warnings: string[] = [];
  const { loadAverage } = environment;
  if (loadAverage !== undefined && loadAverage > BUSY_LOAD) {
    warnings.push(
      `Other programs used the machine when the benchmark began (load ${loadAverage.toFixed(1)}).`,
    );
  }
  for (
    const [pace, where] of [[paces.oneCore, "one core"], [paces.allCores, "all cores"]] as const
  ) {
    const drift = driftOf(pace);
    if (drift <= NOISY_CALIBRATION) continue;
    warnings.push(
      `The machine changed its pace: the same arithmetic on ${where} took ${drift.toFixed(2)} ` +
        "times as long at one time as at another.",
    );
  }
  const noisy = rows.filter(({ spread, slack }) => spread > Math.max(NOISY_SPREAD, slack));
  if (noisy.length > 0) {
    const worst = noisy.reduce((a, b) => b.spread > a.spread ? b : a);
    warnings.push(
      `${noisy.length} of ${rows.length} rows varied by more than ${100 * NOISY_SPREAD}% while ` +
        `they were measured; "${worst.series}" by ${Math.round(100 * worst.spread)}%.`,
    );
  }
  const isMended = !rows.some(({ cores }) => cores?.isDisturbed);
  const advice = warnings.length > 0 || !isMended
    ? ["Close other programs and measure again."]
    : [];
  return [...warnings, ...describeDisturbance(rows), ...advice];
}

/** One sentence on the bursts that lacked a core; none where every burst had its own. */
function describeDisturbance(rows: readonly BenchRow[]): string[] {
  const total = { bursts: 0, disturbed: 0, repeats: 0, rows: 0 };
  for (const { cores, samples } of rows) {
    if (cores === undefined) continue;
    total.bursts += cores.bursts;
    total.disturbed += cores.disturbedBursts;
    total.repeats += cores.bursts - samples.length;
    total.rows += cores.isDisturbed ? 1 : 0;
  }
  if (total.disturbed === 0) return [];
  const { bursts, disturbed, repeats } = total;
  const percent = Math.ceil(100 * disturbed / bursts);
  const outcome = total.rows === 0
    ? "and no row is low for it"
    : `and ${total.rows} ${
      total.rows === 1 ? "row, marked *, is" : "rows, marked *, are"
    } low for it`;
  return [
    `${disturbed} of ${bursts} bursts of the network alone (${percent}%) got less than nine tenths ` +
    `of the cores that they keep busy; ${repeats} were run again, ${outcome}.`,
  ];
}

function driftOf({ samples }: Measurement): number {
  const times = samples.map(({ value }) => value);
  return Math.max(...times) / Math.min(...times);
}
