/** The tables of the page. */
import { formatSize } from "../frame/geometry.ts";
import { STAGES } from "../frame/timing.ts";
import type { Comparison } from "./bench_comparison.ts";
import { ratioMark } from "./bench_pictures.ts";
import { columnsOf, type Pivot } from "./bench_pivot.ts";
import type { BenchReport, BenchRow, ComparedNetwork } from "./bench_report.ts";
import { isImprovement, rowName } from "./bench_text.ts";
import { html, type Insertable, type Markup } from "./html.ts";
import { cardOf } from "./network_table.ts";
import { PAPER_ACCURACY, PAPER_FPS } from "./paper.ts";
import type { RunReport } from "./run_report.ts";

/** Frames a second: a line for each series, and segstream's best over the naive way's. */
export function fpsTable({ columns, lines, overNaive }: Pivot, paper: Insertable = []): Markup {
  const heads = columns.map(({ name, size }) => {
    const text = formatSize(size);
    return html`<th>${name}${text !== name && html`<small>${text}</small>`}</th>`;
  });
  const rows = lines.map(({ series, cells }) => line("", series, cells.map(fpsCell)));
  const ratios = overNaive.map((ratio) => ratio !== undefined && `${ratio.toFixed(1)}×`);
  return html`
    <table class="columns">
      <thead>
        <tr><th>frames a second</th>${heads}</tr>
      </thead>
      <tbody>${rows}${ratios.length > 0 &&
        line("ratio-line", "segstream over naive", ratios)}${paper}</tbody>
    </table>
  `;
}

/** The published figures as lines of {@link fpsTable}; none where no resolution is the paper's. */
export function paperLines({ columns }: Pivot): Insertable {
  if (columns.every(({ name }) => PAPER_ACCURACY.byResolution[name] === undefined)) return [];
  return [...PAPER_FPS, PAPER_ACCURACY].map(({ series, source, byResolution }) => {
    const unit = series === PAPER_ACCURACY.series ? "%" : "";
    const cells = columns.map(({ name }) => {
      const value = byResolution[name];
      return value !== undefined && `${value.toFixed(1)}${unit}`;
    });
    return line("paper", html`paper: ${series} <small>${source}</small>`, cells);
  });
}

/** The networks side by side: frames a second here and published, parameters and operations. */
export function networksTable(
  networks: readonly ComparedNetwork[],
  rows: readonly BenchRow[],
): Markup {
  const columns = columnsOf(rows.filter(({ part }) => part === "networks"));
  const millions = (value: number | undefined) =>
    value !== undefined && `${(value / 1e6).toFixed(2)} M`;
  const heads = [
    ...columns.map(({ name }) => html`<th>${name}</th>`),
    ...["paper, full", "parameters", "published"].map((head) => html`<th>${head}</th>`),
    ...columns.slice(-1).map(({ name }) => html`<th>GMAC<small>${name}</small></th>`),
  ];
  const lines = networks.map(({ title, macs, parameters, publishedParameters, ...published }) => {
    const fps = columns.map(({ name }) =>
      fpsCell(rows.find((row) => row.series === title && row.resolution?.name === name))
    );
    const paper = published.publishedFps["full"];
    return line("", title, [
      ...fps,
      paper !== undefined && html`${paper.toFixed(1)} <small>${cardOf(published.device)}</small>`,
      millions(parameters),
      millions(publishedParameters),
      ...columns.slice(-1).map(({ name }) => ((macs[name] ?? 0) / 1e9).toFixed(2)),
    ]);
  });
  return html`
    <table>
      <thead>
        <tr><th>frames a second</th>${heads}</tr>
      </thead>
      <tbody>${lines}</tbody>
    </table>
  `;
}

/** What a frame costs at each resolution: CPU time, and beside it the median on the clock. */
export function billTable({ bills, rows }: BenchReport): Markup {
  const heads = bills.map(({ resolution }) => html`<th>${resolution.name}</th>`);
  const each = (name: string, cell: (run: RunReport) => Insertable) =>
    line("", name, bills.map(({ report }) => cell(report)));
  const memory = bills.map(({ resolution }) => {
    const row = rows.find(({ id }) => id === `video/memory/${resolution.name}`);
    return row !== undefined && `${row.median.toFixed(0)} MiB`;
  });
  const fixed = (value: number | undefined, digits: number, unit = "") =>
    value !== undefined && `${value.toFixed(digits)}${unit}`;
  const clock = (ms: number) => html`<small>${ms.toFixed(1)}</small>`;
  return html`
    <table class="columns">
      <thead>
        <tr><th>CPU ms <small>median ms on the clock</small></th>${heads}</tr>
      </thead>
      <tbody>${STAGES.map((stage) =>
        each(stage, ({ cpuMs, stages }) => {
          const cost = stage === "wait" || stage === "order" ? undefined : cpuMs[stage];
          return html`${fixed(cost, 2)} ${clock(stages[stage].p50)}`;
        })
      )}${each(
        "moving frames (main thread)",
        ({ cpuMs }) => html`${fixed(cpuMs.transfer, 2)} <small></small>`,
      )}${each(
        "latency, p50 / p95 / p99",
        ({ latency: { p50, p95, p99 } }) =>
          `${[p50, p95, p99].map((ms) => ms.toFixed(0)).join(" / ")} ms`,
      )}${each("what the cores allow", ({ cpuBoundFps }) => fixed(cpuBoundFps, 1, " fps"))}${each(
        "efficiency",
        ({ efficiency }) => fixed(efficiency, 2),
      )}${line("", "peak memory", memory)}</tbody>
    </table>
  `;
}

/** Rows in both reports. */
export function comparisonTable(rows: Comparison["rows"]): Markup {
  const heads = ["", "before", "now", "ratio", "½ … 2, noise shaded", ""];
  return html`
    <table>
      <thead>
        <tr>${heads.map((head) => html`<th>${head}</th>`)}</tr>
      </thead>
      <tbody>${rows.map((row) => {
        const { before, after, ratio, verdict } = row;
        const tone = verdict === "within noise" ? "muted" : isImprovement(row) ? "good" : "bad";
        return line("", rowName(after), [
          before.median.toFixed(1),
          `${after.median.toFixed(1)} ${after.unit}`,
          `${ratio.toFixed(2)}×`,
          ratioMark(row),
          html`<span class="${tone}">${verdict}</span>`,
        ]);
      })}</tbody>
    </table>
  `;
}

/** One line of a table; a new line of the source after it. */
export function line(style: string, name: Insertable, cells: readonly Insertable[]): Markup {
  const data = cells.map((cell) => html`<td>${cell}</td>`);
  return html`
    <tr class="${style}"><th>${name}</th>${data}</tr>
  `;
}

function fpsCell(row: BenchRow | undefined): Insertable {
  if (row === undefined) return undefined;
  const isSoftware = row.adapter?.includes("software") ?? false;
  const spread = html`<small>±${Math.round(50 * row.spread)}%</small>`;
  const value = `${row.median.toFixed(1)}${row.cores?.isDisturbed ? "*" : ""}`;
  return isSoftware
    ? html`<span class="software" title="${row.adapter}">${value}</span> ${spread}`
    : html`${value} ${spread}`;
}
