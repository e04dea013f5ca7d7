/** A benchmark's report for a person at a terminal; at most 100 columns, 80 where that is wanted. */
import { formatSize } from "../frame/geometry.ts";
import { STAGES } from "../frame/timing.ts";
import type { ComparedRow, Comparison } from "./bench_comparison.ts";
import { type Pivot, pivotFps } from "./bench_pivot.ts";
import type { BenchReport, BenchResolution, BenchRow, Goal } from "./bench_report.ts";
import { networkTable } from "./network_table.ts";
import { PAPER_ACCURACY, PAPER_FPS, type PaperFigures } from "./paper.ts";
import { wrapText } from "./wrap_text.ts";

/** How the report is printed. */
export interface BenchTextOptions {
  /** Width of the terminal; 100 by default, which is the most that is used. */
  readonly columns?: number;
  /** Whether to use ANSI colours; none by default. */
  readonly colour?: boolean;
}

const LABEL_WIDTH = 26;
const CELL_WIDTH = 18;

/** Share by which a ratio may differ from its figures' without a reader seeing it. */
const SEEN = 0.005;

/** The whole report. Ends without a line break. */
export function formatBench(report: BenchReport, options: BenchTextOptions = {}): string {
  const paint = painter(options.colour ?? false);
  const width = widthOf(options);
  const network = pivotFps(report, "network");
  const video = pivotFps(report, "video");
  const blocks = [
    header(report).flatMap((line) => wrapText(line, width)).map(paint.dim),
    network && [...fpsTable("Network alone, fps", network, paint), ...paperTable(network, paint)],
    video && fpsTable("File to file, fps", video, paint),
    networkTable(
      report.networks ?? [],
      report.rows.filter(({ part }) => part === "networks"),
    ).map((line, i) => i === 0 ? paint.bold(line) : line),
    video && billTable(report, video.columns, paint),
    report.bills.flatMap(({ resolution, report }) =>
      wrapText(`${resolution.name}: ${report.boundBy}`, width)
    ),
    otherRows(report),
    goalTable(report.goals, paint),
    report.notes.flatMap((note) => wrapText(`note: ${note}`, width)).map(paint.dim),
    report.warnings.flatMap((text) => wrapText(`warning: ${text}`, width)).map(paint.warn),
  ];
  return blocks.filter((lines) => lines !== undefined && lines.length > 0)
    .map((lines) => lines!.join("\n")).join("\n\n");
}

/** A comparison, the rows that changed in colour. Ends without a line break. */
export function formatComparison(
  comparison: Comparison,
  options: BenchTextOptions = {},
): string {
  const paint = painter(options.colour ?? false);
  const width = widthOf(options);
  const { rows, differences, onlyBefore, onlyAfter, pace } = comparison;
  const name = ({ after }: ComparedRow) => rowName(after);
  const nameWidth = Math.max(20, ...rows.map((row) => name(row).length));
  const title = `Compared with ${comparison.date.slice(0, 16).replace("T", " ")}`;
  const heads = ["before", "now", "ratio", "noise"].map((head) => head.padStart(9)).join("");
  const lines = rows.map((row) => {
    const figures = [
      figure(row.before.median),
      figure(row.after.median),
      `${row.ratio.toFixed(2)}×`,
      `±${percent(row.noise)}`,
    ].map((cell) => cell.padStart(9)).join("");
    const line = `${name(row).padEnd(nameWidth)}${figures}  ${row.verdict}`;
    if (row.verdict === "within noise") return line;
    return isImprovement(row) ? paint.good(line) : paint.warn(line);
  });
  const remarks = [
    ...differences.map((text) => `differs in ${text}`),
    ...(Math.abs(pace - 1) > 0.02
      ? [
        `the machine itself was ${percent(Math.abs(pace - 1))} ${
          pace > 1 ? "slower" : "faster"
        } now`,
      ]
      : []),
    ...(onlyBefore.length > 0 ? [`only before: ${onlyBefore.join(", ")}`] : []),
    ...(onlyAfter.length > 0 ? [`only now: ${onlyAfter.join(", ")}`] : []),
    ...describeCorrections(rows),
    verdictLine(rows),
  ];
  return [
    paint.bold(title.padEnd(nameWidth) + heads),
    ...lines,
    "",
    ...remarks.flatMap((text) => wrapText(text, width)),
  ].join("\n");
}

