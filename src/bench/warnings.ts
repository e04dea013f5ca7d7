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
  if (warnings.length > 0) warnings.push("Close other programs and measure again.");
  return warnings;
}

function driftOf({ samples }: Measurement): number {
  const times = samples.map(({ value }) => value);
  return Math.max(...times) / Math.min(...times);
}
