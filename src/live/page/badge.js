import { duration } from "./format.js";

/** @import { FeedStatus } from "../../report/feed.ts" */
/** @import { Connection } from "./status_socket.js" */

/** @type {Readonly<Record<Exclude<Connection, "open">, readonly [word: string, why: string]>>} */
const UNCONNECTED = {
  lost: ["unreachable", "segstream does not answer; trying again"],
  denied: ["locked", "the token is no longer valid: open the address that segstream printed"],
};

/** Says what state a stream is in: a word in the badge, the whole on a veil over the video. */
export class StateBadge {
  #badge;
  #screen;
  #veil;
  /** @type {Connection} */
  #connection = "open";
  #isPlaying = false;
  #status;
  #now;

  /**
   * @param {HTMLElement} badge
   * @param {HTMLElement} screen
   * @param {FeedStatus} status
   * @param {number} now The server's clock.
   */
  constructor(badge, screen, status, now) {
    this.#badge = badge;
    this.#screen = screen;
    this.#veil = /** @type {HTMLElement} */ (screen.querySelector("[data-veil]"));
    this.#status = status;
    this.#now = now;
    this.#draw();
  }

  /** @param {FeedStatus} status @param {number} now */
  update(status, now) {
    this.#status = status;
    this.#now = now;
    this.#draw();
  }

  /** @param {Connection} connection */
  set connection(connection) {
    if (this.#connection === "denied" && connection === "lost") return;
    this.#connection = connection;
    this.#draw();
  }

  /** @param {boolean} isPlaying */
  set isPlaying(isPlaying) {
    this.#isPlaying = isPlaying;
    this.#draw();
  }

  #draw() {
    const [word, explanation] = this.#connection === "open"
      ? [this.#status.state, explain(this.#status, this.#now)]
      : UNCONNECTED[this.#connection];
    setText(this.#badge, word);
    this.#badge.dataset.state = word;
    const isLive = word === "live";
    const isClear = isLive && this.#isPlaying;
    // An empty veil fades with its words still on it.
    if (!isClear) setText(this.#veil, isLive ? "opening the stream" : explanation);
    this.#screen.dataset.veiled = isClear ? "no" : isLive ? "soon" : "yes";
  }
}

/** @param {FeedStatus} status @param {number} now */
function explain({ state, stateSince, reason }, now) {
  const what = state === "ended"
    ? "the stream ended"
    : `${state} for ${duration(now - stateSince)}`;
  return reason === undefined ? what : `${what}: ${reason}`;
}

/**
 * Leaves equal text alone, so that it is not read out again.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
