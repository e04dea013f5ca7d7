/** The pictures of the page that need no script: the waterfall, the bills, the comparison's marks. */
import { STAGES } from "../frame/timing.ts";
import type { ComparedRow } from "./bench_comparison.ts";
import type { Bill, Span, Timeline } from "./bench_report.ts";
import { html, type Markup } from "./html.ts";

/** Frames that the waterfall shows. */
const WATERFALL_FRAMES = 20;

const WIDTH = 1000;
const LANE_LABEL = 78;
const LANE_HEIGHT = 30;
const BAR_HEIGHT = 20;
const AXIS_HEIGHT = 26;

/** The stages of some frames from the middle of a run: a lane for each thread that works on them. */
export function waterfall({ spans }: Timeline): Markup {
  const shown = middleFrames(spans);
  const lanes = [...new Set(shown.map(({ lane }) => lane))].toSorted(byFlow);
  const begin = Math.min(...shown.map(({ beginMs }) => beginMs));
  const end = Math.max(...shown.map(({ endMs }) => endMs));
  const scale = (WIDTH - LANE_LABEL - 8) / (end - begin);
  const x = (ms: number) => round(LANE_LABEL + (ms - begin) * scale);
  const height = lanes.length * LANE_HEIGHT + AXIS_HEIGHT;
  const ticks = niceTicks(end - begin, 8);
  return html`
    <svg class="waterfall" viewBox="0 0 ${WIDTH} ${height}" role="img"
      aria-label="Stages of ${WATERFALL_FRAMES} frames by worker">
        ${ticks.map((ms) =>
          html`
            <line class="grid" x1="${x(begin + ms)}" x2="${x(begin + ms)}" y1="0"
              y2="${height - AXIS_HEIGHT + 4}" />
            <text class="tick" x="${x(begin + ms)}"
              y="${height - 6}">${ms} ms</text>
          `
        )}
        ${lanes.map((lane, i) =>
          html`<text class="lane" x="0" y="${i * LANE_HEIGHT + 19}">${lane}</text>`
        )}
        ${shown.map((span) =>
          waterfallBar(span, {
            x: x(span.beginMs),
            y: lanes.indexOf(span.lane) * LANE_HEIGHT + (LANE_HEIGHT - BAR_HEIGHT) / 2,
            width: Math.max(0.6, round((span.endMs - span.beginMs) * scale)),
          })
        )}
      </svg>
  `;
}

function waterfallBar(
  { frame, stage, beginMs, endMs }: Span,
  { x, y, width }: { x: number; y: number; width: number },
): Markup {
  const title = `frame ${frame}, ${stage}: ${(endMs - beginMs).toFixed(2)} ms`;
  const isLabelled = width > 18 && stage === "infer";
  return html`<g class="${frame % 2 === 0 ? "even" : "odd"}"><rect class="bar ${stage}" x="${x}"
    y="${y}" width="${width}" height="${BAR_HEIGHT}"><title>${title}</title></rect>${
    isLabelled &&
    html`<text class="frame" x="${round(x + width / 2)}" y="${y + 14}">${frame}</text>`
  }</g>`;
}

/** Those in the middle, where the run is steady; the waits between the lanes are left out. */
function middleFrames(spans: readonly Span[]): Span[] {
  const working = spans.filter(({ stage }) => stage !== "wait" && stage !== "order");
  const frames = [...new Set(working.map(({ frame }) => frame))].toSorted((a, b) => a - b);
  const first = Math.max(0, Math.floor((frames.length - WATERFALL_FRAMES) / 2));
  const kept = new Set(frames.slice(first, first + WATERFALL_FRAMES));
  return working.filter(({ frame }) => kept.has(frame));
}

/** The decoder, the workers by number, the encoder. */
function byFlow(a: string, b: string): number {
  const rank = (lane: string) =>
    lane.startsWith("decode") ? -1 : lane.startsWith("encode") ? Infinity : Number(lane.slice(7));
  return rank(a) === rank(b) ? 0 : rank(a) - rank(b);
}

/** What a frame's CPU time is made of, as a bar of shares for each resolution. */
export function billBars(bills: readonly Bill[]): Markup {
  return html`<div class="bills">${
    bills.map(({ resolution, report }) => {
      const parts = billParts(report.cpuMs);
      const totalMs = parts.reduce((sum, { ms }) => sum + ms, 0);
      return html`<div class="bill"><span class="bill-name">${resolution.name}</span>
        <div class="bill-bar">${
        parts.map(({ stage, ms }) => {
          const share = 100 * ms / totalMs;
          const title = `${stage}: ${ms.toFixed(2)} ms of CPU`;
          const label = share > 9 ? `${stage} ${ms.toFixed(ms < 10 ? 1 : 0)}` : "";
          return html`<span class="${stage}" style="width:${
            share.toFixed(2)
          }%" title="${title}">${label}</span>`;
        })
      }</div><span class="bill-total">${totalMs.toFixed(1)} ms</span></div>`;
    })
  }</div>`;
}

function billParts(cpuMs: Bill["report"]["cpuMs"]): { stage: string; ms: number }[] {
  const stages = STAGES.flatMap((stage) => {
    const ms = stage === "wait" || stage === "order" ? undefined : cpuMs[stage];
    return ms === undefined ? [] : [{ stage, ms }];
  });
  return cpuMs.transfer === undefined
    ? stages
    : [...stages, { stage: "transfer", ms: cpuMs.transfer }];
}

/** The colours of the stages. */
export function stageLegend(stages: readonly string[]): Markup {
  return html`<p class="legend">${
    stages.map((stage) => html`<span><i class="${stage}"></i>${stage}</span>`)
  }</p>`;
}

/** A ratio on a logarithmic scale from half to twice, over the band of the noise. */
export function ratioMark({ ratio, noise, verdict }: ComparedRow): Markup {
  const at = (value: number) => round(60 + 60 * Math.max(-1, Math.min(1, Math.log2(value))));
  const left = at(1 / (1 + noise));
  return html`
    <svg class="ratio" viewBox="0 0 120 16" aria-hidden="true">
      <rect class="band" x="${left}" y="3" width="${round(at(1 + noise) - left)}" height="10" />
      <line class="centre" x1="60" x2="60" y1="0" y2="16" />
      <circle class="${verdict === "within noise" ? "same" : "changed"}" cx="${at(ratio)}" cy="8"
        r="3.5" />
    </svg>
  `;
}

/** Round numbers from 0 up to `span`, about `count` of them. */
export function niceTicks(span: number, count: number): number[] {
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough)!;
  const decimals = Math.max(0, -Math.floor(Math.log10(step)));
  return Array.from(
    { length: Math.floor(span / step) + 1 },
    (_, i) => Number((i * step).toFixed(decimals)),
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
