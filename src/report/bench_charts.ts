/** The data of the page's charts, in the form that bench_page/charts.js draws. */
import type { BenchReport, BenchRow, Measurement, Sample } from "./bench_report.ts";
import { columnsOf } from "./bench_pivot.ts";
import { PAPER_FPS } from "./paper.ts";

/** A value on an axis and how it is written. */
export type Tick = readonly [value: number, label: string];

/** One line or cloud of points. */
export interface ChartSeries {
  readonly label: string;
  /** A custom property of the style sheet, such as "--c1". */
  readonly colour: string;
  readonly shape: "line" | "dashed" | "points";
  /** By x; null where there is none. */
  readonly values: readonly (number | null)[];
}

/** One chart. */
export interface Chart {
  /** Of the element it is drawn into. */
  readonly id: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly isLogarithmic: boolean;
  /** Chosen by the chart where they are absent. */
  readonly xTicks?: readonly Tick[];
  readonly unit: string;
  /** In ascending order. */
  readonly x: readonly number[];
  readonly series: readonly ChartSeries[];
}

/** Every chart that the report has data for. */
export function chartsOf(report: BenchReport): Chart[] {
  return [
    speedChart(report),
    networksChart(report),
    latencyChart(report),
    steadinessChart(report),
  ].filter((chart) => chart !== undefined);
}

/** Frames a second of segstream against pixels, beside the paper's cards. */
function speedChart({ rows }: BenchReport): Chart | undefined {
  const drawn = rows.filter((row) => row.part !== "networks" && isDrawn(row));
  const chart = speedOf("chart-speed", drawn);
  if (chart === undefined) return undefined;
  const columns = columnsOf(drawn);
  const paper = PAPER_FPS.filter(({ series }) => series.startsWith("cls")).map((
    { series, byResolution },
    i,
  ): ChartSeries => ({
    label: `paper: ${series}`,
    colour: i === 0 ? "--soft" : "--muted",
    shape: "dashed",
    values: columns.map(({ name }) => byResolution[name] ?? null),
  })).filter(({ values }) => values.some((value) => value !== null));
  return { ...chart, series: [...chart.series, ...paper] };
}

/** Frames a second of the networks that were compared, against pixels. */
function networksChart({ rows }: BenchReport): Chart | undefined {
  return speedOf("chart-networks", rows.filter(({ part }) => part === "networks"));
}

/** Frames a second against pixels: a line for each series of the rows. */
function speedOf(id: string, rows: readonly BenchRow[]): Chart | undefined {
  const speeds = rows.filter(({ unit }) => unit === "fps");
  const columns = columnsOf(speeds);
  if (columns.length === 0) return undefined;
  return {
    id,
    xLabel: "pixels of the network's input",
    yLabel: "frames a second",
    isLogarithmic: true,
    xTicks: columns.map(({ name, size }) => [size.width * size.height, name]),
    unit: "fps",
    x: columns.map(({ size }) => size.width * size.height),
    series: [...new Set(speeds.map(lineName))].map((label, i): ChartSeries => ({
      label,
      colour: `--c${i % 8 + 1}`,
      shape: "line",
      values: columns.map(({ name }) =>
        speeds.find((row) => lineName(row) === label && row.resolution?.name === name)?.median ??
          null
      ),
    })),
  };
}

/** Lines enough to read: of the slower variants the table tells. */
function isDrawn({ id }: BenchRow): boolean {
  return !/^network\/prob(-int8)?\/[^/]+\/1\/|^video\/fps\/1\//.test(id);
}

function lineName({ part, series }: BenchRow): string {
  return part === "video" ? `file to file: ${series}` : series;
}

/** What each frame of the recorded run waited for. */
function latencyChart({ timeline }: BenchReport): Chart | undefined {
  if (timeline === undefined) return undefined;
  const frames = Map.groupBy(timeline.spans, ({ frame }) => frame);
  const x = [...frames.keys()].toSorted((a, b) => a - b);
  const stage = (name: string) =>
    x.map((frame) => {
      const span = frames.get(frame)!.find((each) => each.stage === name);
      return span === undefined ? 0 : span.endMs - span.beginMs;
    });
  const latency = x.map((frame) => {
    const spans = frames.get(frame)!;
    const ready = spans.find((each) => each.stage === "decode")?.endMs;
    return ready === undefined ? null : Math.max(...spans.map(({ endMs }) => endMs)) - ready;
  });
  const line = (label: string, colour: string, values: readonly (number | null)[]) =>
    ({ label, colour, shape: "line", values }) as const;
  return {
    id: "chart-latency",
    xLabel: "frame",
    yLabel: "milliseconds",
    isLogarithmic: false,
    unit: "ms",
    x,
    series: [
      line("latency: ready to written", "--c1", latency),
      line("waiting for a worker", "--c4", stage("wait")),
      line("inference", "--infer", stage("infer")),
      line("handed to the encoder", "--encode", stage("encode")),
    ],
  };
}

/** Every sample against the median of its row: what the machine did while it was measured. */
function steadinessChart(
  { rows, calibration, calibrationOfAllCores }: BenchReport,
): Chart | undefined {
  const repeated = rows.filter(({ samples }) => samples.length > 1);
  if (repeated.length === 0) return undefined;
  const clouds: readonly (readonly [string, string, readonly Sample[]])[] = [
    ["network alone", "--c1", deviations(repeated.filter(({ part }) => part === "network"))],
    ["file to file", "--c3", deviations(repeated.filter(({ part }) => part === "video"))],
    ["pace of one core", "--muted", paceOf(calibration)],
    ["pace of all cores", "--soft", calibrationOfAllCores ? paceOf(calibrationOfAllCores) : []],
  ];
  const x = [...new Set(clouds.flatMap(([, , samples]) => samples.map(({ atMs }) => atMs)))]
    .toSorted((a, b) => a - b);
  return {
    id: "chart-steadiness",
    xLabel: "seconds since the benchmark began",
    yLabel: "% off the row's median",
    isLogarithmic: false,
    unit: "%",
    x: x.map((atMs) => atMs / 1000),
    series: clouds.filter(([, , samples]) => samples.length > 0).map(([label, colour, samples]) => {
      const byTime = new Map(samples.map(({ atMs, value }) => [atMs, value]));
      return {
        label,
        colour,
        shape: colour.startsWith("--c") ? "points" : "dashed",
        values: x.map((atMs) => byTime.get(atMs) ?? null),
      };
    }),
  };
}

/** More milliseconds are a slower machine, drawn downwards as fewer frames a second are. */
function paceOf({ samples, median }: Measurement): Sample[] {
  return samples.map(({ atMs, value }) => ({ atMs, value: 100 * (median / value - 1) }));
}

/** Rows of one burst share their moment, so each is moved on by a little. */
function deviations(rows: readonly BenchRow[]): Sample[] {
  return rows.filter(({ unit }) => unit === "fps").flatMap(({ samples, median }) =>
    samples.map(({ atMs, value }) => ({ atMs, value: 100 * (value / median - 1) }))
  );
}
