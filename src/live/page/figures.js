import { setText } from "./badge.js";
import { count, duration, fixed, formatSize, NONE } from "./format.js";

/** @import { StatusMessage } from "../status_push.ts" */
/** @import { FeedStatus } from "../../report/feed.ts" */

/**
 * @typedef {object} Figure
 * @property {string} name
 * @property {(status: FeedStatus, message: StatusMessage) => string} value
 * @property {(status: FeedStatus, message: StatusMessage) => string} detail
 */

/** @type {readonly Figure[]} */
const FIGURES = [
  {
    name: "Frames a second",
    value: ({ fps }) => fixed(fps, 1),
    detail: ({ size }) => formatSize(size),
  },
  {
    name: "Latency p50, ms",
    value: ({ latencyMs }) => fixed(latencyMs?.p50, 0),
    detail: ({ latencyMs }) => `p95 ${fixed(latencyMs?.p95, 0)}`,
  },
  {
    name: "Network",
    value: ({ modelSize }) => formatSize(modelSize),
    detail: ({ provider, precision }) =>
      [precision, provider].filter((part) => part !== undefined).join(" on ") || NONE,
  },
  {
    name: "Frames out",
    value: ({ framesOut }) => count(framesOut),
    detail: ({ framesIn, framesHeld }) => `of ${count(framesIn)} in, ${count(framesHeld)} held`,
  },
  {
    name: "Dropped",
    value: ({ dropped }) => count(Object.values(dropped).reduce((sum, each) => sum + each, 0)),
    detail: ({ dropped }) =>
      Object.entries(dropped).filter(([, value]) => value > 0)
        .map(([reason, value]) => `${count(value)} ${reason}`).join(", ") || "no frame",
  },
  {
    name: "Reconnects",
    value: ({ reconnects }) => count(reconnects),
    detail: ({ workersReplaced, encodersReplaced }) =>
      `replaced: ${count(workersReplaced + encodersReplaced)} parts`,
  },
  {
    name: "Viewers",
    value: ({ viewers }) => count(viewers),
    detail: ({ slotsInUse, slots }) => `ring: ${slotsInUse} of ${slots} slots`,
  },
  {
    name: "Running for",
    value: (_, { now, startedAt }) => duration(now - startedAt),
    detail: ({ state, stateSince }, { now }) => `${state} for ${duration(now - stateSince)}`,
  },
];

/**
 * Puts the figures into a definition list, and gives what updates them.
 *
 * @param {Element} list
 * @returns {(message: StatusMessage) => void} Of the first feed in the message.
 */
export function addFigures(list) {
  const rows = FIGURES.map(({ name, value, detail }) => {
    const place = document.createElement("div");
    const [term, figure, more] = ["dt", "dd", "dd"].map((tag) => document.createElement(tag));
    if (term === undefined || figure === undefined || more === undefined) throw new Error();
    term.textContent = name;
    figure.className = "value";
    more.className = "detail";
    place.append(term, figure, more);
    list.append(place);
    return { figure, more, value, detail };
  });
  return (message) => {
    const status = message.feeds[0]?.status;
    if (status === undefined) return;
    for (const { figure, more, value, detail } of rows) {
      setText(figure, value(status, message));
      setText(more, detail(status, message));
      more.title = more.textContent ?? "";
    }
  };
}
