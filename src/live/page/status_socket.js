import { Retry } from "./retry.js";

/** @import { StatusMessage } from "../status_push.ts" */
/** @typedef {"open" | "lost" | "denied"} Connection */

/** The server speaks four times a second. */
const SILENCE_MS = 5000;

/**
 * The address of a WebSocket of this server.
 *
 * @param {string} path
 */
export function socketUrl(path) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/**
 * Listens to the status of feeds for as long as the page is open, whatever the server does. When
 * another run of the server answers, the page is loaded anew: its scripts may be older.
 */
export class StatusSocket {
  #url;
  #onMessage;
  #onConnection;
  #retry = new Retry();
  /**
   * Undefined while the next attempt waits for its time.
   *
   * @type {WebSocket | undefined}
   */
  #socket;
  #heardAt = 0;
  #server;

  /**
   * @param {string} path
   * @param {string} server The run that made the page.
   * @param {(message: StatusMessage) => void} onMessage
   * @param {(connection: Connection) => void} onConnection
   */
  constructor(path, server, onMessage, onConnection) {
    this.#url = socketUrl(path);
    this.#server = server;
    this.#onMessage = onMessage;
    this.#onConnection = onConnection;
    this.#open();
    // A connection can be gone without anybody having said so.
    setInterval(() => {
      if (this.#socket !== undefined && performance.now() - this.#heardAt > SILENCE_MS) {
        this.#reopen(this.#socket);
      }
    }, 1000);
  }

  #open() {
    this.#heardAt = performance.now();
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      this.#heardAt = performance.now();
      /** @type {StatusMessage} */
      const message = JSON.parse(data);
      if (message.server !== this.#server) return location.reload();
      this.#retry.reset();
      this.#onConnection("open");
      this.#onMessage(message);
    };
    socket.onclose = () => this.#lost();
  }

  /** @param {WebSocket} silent */
  #reopen(silent) {
    silent.onclose = silent.onmessage = null;
    silent.close();
    this.#lost();
  }

  #lost() {
    this.#socket = undefined;
    this.#onConnection("lost");
    this.#retry.schedule(() => this.#open());
    // A refused WebSocket does not say why; a plain request does.
    fetch("/feeds.json").then(
      ({ status }) => status === 401 && this.#onConnection("denied"),
      () => {},
    );
  }
}
