import { setText, StateBadge } from "./badge.js";
import { ClassList } from "./classes.js";
import { Controls, ViewSender } from "./controls.js";
import { addFigures } from "./figures.js";
import { playWhileSeen, StreamPlayer } from "./player.js";
import { StatusSocket } from "./status_socket.js";
import { TimingChart } from "./timing_chart.js";

/** @import { FeedPageData } from "../pages.ts" */
/** @import { Size } from "../../frame/geometry.ts" */
/** @import { FeedView } from "../../report/feed.ts" */
/** @import { StatusMessage } from "../status_push.ts" */

/** The chart moves calmly where movement is not wanted. */
const CALM_PERIOD_MS = 1000;

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @type {FeedPageData} */
const { name, path, classes, views, message: start } = JSON.parse(
  element("data").textContent ?? "",
);
const [first] = start.feeds;
if (first === undefined) throw new Error("The page has no stream.");
/** What the page shows, and what the feed is known to draw. */
let view = first.view;
let drawn = first.view;

const screen = /** @type {HTMLElement} */ (document.querySelector("[data-screen]"));
const video = /** @type {HTMLVideoElement} */ (screen.querySelector("video"));
const badge = new StateBadge(element("badge"), screen, first.status, start.now);
const player = new StreamPlayer(screen, path, (isPlaying) => badge.isPlaying = isPlaying);
const sender = new ViewSender(path, showDrawn, (problem) => {
  setText(element("problem"), problem);
  if (problem !== "") showView(drawn);
});
const classList = new ClassList(element("classes"), classes, (visible) => change({ visible }));
const controls = new Controls(element("controls"), views, change);
const showFigures = addFigures(element("figures"));
const chart = new TimingChart(element("timing"), element("stages"));
const isCalm = matchMedia("(prefers-reduced-motion: reduce)");
let chartedAt = 0;

shape(first.status.size);
showView(view);
showStatus(start);
playWhileSeen(player, screen);
new StatusSocket(
  `${path}/status`,
  start.server,
  showStatus,
  (connection) => badge.connection = connection,
);

video.addEventListener("resize", () => {
  if (video.videoWidth > 0) shape({ width: video.videoWidth, height: video.videoHeight });
});
element("all-classes").addEventListener("click", () => {
  change({ visible: classes.map(({ id }) => id) });
});
element("no-classes").addEventListener("click", () => change({ visible: [] }));
element("controls").addEventListener("submit", (event) => event.preventDefault());
element("snapshot").addEventListener("click", ({ currentTarget }) => {
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  /** @type {HTMLAnchorElement} */ (currentTarget).download = `${name} ${time}.png`;
});
const fullScreen = element("full-screen");
// Phones of one maker have none for pages.
fullScreen.hidden = !document.fullscreenEnabled;
fullScreen.addEventListener("click", () => screen.requestFullscreen());
screen.addEventListener("dblclick", () => {
  if (document.fullscreenElement === null) screen.requestFullscreen();
  else document.exitFullscreen();
});

/**
 * Shows the change at once and sends it.
 *
 * @param {Partial<FeedView>} part
 */
function change(part) {
  showView({ ...view, ...part });
  sender.send(part);
}

/** @param {FeedView} now */
function showView(now) {
  view = now;
  classList.showVisible(view.visible);
  controls.show(view);
}

/** @param {FeedView} now */
function showDrawn(now) {
  drawn = now;
  showView(now);
}

/**
 * Gives the screen the shape of the picture.
 *
 * @param {Size | undefined} size
 */
function shape(size) {
  if (size !== undefined) screen.style.setProperty("--ratio", String(size.width / size.height));
}

/** @param {StatusMessage} message */
function showStatus(message) {
  const [feed] = message.feeds;
  if (feed === undefined) return;
  badge.update(feed.status, message.now);
  classList.showShares(feed.status.shares);
  showFigures(message);
  // Another page may have changed it.
  if (!sender.isAhead) showDrawn(feed.view);
  if (isCalm.matches && message.now - chartedAt < CALM_PERIOD_MS) return;
  chartedAt = message.now;
  chart.add(feed.status, message.now);
}
