/** Where the live page listens: what the user writes, and what is wrong where it cannot be. */
import { OutputError } from "../errors.ts";

/** An address to listen on. */
export interface ListenAddress {
  /** Loopback when absent. */
  readonly host?: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** Where a server without a host listens: only this machine reaches it. */
export const LOOPBACK = "127.0.0.1";

const FORM = 'Write a port or [HOST]:PORT, as in ":8080", "0.0.0.0:8080" or "[::1]:8080"';

/**
 * Reads `PORT`, `:PORT`, `HOST:PORT` or `[IPv6]:PORT`.
 *
 * @throws {RangeError} If it is none of them, or the port is not within 0–65535.
 */
export function parseListen(text: string): ListenAddress {
  const fail = (state: string) =>
    new RangeError(`Cannot listen on ${JSON.stringify(text)}: ${state}. ${FORM}.`);
  if (/^[a-z]+:\/\//i.test(text)) throw fail("that is a URL");
  const found = /^(?:(?:\[([\da-f:.]+)\]|([\w.-]*)):)?(\d+)$/i.exec(text.trim());
  if (found === null) {
    throw fail(
      /^[\da-f:]*:[\da-f:]*:\d+$/i.test(text)
        ? "an IPv6 address wants brackets"
        : /^\*:/.test(text)
        ? "every address of this machine is 0.0.0.0"
        : "that is no address with a port",
    );
  }
  const [, ipv6, name, digits] = found;
  const port = Number(digits);
  if (port > 65535) throw fail("ports go up to 65535");
  const host = ipv6 ?? name;
  return host === undefined || host === "" ? { port } : { host, port };
}

/** `HOST:PORT` as URLs and permissions write it. */
export function formatAddress({ host = LOOPBACK, port }: ListenAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Whether only this machine can reach a host of that name, brackets or none: no DNS is asked. */
export function isLoopbackName(host: string): boolean {
  return /^(localhost|[^/]+\.localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}

/** The error for an address that cannot be listened on. */
export function listenError(address: ListenAddress, cause?: unknown): OutputError {
  const where = formatAddress(address);
  const [state, mend] = reasonOf(where, address, cause);
  const message = `Cannot serve the live page on ${where}: ${state}. ${mend}.`;
  return new OutputError(message, { output: where }, { cause });
}

function reasonOf(where: string, { port }: ListenAddress, cause: unknown): [string, string] {
  if (cause === undefined || cause instanceof Deno.errors.NotCapable) {
    return ["Deno was not given leave to", `Add --allow-net=${where} after -P`];
  }
  if (cause instanceof Deno.errors.AddrInUse) {
    return ["the port is in use", `End the program that has it, or choose another port`];
  }
  if (cause instanceof Deno.errors.AddrNotAvailable) {
    return [
      "this machine has no such address",
      "Name one of its own, or 0.0.0.0 for all of them",
    ];
  }
  if (cause instanceof Deno.errors.PermissionDenied && port < 1024) {
    return ["ports below 1024 are the administrator's", "Choose a port from 1024 on"];
  }
  const text = String(cause instanceof Error ? cause.message : cause).replace(/\s+/g, " ").trim();
  return [text.replace(/\.$/, ""), "Choose another address"];
}
