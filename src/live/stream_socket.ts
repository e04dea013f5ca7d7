/** A feed's stream over a WebSocket, a piece a message. */
import type { Feed, FeedViewer } from "../report/feed.ts";

/** What may wait for a slow client however slow the stream is: a large key frame is not a delay. */
const LEAST_BOUND_BYTES = 512 * 1024;
/** How often it is looked whether a client that fell behind has caught up. */
const DRAIN_CHECK_MS = 50;
/** The status of a close that says that the stream is over, not broken. */
const NORMAL_CLOSURE = 1000;

/**
 * Sends the stream to a WebSocket until either ends.
 *
 * A client that is more than a second of stream behind gets nothing until what waits for it has
 * gone, and then goes on at a key frame: it misses pictures, and does not fall further behind.
 *
 * @param socket Not open yet.
 */
export function sendStream(feed: Feed, socket: WebSocket): void {
  const sender = new StreamSender(feed, socket);
  socket.addEventListener("open", () => sender.start());
  socket.addEventListener("close", () => sender.stop());
}

class StreamSender implements FeedViewer {
  readonly #feed: Feed;
  readonly #socket: WebSocket;
  readonly #rate = new ByteRate();
  #unwatch: (() => void) | undefined;
  #drainTimer: ReturnType<typeof setInterval> | undefined;
  /** Of the first piece, with all since the last key frame: to send it takes a while, at no fault. */
  #greetingBytes: number | undefined;

  constructor(feed: Feed, socket: WebSocket) {
    this.#feed = feed;
    this.#socket = socket;
  }

  start(): void {
    this.#greetingBytes = undefined;
    this.#unwatch = this.#feed.watch(this);
  }

  stop(): void {
    clearInterval(this.#drainTimer);
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  send(piece: Uint8Array): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#greetingBytes ??= piece.length;
    const bound = this.#greetingBytes + this.#rate.bytesPerSecond;
    if (this.#socket.bufferedAmount > Math.max(LEAST_BOUND_BYTES, bound)) {
      this.stop();
      this.#drainTimer = setInterval(() => this.#resumeWhenDrained(), DRAIN_CHECK_MS);
      return;
    }
    this.#rate.add(piece.length);
    this.#socket.send(piece as Uint8Array<ArrayBuffer>);
  }

  end(): void {
    this.stop();
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.close(NORMAL_CLOSURE, "the stream is over");
  }

  #resumeWhenDrained(): void {
    if (this.#socket.bufferedAmount > 0) return;
    clearInterval(this.#drainTimer);
    this.start();
  }
}

/** Bytes a second, over the last whole second. */
class ByteRate {
  #since = performance.now();
  #bytes = 0;
  #bytesPerSecond = 0;

  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  add(bytes: number): void {
    const elapsedMs = performance.now() - this.#since;
    if (elapsedMs >= 1000) {
      this.#bytesPerSecond = this.#bytes / elapsedMs * 1000;
      this.#since += elapsedMs;
      this.#bytes = 0;
    }
    this.#bytes += bytes;
  }
}
