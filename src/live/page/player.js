import { LiveEdge } from "./live_edge.js";
import { Retry } from "./retry.js";
import { socketUrl } from "./status_socket.js";

/** @import Mpegts from "mpegts.js" */

/** From the script before this one. */
const { mpegts } = /** @type {{ mpegts: typeof Mpegts }} */ (/** @type {unknown} */ (globalThis));

const TICK_MS = 100;
/** Nothing for that long, and the stream is opened anew. */
const SILENCE_MS = 6000;
/** Pictures come, and the video does not show them for that long. */
const STUCK_MS = 4000;
/** A picture that stands for that long is not live. */
const STILL_MS = 1500;

/** @type {Mpegts.Config} */
const CONFIG = {
  enableStashBuffer: false,
  lazyLoad: false,
  // What was shown is not kept, however many weeks the page is open.
  autoCleanupSourceBuffer: true,
  autoCleanupMaxBackwardDuration: 10,
  autoCleanupMinBackwardDuration: 4,
};

/**
 * Plays a feed's stream into the video of a `[data-screen]`, and opens it anew whenever it ends or
 * stands still. While there is none, the last picture stays on the canvas behind the video.
 */
export class StreamPlayer {
  #url;
  #video;
  #canvas;
  #edge;
  #onPlaying;
  #retry = new Retry();
  /** @type {Mpegts.Player | undefined} */
  #player;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #isPlaying = false;

  /**
   * @param {HTMLElement} screen
   * @param {string} path The feed's; its stream is below it.
   * @param {(isPlaying: boolean) => void} onPlaying Called when it changes.
   */
  constructor(screen, path, onPlaying) {
    this.#url = socketUrl(`${path}/stream`);
    this.#video = /** @type {HTMLVideoElement} */ (screen.querySelector("video"));
    this.#canvas = /** @type {HTMLCanvasElement} */ (screen.querySelector("canvas"));
    this.#edge = new LiveEdge(this.#video);
    this.#onPlaying = onPlaying;
    mpegts.LoggingControl.enableAll = false;
  }

  /** Does nothing when it is started. */
  start() {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#open();
  }

  /** Lets go of the stream; the last picture stays. */
  stop() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#retry.cancel();
    this.#retry.reset();
    this.#close();
  }

  #open() {
    const player = mpegts.createPlayer({ type: "mpegts", isLive: true, url: this.#url }, CONFIG);
    player.on(mpegts.Events.ERROR, () => this.#reopen());
    player.on(mpegts.Events.LOADING_COMPLETE, () => this.#reopen());
    player.attachMediaElement(this.#video);
    player.load();
    this.#player = player;
    this.#edge.restart();
  }

  #reopen() {
    // It tells of one failure more than once.
    if (this.#player === undefined) return;
    this.#close();
    this.#retry.schedule(() => this.#open());
  }

  #close() {
    if (this.#player === undefined) return;
    this.#keepPicture();
    const player = this.#player;
    this.#player = undefined;
    // Not from within its own event.
    queueMicrotask(() => player.destroy());
    this.#setPlaying(false);
  }

  #keepPicture() {
    const { videoWidth, videoHeight } = this.#video;
    if (videoWidth === 0 || !this.#edge.hasMoved) return;
    this.#canvas.width = videoWidth;
    this.#canvas.height = videoHeight;
    this.#canvas.getContext("2d")?.drawImage(this.#video, 0, 0);
  }

  #tick() {
    if (this.#player === undefined) return;
    const edge = this.#edge;
    edge.tick();
    this.#setPlaying(edge.hasMoved && edge.stillMs < STILL_MS);
    if (this.#isPlaying) this.#retry.reset();
    const isStuck = edge.hasMoved && edge.stillMs > STUCK_MS;
    if (edge.hasJumped || isStuck || edge.silentMs > SILENCE_MS) this.#reopen();
  }

  /** @param {boolean} isPlaying */
  #setPlaying(isPlaying) {
    if (isPlaying === this.#isPlaying) return;
    this.#isPlaying = isPlaying;
    this.#onPlaying(isPlaying);
  }
}

/**
 * Plays while somebody can see it: not in a hidden tab, and not scrolled away.
 *
 * @param {StreamPlayer} player
 * @param {Element} screen
 */
export function playWhileSeen(player, screen) {
  let isOnScreen = true;
  const update = () => isOnScreen && !document.hidden ? player.start() : player.stop();
  new IntersectionObserver(([entry]) => {
    isOnScreen = entry?.isIntersecting ?? true;
    update();
  }).observe(screen);
  document.addEventListener("visibilitychange", update);
  update();
}