/** How many ratios are not just the new figure over the old one; none where all of them are. */
export function describeCorrections(rows: readonly ComparedRow[]): string[] {
  const corrected = rows.filter(({ before, after, ratio }) =>
    Math.abs(after.median / before.median / ratio - 1) >= SEEN
  );
  return corrected.length === 0 ? [] : [
    `${corrected.length} of the ratios allow${corrected.length === 1 ? "s" : ""} for cores that ` +
    "were missing while the rows were measured",
  ];
}

/** "cls, 2 workers, half". */
export function rowName({ series, resolution, part }: BenchRow): string {
  const place = part === "video" ? "file to file: " : "";
  return `${place}${series}${resolution === undefined ? "" : `, ${resolution.name}`}`;
}

/** Whether a row that changed became better. */
export function isImprovement({ verdict }: ComparedRow): boolean {
  return verdict === "faster" || verdict === "smaller" || verdict === "better";
}

/** A goal's value or bound, with its unit. */
export function goalFigure(value: number, unit: Goal["unit"]): string {
  if (unit === "%") return `${value.toFixed(1)}%`;
  return unit === "s" ? `${value.toFixed(2)} s` : `${value.toFixed(2)}${unit}`;
}

/** A report's head: what ran where. */
export function header(report: BenchReport): readonly string[] {
  const { environment: e, protocol, date, seconds } = report;
  const memory = e.memoryBytes === undefined ? "" : `, ${Math.round(e.memoryBytes / 2 ** 30)} GiB`;
  const cpu = e.cpu === "unknown" ? "unknown processor" : e.cpu;
  const gpu = e.adapter === undefined ? [] : [e.adapter];
  const { precision } = report.bills[0]?.report.facts ?? {};
  const arithmetic = precision === undefined ? "" : ` in ${precision}`;
  return [
    [`${cpu}, ${e.cores} core${e.cores === 1 ? "" : "s"}${memory}`, ...gpu, e.platform].join(" · "),
    `segstream ${e.segstream} · Deno ${e.deno} · ONNX Runtime ${e.onnxRuntime} · ffmpeg ${e.ffmpeg}`,
    `${e.model} (${e.modelSha256.slice(0, 12)}) on ${e.provider}${arithmetic}, ${e.input}`,
    `${date.slice(0, 16).replace("T", " ")} UTC, ${Math.round(seconds)} s: medians of ` +
    `${protocol.rounds} bursts of ${protocol.runs / protocol.rounds} passes or more after ` +
    `${protocol.burnIn}, and of ${protocol.videoRounds} runs; ± half their middle half`,
  ];
}

function fpsTable(title: string, pivot: Pivot, paint: Paint): string[] {
  const { columns, lines, overNaive } = pivot;
  return [
    paint.bold(tableLine(title, columns.map(({ name }) => name))),
    ...sizeLine(columns).map(paint.dim),
    ...lines.map(({ series, cells }) => tableLine(`  ${series}`, cells.map(measuredCell))),
    ...(overNaive.length === 0 ? [] : [
      tableLine("  segstream over naive", overNaive.map((ratio) => ratio ? times(ratio) : "")),
    ]),
  ];
}

/** The sizes of named resolutions; nothing where the names are the sizes. */
function sizeLine(columns: readonly BenchResolution[]): string[] {
  const sizes = columns.map(({ size }) => formatSize(size));
  return columns.every(({ name }, i) => name === sizes[i]) ? [] : [tableLine("", sizes)];
}

function paperTable({ columns }: Pivot, paint: Paint): string[] {
  const figures = (line: PaperFigures) => columns.map(({ name }) => line.byResolution[name]);
  if (columns.every(({ name }) => PAPER_ACCURACY.byResolution[name] === undefined)) return [];
  const line = (each: PaperFigures, unit: string) =>
    paint.dim(tableLine(
      `  ${each.series}`,
      figures(each).map((value) => value === undefined ? "" : aside(`${value.toFixed(1)}${unit}`)),
    ));
  return [
    paint.dim("the paper's:"),
    ...PAPER_FPS.map((each) => line(each, "")),
    line(PAPER_ACCURACY, "%"),
  ];
}

