import { formatSize } from "../frame/geometry.ts";
import { type Stage, STAGES } from "../frame/timing.ts";
import type { Side } from "./bound.ts";
import type { Summary } from "./histogram.ts";
import type { RunReport } from "./run_report.ts";

/** How {@link formatTable} prints. */
export interface TableOptions {
  /** Width of the terminal; 80 by default. The figures take 80, sentences 100 at most. */
  readonly columns?: number;
  /** Whether to use ANSI colours; none by default. See {@link wantsColour}. */
  readonly colour?: boolean;
}

/** Whether text on a stream should be coloured: it is a terminal and NO_COLOR is not set. */
export function wantsColour(stream: { isTerminal(): boolean }): boolean {
  return stream.isTerminal() && !Deno.noColor;
}

/**
 * The run for a person at a terminal: what ran, milliseconds a frame by stage with a bar for how
 * busy each is, and what bounds the run. Ends without a line break.
 */
export function formatTable(report: RunReport, options: TableOptions = {}): string {
  const columns = Math.max(40, Math.min(options.columns ?? 80, 100));
  const paint = options.colour === true ? ansi : plain;
  const lines = [
    ...flow(headline(report), ", ", columns).map(paint.bold),
    ...flow(setting(report), " · ", columns).map(paint.dim),
    "",
    paint.dim(HEADING),
    ...STAGES.map((stage) => {
      const line = stageRow(report, stage);
      const bounds = report.bound !== undefined && sideOf(stage) === report.bound;
      return bounds ? paint.bound(line) : line;
    }),
    paint.bold(row("latency", report.latency, undefined)),
    "",
    ...flow(resources(report), " · ", columns).map(paint.dim),
    ...reused(report),
    ...replaced(report),
    ...flow(report.boundBy.split(WORD_BREAK), " ", columns),
  ];
  return lines.join("\n");
}

/** A space, but not the one between an option and its value. */
const WORD_BREAK = /(?<!--\S+) /;
const NAME_WIDTH = 10;
const COLUMN_WIDTH = 9;
const BUSY_AT = NAME_WIDTH + 5 * COLUMN_WIDTH;
const BAR_WIDTH = 12;
const HEADING = "ms a frame".padEnd(NAME_WIDTH) +
  ["p50", "p95", "p99", "mean", "CPU"].map((name) => name.padStart(COLUMN_WIDTH)).join("") +
  "busy".padStart(7);

function headline(report: RunReport): string[] {
  const parts = [
    `${plural(report.frames, "frame")} at ${report.fps.toFixed(1)} fps`,
    `${report.fpsWithStartup.toFixed(1)} with start-up`,
  ];
  if (report.firstFrameMs !== undefined) {
    parts.push(`first after ${(report.firstFrameMs / 1000).toFixed(2)} s`);
  }
  return [...parts, dropped(report)];
}

function setting({ facts }: RunReport): string[] {
  const arithmetic = facts.precision === undefined ? "" : ` in ${facts.precision}`;
  const parts = [
    `${facts.model} at ${formatSize(facts.modelSize)} on ${facts.provider}${arithmetic}`,
    `${formatSize(facts.sourceSize)} frames`,
    `${plural(facts.workers, "worker")}, ${plural(facts.cores, "core")}`,
  ];
  if (facts.ffmpegVersion !== undefined) parts.push(`ffmpeg ${facts.ffmpegVersion}`);
  return parts;
}

function stageRow(report: RunReport, stage: Stage): string {
  const cpuMs = stage === "wait" || stage === "order" ? undefined : report.cpuMs[stage];
  const line = row(stage, report.stages[stage], cpuMs);
  const share = stageShare(report, stage);
  if (share === undefined) return line;
  return `${line.padEnd(BUSY_AT)}${percent(share).padStart(7)} ${bar(share, BAR_WIDTH)}`.trimEnd();
}

/** The share of the time that a stage's side spent in it. */
function stageShare({ busy, stages }: RunReport, stage: Stage): number | undefined {
  const side = sideOf(stage);
  if (side === undefined) return undefined;
  if (side !== "workers") return busy[side];
  const { prepare, infer, label, blend } = stages;
  const work = prepare.mean + infer.mean + label.mean + blend.mean;
  return work === 0 ? 0 : busy.workers * stages[stage].mean / work;
}

function sideOf(stage: Stage): Side | undefined {
  if (stage === "wait" || stage === "order") return undefined;
  return stage === "decode" || stage === "encode" ? stage : "workers";
}

function row(name: string, wall: Summary, cpuMs: number | undefined): string {
  const cells = [wall.p50, wall.p95, wall.p99, wall.mean].map(milliseconds);
  const cpu = cpuMs === undefined ? "" : milliseconds(cpuMs);
  return [name.padEnd(NAME_WIDTH), ...[...cells, cpu].map((cell) => cell.padStart(COLUMN_WIDTH))]
    .join("").trimEnd();
}

function resources(report: RunReport): string[] {
  const { cpuMs, cpuBoundFps, efficiency, facts } = report;
  const parts = [`peak memory ${Math.round(report.peakRssBytes / 2 ** 20)} MiB`];
  if (cpuMs.transfer !== undefined) {
    parts.push(`moving a frame costs ${milliseconds(cpuMs.transfer)} ms of CPU`);
  }
  if (cpuBoundFps !== undefined && efficiency !== undefined) {
    parts.push(
      `efficiency ${efficiency.toFixed(2)}: ${plural(facts.cores, "core")} can do ` +
        `${cpuBoundFps.toFixed(1)} fps`,
    );
  }
  return parts;
}

function dropped({ drops }: RunReport): string {
  const reasons = Object.entries(drops);
  if (reasons.length === 0) return "none dropped";
  const total = reasons.reduce((sum, [, count]) => sum + count, 0);
  return `${total} dropped (${reasons.map(([reason, count]) => `${reason}: ${count}`).join(", ")})`;
}

/** A line for each reason that there was. */
function reused({ reused, frames }: RunReport): string[] {
  const lines: string[] = [];
  if (reused?.every) lines.push(`${reused.every} of ${frames} frames between: map reused`);
  if (reused?.still) lines.push(`${reused.still} of ${frames} frames still: map reused`);
  return lines;
}

function replaced({ replacedWorkers: count }: RunReport): string[] {
  if (count === undefined) return [];
  const verb = count === 1 ? "was" : "were";
  return [`${plural(count, "worker")} failed and ${verb} replaced; no frame was lost`];
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, share) * width * 8);
  return "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!;
}

/** At most eight characters, two decimals where there is room. */
function milliseconds(value: number): string {
  return value.toFixed(value < 1000 ? 2 : value < 100_000 ? 1 : 0);
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Joins the parts and breaks lines between them; a part longer than a line is broken at will. */
function flow(parts: readonly string[], separator: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  parts.forEach((part, at) => {
    const piece = at < parts.length - 1 ? part + separator : part;
    if (line !== "" && (line + piece).trimEnd().length > columns) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += piece;
    while (line.trimEnd().length > columns) {
      lines.push(line.slice(0, columns));
      line = line.slice(columns);
    }
  });
  return [...lines, line];
}

interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  bound(text: string): string;
}

const plain: Paint = { bold: (text) => text, dim: (text) => text, bound: (text) => text };
const ansi: Paint = {
  bold: (text) => `\x1b[1m${text}\x1b[22m`,
  dim: (text) => `\x1b[2m${text}\x1b[22m`,
  bound: (text) => `\x1b[33m${text}\x1b[39m`,
};
