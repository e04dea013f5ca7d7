/** The address of a server that takes events, with what must not be seen kept apart. */
import { OutputError } from "../errors.ts";

/** A URL taken apart. */
export interface ReceiverUrl {
  /** Without credentials. */
  readonly url: URL;
  /** For messages: neither credentials nor query. */
  readonly name: string;
  /** Decoded; "" where there is none. */
  readonly user: string;
  /** Decoded; "" where there is none. */
  readonly password: string;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "mqtt:": 1883,
  "mqtts:": 8883,
};

/** The schemes that {@link parseReceiverUrl} takes. */
export const RECEIVER_SCHEMES: readonly string[] = Object.keys(DEFAULT_PORTS);

/**
 * Takes a URL apart.
 *
 * @throws {TypeError} If it is not a valid one.
 */
export function parseReceiverUrl(text: string): ReceiverUrl {
  try {
    const url = new URL(text);
    if (url.hostname === "") throw new TypeError("no host");
    const [user, password] = [url.username, url.password].map(decodeURIComponent) as [
      string,
      string,
    ];
    url.username = "";
    url.password = "";
    const secret = user !== "" || password !== "" ? "***@" : "";
    const name = `${url.protocol}//${secret}${url.host}${url.pathname === "/" ? "" : url.pathname}`;
    return { url, name, user, password };
  } catch {
    // What is wrong may be within the password: nothing of the text is shown but its scheme.
    throw new TypeError(
      `Cannot send events: the ${text.split(":", 1)[0]} address is not valid. Write ` +
        "scheme://user:password@host:port/path, with special characters as %XX.",
    );
  }
}

/**
 * Asks for leave to reach a host before there is anything to send.
 *
 * @throws {OutputError} If leave is refused.
 */
export async function requireNet({ url, name }: ReceiverUrl): Promise<void> {
  const host = `${url.hostname}:${url.port || DEFAULT_PORTS[url.protocol]}`;
  const { state } = await Deno.permissions.request({ name: "net", host });
  if (state === "granted") return;
  throw new OutputError(
    `Cannot send events to ${name}: Deno was not given leave to reach it. Add ` +
      `--allow-net=${host} to the command.`,
    { output: name },
  );
}
