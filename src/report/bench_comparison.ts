import type { BenchRow } from "./bench_report.ts";

/** What a row's change means: times are faster or slower, memory smaller or larger. */
export type Verdict =
  | "faster"
  | "slower"
  | "smaller"
  | "larger"
  | "better"
  | "worse"
  | "within noise";

/** One row in two reports. */
export interface ComparedRow {
  /** In the older report. */
  readonly before: BenchRow;
  /** In the newer report. */
  readonly after: BenchRow;
  /** The new median over the old one, of what the row would have been with all of its cores. */
  readonly ratio: number;
  /** Share by which the row may move without meaning anything. */
  readonly noise: number;
  /** What the change means. */
  readonly verdict: Verdict;
}

/** A report held against an older one. */
export interface Comparison {
  /** When the older report was made, ISO 8601. */
  readonly date: string;
  /** In the order of the newer report. */
  readonly rows: readonly ComparedRow[];
  /** Rows by id that only the older report has. */
  readonly onlyBefore: readonly string[];
  /** Rows by id that only the newer report has. */
  readonly onlyAfter: readonly string[];
  /** The calibration of the newer report over that of the older: above 1 the machine was slower. */
  readonly pace: number;
  /** What makes the reports hard to compare, one line each: another machine, another model. */
  readonly differences: readonly string[];
}
