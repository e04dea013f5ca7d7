import type { Feed } from "../../src/report/feed.ts";
import { type LiveServer, type LiveServerOptions, serveLive } from "../../src/live/server.ts";

/** A server that is closed when its scope ends (`await using`). */
export interface TestServer extends LiveServer, AsyncDisposable {
  /** The address of a path on it, without the token. */
  at(path: string): string;
}

/** Serves on a port of the system's choice. */
export async function serveFakes(
  feeds: readonly Feed[],
  options: Partial<LiveServerOptions> = {},
): Promise<TestServer> {
  const server = await serveLive(feeds, { port: 0, ...options });
  return {
    url: server.url,
    port: server.port,
    get clients() {
      return server.clients;
    },
    close: () => server.close(),
    at: (path) => `http://127.0.0.1:${server.port}${path}`,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** The status and the text of an answer; redirects are not followed. */
export async function textOf(
  url: string,
  init?: RequestInit & { client?: Deno.HttpClient },
): Promise<readonly [number, string]> {
  const answer = await fetch(url, { redirect: "manual", ...init });
  return [answer.status, await answer.text()];
}

/** Opens a WebSocket and waits until it is open; fails where it is refused. */
export function openSocket(url: string, headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(url.replace(/^http/, "ws"), { headers });
  socket.binaryType = "arraybuffer";
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(socket);
    socket.onerror = () => reject(new Error(`The WebSocket ${url} was refused.`));
  });
}

/** Waits for the next message of a WebSocket. */
export function nextMessage(socket: WebSocket): Promise<string | ArrayBuffer> {
  return new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => resolve(data);
    socket.onclose = () => reject(new Error("The WebSocket was closed."));
  });
}

/** Closes a WebSocket and waits until it is. */
export function closeSocket(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === WebSocket.CLOSED) return resolve();
    socket.onclose = () => resolve();
    socket.close();
  });
}

/** Asks a condition again and again until it holds. */
export async function until(what: string, isTrue: () => boolean, limitMs = 60_000): Promise<void> {
  const start = performance.now();
  while (!isTrue()) {
    if (performance.now() - start > limitMs) throw new Error(`Waited in vain until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
