/** Tells pages four times a second how their feeds are. */
import type { Feed, FeedStatus, FeedView } from "../report/feed.ts";

/** What pages are sent, as JSON. */
export interface StatusMessage {
  /** Another one means another run of the server: pages then load themselves anew. */
  readonly server: string;
  /** When the server started, in milliseconds of the epoch. */
  readonly startedAt: number;
  /** When this was said; a page's own clock may be wrong. */
  readonly now: number;
  /** In the order that the server was given them. */
  readonly feeds: readonly { readonly status: FeedStatus; readonly view: FeedView }[];
}

/** Which run of the server this is. */
export interface ServerRun {
  /** Random. */
  readonly server: string;
  /** In milliseconds of the epoch. */
  readonly startedAt: number;
}

const PERIOD_MS = 250;

/** The message of this moment. */
export function statusMessage(run: ServerRun, feeds: readonly Feed[]): StatusMessage {
  const now = Date.now();
  return { ...run, now, feeds: feeds.map(({ status, view }) => ({ status, view })) };
}

/**
 * Pushes the status of some feeds to any number of sockets: made once for all of them, and not at
 * all while nobody listens.
 */
export class StatusPush {
  readonly #run: ServerRun;
  readonly #feeds: readonly Feed[];
  readonly #sockets = new Set<WebSocket>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Of these feeds. */
  constructor(run: ServerRun, feeds: readonly Feed[]) {
    this.#run = run;
    this.#feeds = feeds;
  }

  /** Pushes to a socket, at once and then periodically, until it closes. */
  add(socket: WebSocket): void {
    socket.addEventListener("open", () => {
      socket.send(this.#text());
      this.#sockets.add(socket);
      this.#timer ??= setInterval(() => this.#push(), PERIOD_MS);
    });
    socket.addEventListener("close", () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    });
  }

  #push(): void {
    const text = this.#text();
    for (const socket of this.#sockets) {
      // Who has not had the last one yet gets the next one.
      if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount === 0) socket.send(text);
    }
  }

  #text(): string {
    return JSON.stringify(statusMessage(this.#run, this.#feeds));
  }
}
