/** The rows of a benchmark as tables: a line for each series, a column for each resolution. */
import type { BenchReport, BenchResolution, BenchRow } from "./bench_report.ts";

/** One line of a table. */
export interface PivotLine {
  readonly series: string;
  /** By column; undefined where it was not measured. */
  readonly cells: readonly (BenchRow | undefined)[];
}

/** A table of rows. */
export interface Pivot {
  readonly columns: readonly BenchResolution[];
  readonly lines: readonly PivotLine[];
  /** The fastest of segstream's rows over the naive way's; empty without a naive row. */
  readonly overNaive: readonly (number | undefined)[];
}

/** The frames a second of one part of the report; undefined where it has none. */
export function pivotFps(report: BenchReport, part: BenchRow["part"]): Pivot | undefined {
  const rows = report.rows.filter((row) => row.part === part && row.unit === "fps");
  if (rows.length === 0) return undefined;
  const columns = columnsOf(rows);
  const at = (series: string, { name }: BenchResolution) =>
    rows.find((row) => row.series === series && row.resolution?.name === name);
  const lines = [...new Set(rows.map(({ series }) => series))].map((series) => ({
    series,
    cells: columns.map((column) => at(series, column)),
  }));
  return { columns, lines, overNaive: ratiosOf(rows, columns) };
}

/** The resolutions of rows, each once, from the smallest to the largest. */
export function columnsOf(rows: readonly BenchRow[]): readonly BenchResolution[] {
  const byName = new Map(
    rows.flatMap(({ resolution }) =>
      resolution === undefined ? [] : [[resolution.name, resolution] as const]
    ),
  );
  const pixels = ({ size }: BenchResolution) => size.width * size.height;
  return [...byName.values()].toSorted((a, b) => pixels(a) - pixels(b));
}

function ratiosOf(
  rows: readonly BenchRow[],
  columns: readonly BenchResolution[],
): (number | undefined)[] {
  const isNaive = ({ id }: BenchRow) => id.includes("/naive/");
  if (!rows.some(isNaive)) return [];
  return columns.map(({ name }) => {
    const same = rows.filter(({ resolution }) => resolution?.name === name);
    const naive = same.find(isNaive);
    const ours = same.filter((row) => !isNaive(row) && !row.id.startsWith("network/prob"));
    if (naive === undefined || ours.length === 0) return undefined;
    return Math.max(...ours.map(({ median }) => median)) / naive.median;
  });
}
