/** The fps report as one page that needs nothing beside itself: styles, charts and data are in it. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { formatSize } from "../frame/geometry.ts";
import { chartsOf } from "./bench_charts.ts";
import type { Comparison } from "./bench_comparison.ts";
import {
  billTable,
  comparisonTable,
  fpsTable,
  line,
  networksTable,
  paperLines,
} from "./bench_page_tables.ts";
import { billBars, stageLegend, waterfall } from "./bench_pictures.ts";
import { type Pivot, pivotFps } from "./bench_pivot.ts";
import type { BenchReport } from "./bench_report.ts";
import { describeCorrections, goalFigure, header } from "./bench_text.ts";
import { html, jsonForScript, Markup } from "./html.ts";

/** What `benchPage()` of the library does; it is documented there. */
export async function benchPage(report: BenchReport, comparison?: Comparison): Promise<string> {
  const [style, script, uplot] = await Promise.all([
    readAsset("style.css"),
    readAsset("charts.js"),
    readUplot(),
  ]);
  const charts = chartsOf(report);
  const page = html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>segstream bench, ${report.date.slice(0, 10)}</title>
        <link rel="icon" href="data:,">
        <style>${new Markup(uplot.style)}${new Markup(style)}</style>
      </head>
      <body>
        <main>
    ${heading(report)}
    ${report.warnings.length > 0 && warnings(report.warnings)}
    ${keyFigures(report)}
    ${comparison !== undefined && comparisonSection(comparison)}
    ${networkSection(report)}
    ${networksSection(report)}
    ${videoSection(report)}
    ${timelineSection(report)}
    ${goalSection(report)}
    ${steadinessSection(charts.some(({ id }) => id === "chart-steadiness"))}
    ${environmentSection(report)}
        </main>
        <script>${new Markup(uplot.script)}</script>
        <script type="application/json" id="charts">${jsonForScript(charts)}</script>
        <script>${new Markup(script)}</script>
      </body>
    </html>
  `;
  return page.toString();
}

function heading(report: BenchReport): Markup {
  const [machine] = header(report);
  return html`
    <header>
      <p class="product">segstream bench</p>
      <h1>${machine}</h1>
      <p class="date">${report.date.slice(0, 16).replace("T", " ")} UTC, ${report.protocol.isQuick
        ? "a quick look"
        : "the full protocol"}, ${Math.round(report.seconds)} s</p>
    </header>
  `;
}

function warnings(lines: readonly string[]): Markup {
  return html`<aside class="warning">${lines.map((line) => html`<p>${line}</p>`)}</aside>`;
}

/** The few numbers that people ask for first, of the middle resolution. */
function keyFigures(report: BenchReport): Markup {
  const network = pivotFps(report, "network");
  const video = pivotFps(report, "video");
  const column = ({ columns }: Pivot) => {
    const half = columns.findIndex(({ name }) => name === "half");
    return half === -1 ? columns.length - 1 : half;
  };
  const fastest = (pivot: Pivot) =>
    Math.max(...pivot.lines.map(({ cells }) => cells[column(pivot)]?.median ?? 0));
  const figures: (readonly [value: string, caption: string])[] = [];
  for (const [pivot, what] of [[video, "file to file"], [network, "the network alone"]] as const) {
    if (pivot === undefined) continue;
    const { name, size } = pivot.columns[column(pivot)]!;
    const place = name === formatSize(size) ? name : `${name}, ${formatSize(size)}`;
    figures.push([`${fastest(pivot).toFixed(1)} fps`, `${what} at ${place}`]);
    const ratio = pivot.overNaive[column(pivot)];
    if (ratio !== undefined) figures.push([`${ratio.toFixed(1)}×`, `the naive way, ${what}`]);
  }
  return html`<section class="figures">${
    figures.map(([value, caption]) =>
      html`<div class="figure"><strong>${value}</strong><span>${caption}</span></div>`
    )
  }</section>`;
}

function networkSection(report: BenchReport): Markup | undefined {
  const pivot = pivotFps(report, "network");
  if (pivot === undefined) return undefined;
  const { burnIn, runs } = report.protocol;
  return html`<section><h2>The network alone</h2>
<p>Forward pass to a class map of the input's size, batch 1: ${runs} runs or more after ${burnIn} of
burn-in, as the paper does it. A figure with * lacked a core. <em>cls</em> gives a class for every pixel, <em>prob</em> its probability too;
<em>naive</em> upsamples and labels inside the graph, on one thread.</p>
<div class="chart" id="chart-speed"></div>
${fpsTable(pivot, paperLines(pivot))}</section>`;
}

function networksSection(report: BenchReport): Markup | undefined {
  if (report.networks === undefined || report.networks.length === 0) return undefined;
  return html`<section><h2>Beside other networks</h2>
<p>The networks of the paper's Table 5 here: forward pass from the RGB image to the logits at each
network's own stride, batch 1, one worker. Fast-SCNN has the model's weights, the others random ones:
speed does not depend on them.</p>
<div class="chart" id="chart-networks"></div>
${networksTable(report.networks, report.rows)}</section>`;
}

function videoSection(report: BenchReport): Markup | undefined {
  const pivot = pivotFps(report, "video");
  if (pivot === undefined) return undefined;
  return html`<section><h2>From file to file</h2>
<p>Decoded, segmented, tinted and encoded again. <em>naive</em> converts to RGB and takes frame after
frame on one thread.</p>
${fpsTable(pivot)}
<h3>What a frame costs, in CPU time</h3>
${billBars(report.bills)}
${billTable(report)}
<dl class="bounds">${
    report.bills.map(({ resolution, report }) =>
      html`
        <dt>${resolution.name}</dt>
        <dd>${report.boundBy}</dd>
      `
    )
  }</dl></section>`;
}

function timelineSection({ timeline }: BenchReport): Markup | undefined {
  if (timeline === undefined) return undefined;
  return html`<section class="wide"><h2>Twenty frames, stage by stage</h2>
<p>From the middle of a run at ${timeline.resolution.name}; a lane for each thread. The number is the
frame's.</p>
${stageLegend(["decode", "prepare", "infer", "label", "blend", "encode"])}
${waterfall(timeline)}
<h3>Every frame of that run</h3>
<div class="chart" id="chart-latency"></div></section>`;
}

function goalSection({ goals }: BenchReport): Markup | undefined {
  if (goals.length === 0) return undefined;
  const lines = goals.map(({ name, value, unit, target, wanted, isMet }) =>
    line("", name, [
      goalFigure(value, unit),
      `${wanted} ${goalFigure(target, unit)}`,
      html`<span class="${isMet ? "good" : "bad"}">${isMet ? "met" : "missed"}</span>`,
    ])
  );
  return html`
    <section>
      <h2>Goals</h2>
      <table>
        <tbody>${lines}</tbody>
      </table>
    </section>
  `;
}

function steadinessSection(hasChart: boolean): Markup | false {
  return hasChart && html`
    <section>
      <h2>How steady the machine was</h2>
      <p>Each point is one sample against the median of its row; the dashed lines are the same
    arithmetic, timed again between the rounds. What moves together was the machine.</p>
      <div class="chart" id="chart-steadiness"></div>
    </section>
  `;
}

function comparisonSection({ rows, date, differences }: Comparison): Markup {
  const changed = rows.filter(({ verdict }) => verdict !== "within noise");
  const same = rows.filter(({ verdict }) => verdict === "within noise");
  return html`<section><h2>Compared with ${date.slice(0, 16).replace("T", " ")}</h2>
${differences.map((line) => html`<p class="difference">differs in ${line}</p>`)}
${describeCorrections(rows).map((line) => html`<p class="difference">${line}</p>`)}
${changed.length > 0 && comparisonTable(changed)}
<details><summary>${same.length} of ${rows.length} rows are within the noise</summary>${
    same.length > 0 && comparisonTable(same)
  }</details></section>`;
}

function environmentSection(report: BenchReport): Markup {
  const { environment: e, notes, protocol } = report;
  const gibibytes = e.memoryBytes === undefined
    ? "unknown"
    : `${(e.memoryBytes / 2 ** 30).toFixed(0)} GiB`;
  const entries: readonly (readonly [string, string])[] = [
    ["processor", `${e.cpu}, ${e.cores} logical cores`],
    ["memory", gibibytes],
    ["system", e.platform],
    ["provider", e.adapter === undefined ? e.provider : `${e.provider}; ${e.adapter}`],
    ["segstream", e.segstream],
    ["Deno", e.deno],
    ["ONNX Runtime", e.onnxRuntime],
    ["ffmpeg", e.ffmpeg],
    ["model", e.model],
    ["its SHA-256", e.modelSha256],
    ["input", e.input],
    [
      "protocol",
      `${protocol.rounds} bursts of ${protocol.runs / protocol.rounds} passes or more after ` +
      `${protocol.burnIn}; ${protocol.videoRounds} runs from file to file; rows take turns; ` +
      "medians, ± half the interquartile range",
    ],
  ];
  return html`<section><h2>Where and how</h2><dl class="environment">${
    entries.map(([name, value]) =>
      html`
        <dt>${name}</dt>
        <dd>${value}</dd>
      `
    )
  }</dl>${notes.map((note) => html`<p class="note">${note}</p>`)}</section>`;
}

function readAsset(name: string): Promise<string> {
  return Deno.readTextFile(new URL(`./bench_page/${name}`, import.meta.url));
}

/** The charts' library, from its package. */
async function readUplot(): Promise<{ readonly script: string; readonly style: string }> {
  const manifest = createRequire(import.meta.url).resolve("uplot/package.json");
  const read = (name: string) => Deno.readTextFile(join(dirname(manifest), "dist", name));
  return { script: await read("uPlot.iife.min.js"), style: await read("uPlot.min.css") };
}
