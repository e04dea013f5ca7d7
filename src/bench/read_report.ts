import { InputError } from "../errors.ts";
import type { BenchReport, BenchRow } from "../report/bench_report.ts";

/**
 * Reads a report that `--json` wrote.
 *
 * @throws {InputError} If the file cannot be read or is no such report.
 */
export async function readReport(path: string): Promise<BenchReport> {
  const fail = (state: string, cause?: unknown) =>
    new InputError(
      `Cannot read the report ${JSON.stringify(path)}: ${state}. Name a file that ` +
        "segstream bench --json wrote.",
      { input: path },
      { cause },
    );
  let json: unknown;
  try {
    json = JSON.parse(await Deno.readTextFile(path));
  } catch (cause) {
    const state = cause instanceof Deno.errors.NotFound
      ? "there is no such file"
      : cause instanceof SyntaxError
      ? "it is not JSON"
      : (cause as Error).message;
    throw fail(state, cause);
  }
  const report = json as Partial<BenchReport> | null;
  if (report?.format !== "segstream-bench") throw fail("it is JSON of another kind");
  if (report.version !== 1) throw fail(`it is of version ${report.version}, and this reads 1`);
  const isWhole = Array.isArray(report.rows) && report.rows.every(isRow) &&
    typeof report.calibration?.median === "number" && report.environment !== undefined &&
    report.protocol !== undefined && Array.isArray(report.goals) && Array.isArray(report.bills);
  if (!isWhole) throw fail("parts of it are missing");
  return report as BenchReport;
}

function isRow(row: Partial<BenchRow> | null): boolean {
  return typeof row?.id === "string" && typeof row.median === "number" &&
    typeof row.spread === "number" && typeof row.slack === "number" && Array.isArray(row.samples) &&
    (row.cores === undefined || Array.isArray(row.cores.shares));
}