/** CPU time of each stage and, beside it, what the clock showed. */
function billTable(
  report: BenchReport,
  columns: readonly BenchResolution[],
  paint: Paint,
): string[] {
  const bills = columns.map(({ name }) =>
    report.bills.find(({ resolution }) => resolution.name === name)?.report
  );
  const cells = (cell: (run: NonNullable<typeof bills[number]>) => string) =>
    bills.map((run) => run === undefined ? "" : cell(run));
  return [
    paint.bold(tableLine("A frame, CPU ms (median ms)", columns.map(({ name }) => name))),
    ...STAGES.map((stage) =>
      tableLine(
        `  ${stage}`,
        cells(({ cpuMs, stages }) => {
          const cost = stage === "wait" || stage === "order" ? undefined : cpuMs[stage];
          return `${cost === undefined ? "" : cost.toFixed(2)} (${stages[stage].p50.toFixed(1)})`;
        }),
      )
    ),
    tableLine("  main thread", cells(({ cpuMs }) => cpuMs.transfer?.toFixed(2) ?? "")),
    tableLine(
      "  latency p50/p95/p99",
      cells(({ latency }) =>
        [latency.p50, latency.p95, latency.p99].map((ms) => ms.toFixed(0)).join("/")
      ),
    ),
    tableLine("  efficiency", cells(({ efficiency }) => efficiency?.toFixed(2) ?? "")),
    tableLine(
      "  peak memory, MiB",
      columns.map(({ name }) => {
        const row = report.rows.find(({ id }) => id === `video/memory/${name}`);
        return row === undefined ? "" : row.median.toFixed(0);
      }),
    ),
  ];
}

function otherRows({ rows }: BenchReport): string[] {
  return rows.filter(({ part }) => part === "other").map((row) =>
    `${rowName(row)}: ${figure(row.median)} ${row.unit}` +
    (row.adapter === undefined ? "" : `, ${row.adapter}`)
  );
}

function goalTable(goals: readonly Goal[], paint: Paint): string[] {
  if (goals.length === 0) return [];
  const width = Math.max(...goals.map(({ name }) => name.length));
  return [
    paint.bold("Goals"),
    ...goals.map((goal) => {
      const value = goalFigure(goal.value, goal.unit).padStart(8);
      const bound = `${goal.wanted} ${goalFigure(goal.target, goal.unit)}`;
      const line = `  ${goal.name.padEnd(width)}${value}  ${bound.padEnd(16)}`;
      return goal.isMet ? line + paint.good("met") : line + paint.warn("missed");
    }),
  ];
}

function verdictLine(rows: readonly ComparedRow[]): string {
  const counts = Map.groupBy(rows, ({ verdict }) => verdict);
  const parts = [...counts].map(([verdict, { length }]) => `${length} ${verdict}`);
  return `${rows.length} rows: ${parts.join(", ") || "none in both reports"}`;
}

function tableLine(label: string, cells: readonly string[]): string {
  return (label.padEnd(LABEL_WIDTH) + cells.map((cell) => cell.padStart(CELL_WIDTH)).join(""))
    .trimEnd();
}

function measuredCell(row: BenchRow | undefined): string {
  if (row === undefined) return "";
  const mark = row.cores?.isDisturbed ? "*" : " ";
  return `${figure(row.median)}${mark}${`±${percent(row.spread / 2)}`.padStart(4)}`;
}

function figure(value: number): string {
  return value.toFixed(Math.abs(value) < 1 ? 3 : Math.abs(value) < 1000 ? 1 : 0);
}

function times(ratio: number): string {
  return aside(`${ratio.toFixed(1)}×`);
}

/** Leaves the place of a spread free, so that figures stand below each other. */
function aside(text: string): string {
  return text + " ".repeat(/[×%]$/.test(text) ? 4 : 5);
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}

function widthOf({ columns = 100 }: BenchTextOptions): number {
  return Math.max(40, Math.min(100, columns));
}

interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  warn(text: string): string;
}

function painter(colour: boolean): Paint {
  const wrap = (on: number, off: number) => (text: string) =>
    colour && text !== "" ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return { bold: wrap(1, 22), dim: wrap(2, 22), good: wrap(32, 39), warn: wrap(33, 39) };
}
