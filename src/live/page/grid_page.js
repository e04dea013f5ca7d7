import { setText, StateBadge } from "./badge.js";
import { fixed } from "./format.js";
import { playWhileSeen, StreamPlayer } from "./player.js";
import { StatusSocket } from "./status_socket.js";

/** @import { GridPageData } from "../pages.ts" */
/** @import { StatusMessage } from "../status_push.ts" */

/** @type {GridPageData} */
const { feeds, message: start } = JSON.parse(document.getElementById("data")?.textContent ?? "");

const tiles = feeds.map(({ path }, i) => {
  const tile = find(document, `[data-feed="${i}"]`);
  const status = start.feeds[i]?.status;
  if (status === undefined) throw new Error(`The page has no stream ${i}.`);
  const screen = find(tile, "[data-screen]");
  const badge = new StateBadge(find(tile, "[data-badge]"), screen, status, start.now);
  const player = new StreamPlayer(screen, path, (isPlaying) => badge.isPlaying = isPlaying);
  playWhileSeen(player, screen);
  return { badge, fps: find(tile, "[data-fps]") };
});
const summary = find(document, "#badge");

show(start);
new StatusSocket("/status", start.server, show, (connection) => {
  for (const { badge } of tiles) badge.connection = connection;
});

/** @param {StatusMessage} message */
function show({ feeds, now }) {
  for (const [i, { badge, fps }] of tiles.entries()) {
    const status = feeds[i]?.status;
    if (status === undefined) continue;
    badge.update(status, now);
    setText(fps, `${fixed(status.fps, 1)} fps`);
  }
  const live = feeds.filter(({ status }) => status.state === "live").length;
  setText(summary, live === feeds.length ? "all live" : `${live} of ${feeds.length} live`);
  summary.dataset.state = live === feeds.length ? "live" : live > 0 ? "reconnecting" : "ended";
}

/** @param {ParentNode} place @param {string} selector */
function find(place, selector) {
  return /** @type {HTMLElement} */ (place.querySelector(selector));
}
