import { setText } from "./badge.js";
import { fixed } from "./format.js";

/** @import { FeedStatus } from "../../report/feed.ts" */

/** From the script before this one; it comes without types that a checker would find. */
const { uPlot } = /** @type {any} */ (globalThis);

/** Of latency: decoding is before it. In the order of a frame's way, the first at the bottom. */
const STAGES = /** @type {const} */ ([
  "wait",
  "prepare",
  "infer",
  "label",
  "blend",
  "order",
  "encode",
]);
const WINDOW_S = 60;
/** Tops of the scale: it steps, so that it does not breathe with every figure. */
const TOPS_MS = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/** Medians of the stages, piled up over the last minute, and the latency that 95% stay within. */
export class TimingChart {
  #place;
  #values;
  #plot;
  /** @type {number[]} */
  #times = [];
  /** One row a stage, bottom first, and the latency last. @type {(number | null)[][]} */
  #rows = [...STAGES, "latency"].map(() => []);

  /** @param {HTMLElement} place @param {Element} legend */
  constructor(place, legend) {
    this.#place = place;
    this.#values = addLegend(legend);
    this.#plot = new uPlot(this.#options(), this.#data(), place);
    new ResizeObserver(() => this.#plot.setSize(sizeOf(place))).observe(place);
  }

  /** @param {FeedStatus} status @param {number} now The server's clock. */
  add({ stages, latencyMs }, now) {
    this.#times.push(now / 1000);
    let pile = 0;
    for (const [i, stage] of STAGES.entries()) {
      const ms = stages[stage]?.p50;
      pile += ms ?? 0;
      this.#rows[i]?.push(latencyMs === undefined ? null : pile);
      const value = this.#values.get(stage);
      if (value !== undefined) setText(value, fixed(ms, 1));
    }
    this.#rows.at(-1)?.push(latencyMs?.p95 ?? null);
    const old = this.#times.findIndex((time) => time > now / 1000 - WINDOW_S);
    for (const row of [this.#times, ...this.#rows]) row.splice(0, Math.max(0, old - 1));
    this.#plot.setData(this.#data());
  }

  /** The tallest pile first: the lower ones are drawn over it. */
  #data() {
    const piles = this.#rows.slice(0, -1).reverse();
    return [this.#times, ...piles, this.#rows.at(-1)];
  }

  #options() {
    const style = getComputedStyle(this.#place);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
    const axis = {
      stroke: colour("soft"),
      font: `12px ${style.fontFamily}`,
      grid: { stroke: colour("line"), width: 1 },
      ticks: { show: false },
    };
    const areas = STAGES.toReversed().map((stage) => ({
      label: stage,
      fill: colour(stage),
      width: 0,
      points: { show: false },
    }));
    const line = { label: "latency", stroke: colour("ink"), width: 1.5, points: { show: false } };
    return {
      ...sizeOf(this.#place),
      padding: [8, 4, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: {
          time: false,
          range: () => [(this.#times.at(-1) ?? 0) - WINDOW_S, this.#times.at(-1) ?? 0],
        },
        y: { range: scaleFor },
      },
      axes: [
        {
          ...axis,
          size: 26,
          // Counted from now: the times themselves tell nothing.
          splits: () => [60, 40, 20, 0].map((ago) => (this.#times.at(-1) ?? 0) - ago),
          values: () => ["−60 s", "−40 s", "−20 s", ""],
        },
        { ...axis, size: 44, space: 34 },
      ],
      series: [{}, ...areas, line],
    };
  }
}

/** @param {HTMLElement} place */
function sizeOf({ clientWidth, clientHeight }) {
  return { width: clientWidth, height: clientHeight };
}

/** @param {unknown} _ @param {unknown} __ @param {number | null} most */
function scaleFor(_, __, most) {
  return [0, TOPS_MS.find((top) => top >= (most ?? 0)) ?? most];
}

/** @param {Element} legend */
function addLegend(legend) {
  /** @type {Map<string, Element>} */
  const values = new Map();
  for (const stage of STAGES) {
    const item = document.createElement("li");
    item.className = stage;
    const value = document.createElement("b");
    item.append(stage, " ", value);
    legend.append(item);
    values.set(stage, value);
  }
  return values;
}
