/** The live page's server: the page, the streams, the pictures and the metrics of some feeds. */
import type { Feed } from "../report/feed.ts";
import { formatAddress, type ListenAddress, listenError, LOOPBACK } from "./listen.ts";
import { LiveMetrics } from "./metrics.ts";
import { createRoutes } from "./routes.ts";
import { createToken } from "./token.ts";

/** Where to listen and whom to answer. */
export interface LiveServerOptions extends ListenAddress {
  /**
   * What every request must bring. With a host there always is one: a new one where it is absent.
   * Without a host, none where it is absent, and then only this machine is answered.
   */
  readonly token?: string;
  /** Closes the server when it aborts. */
  readonly signal?: AbortSignal;
}

/** A server that listens. */
export interface LiveServer {
  /** What a browser opens; it has the token in it, so it is not for logs that others read. */
  readonly url: string;
  /** The one that was asked for, or the system's choice. */
  readonly port: number;
  /** How many WebSockets are open: a page has two for each stream it plays. */
  readonly clients: number;
  /** Ends every connection, lets go of the feeds, and frees the port. Safe to call twice. */
  close(): Promise<void>;
}

/** WebSocket status: the server goes away, and a client may try again. */
const GOING_AWAY = 1001;

/**
 * Serves the page, the streams and the metrics of the feeds, until it is closed.
 *
 * @throws {OutputError} If the address cannot be listened on.
 * @throws {RangeError} If there is no feed, or two have one name.
 */
export function serveLive(
  feeds: readonly Feed[],
  options: LiveServerOptions,
): Promise<LiveServer> {
  return Promise.try(() => {
    checkNames(feeds);
    options.signal?.throwIfAborted();
    return new Server(feeds, options);
  });
}

class Server implements LiveServer {
  readonly url: string;
  readonly port: number;
  readonly #http: Deno.HttpServer<Deno.NetAddr>;
  readonly #metrics: LiveMetrics;
  readonly #cut = new AbortController();
  readonly #sockets = new Set<WebSocket>();
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => void this.close();
  #closing: Promise<void> | undefined;

  constructor(feeds: readonly Feed[], options: LiveServerOptions) {
    const token = options.token ?? (options.host === undefined ? undefined : createToken());
    this.#signal = options.signal;
    this.#metrics = new LiveMetrics(feeds, () => this.clients);
    const routes = createRoutes({
      feeds,
      run: { server: crypto.randomUUID(), startedAt: Date.now() },
      metrics: this.#metrics,
      token,
      onSocket: (socket) => this.#keep(socket),
    });
    try {
      this.#http = listen(options, this.#cut.signal, (request) => routes.fetch(request));
    } catch (error) {
      this.#metrics.stop();
      throw error;
    }
    this.port = this.#http.addr.port;
    this.url = urlOf(options.host, this.port, token);
    options.signal?.addEventListener("abort", this.#onAbort);
  }

  get clients(): number {
    return this.#sockets.size;
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#metrics.stop();
    for (const socket of this.#sockets) {
      if (socket.readyState === WebSocket.OPEN) socket.close(GOING_AWAY, "the server is closed");
    }
    // Not shutdown(): it waits for clients that may never finish what they began to send.
    this.#cut.abort();
    await this.#http.finished;
  }

  #keep(socket: WebSocket): void {
    socket.addEventListener("open", () => this.#sockets.add(socket));
    socket.addEventListener("close", () => this.#sockets.delete(socket));
  }
}

function checkNames(feeds: readonly Feed[]): void {
  if (feeds.length === 0) throw new RangeError("Cannot serve a live page of no stream.");
  const names = feeds.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new RangeError(
    `Cannot serve two streams named ${JSON.stringify(twice)}: give each a name of its own.`,
  );
}

function listen(
  address: ListenAddress,
  signal: AbortSignal,
  answer: (request: Request) => Response | Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  const { host = LOOPBACK, port } = address;
  // Asked beforehand: in a terminal Deno would stop and ask the user.
  const { state } = Deno.permissions.querySync({ name: "net", host: formatAddress(address) });
  if (state !== "granted") throw listenError(address);
  try {
    return Deno.serve({ hostname: host, port, signal, onListen: () => {} }, answer);
  } catch (error) {
    throw listenError(address, error);
  }
}

/** "Every address" is none that can be opened: from this machine it is localhost. */
function urlOf(host: string | undefined, port: number, token: string | undefined): string {
  const name = host === undefined || host === "0.0.0.0" || host === "::" ? "localhost" : host;
  const query = token === undefined ? "" : `?token=${encodeURIComponent(token)}`;
  return `http://${formatAddress({ host: name, port })}/${query}`;
}
