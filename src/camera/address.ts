import { OutputError } from "../errors.ts";
import { redact } from "../ffmpeg/redact.ts";
import type { Credentials } from "./credentials.ts";

/** Where a camera is, as its URL says. */
export interface CameraAddress {
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  /** 554 by default; 0 lets the system choose. */
  readonly port: number;
  /** Path and query, as in "/cam?channel=1". */
  readonly path: string;
  /** Asked for where the URL has a user. */
  readonly credentials: Credentials | undefined;
}

const DEFAULT_PORT = 554;

/**
 * Reads `rtsp://[USER:PASSWORD@]HOST[:PORT]/PATH`.
 *
 * @throws {TypeError} If it is no such URL.
 */
export function parseCameraUrl(text: string): CameraAddress {
  const refuse = (state: string) =>
    new TypeError(
      `Cannot serve a camera at ${JSON.stringify(redact(text))}: ${state}. ` +
        "Write rtsp://[USER:PASSWORD@]HOST:PORT/PATH, as in rtsp://127.0.0.1:8554/cam.",
    );
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) throw refuse("that is no URL");
  if (scheme !== "rtsp") throw refuse(`a camera here speaks rtsp://, not ${scheme}://`);
  const url = URL.parse(text);
  if (url === null || url.hostname === "") throw refuse("it is malformed");
  let credentials: Credentials | undefined;
  try {
    credentials = credentialsOf(url);
  } catch {
    throw refuse("a percent sign in its user or password must be written %25");
  }
  return {
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
    path: pathOf(url),
    credentials,
  };
}

/** The path and query that a request's URL asks for; undefined where it is no URL. */
export function requestedPath(uri: string): string | undefined {
  const url = URL.parse(uri);
  return url === null ? undefined : pathOf(url);
}

/** `HOST:PORT` as URLs and permissions write it. */
export function formatHost({ hostname, port }: CameraAddress): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

/** What clients open, without user and password. */
export function formatCameraUrl(address: CameraAddress): string {
  return `rtsp://${formatHost(address)}${address.path}`;
}

/** The error for an address where no camera can be. */
export function listenError(address: CameraAddress, cause: unknown): OutputError {
  const output = formatCameraUrl(address);
  const [state, mend] = reasonOf(address, cause);
  return new OutputError(`Cannot serve a camera at ${output}: ${state}. ${mend}.`, { output }, {
    cause,
  });
}

function pathOf(url: URL): string {
  return `${url.pathname}${url.search}` || "/";
}

/** @throws {URIError} If a percent sign has no two digits behind it. */
function credentialsOf(url: URL): Credentials | undefined {
  if (url.username === "") return undefined;
  return { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}

function reasonOf(address: CameraAddress, cause: unknown): [state: string, mend: string] {
  if (cause instanceof Deno.errors.NotCapable) {
    return ["Deno was not given leave to", `Add --allow-net=${formatHost(address)} after -P`];
  }
  if (cause instanceof Deno.errors.AddrInUse) {
    return ["the port is in use", "End the program that has it, or choose another port"];
  }
  if (cause instanceof Deno.errors.AddrNotAvailable) {
    return ["this machine has no such address", "Name one of its own, such as 127.0.0.1"];
  }
  if (cause instanceof Deno.errors.PermissionDenied && address.port < 1024) {
    return ["ports below 1024 are the administrator's", "Choose one from 1024 on, such as 8554"];
  }
  const text = String(cause instanceof Error ? cause.message : cause).replace(/\s+/g, " ").trim();
  return [text.replace(/\.$/, ""), "Choose another address"];
}
