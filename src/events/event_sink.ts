import { redact } from "../ffmpeg/redact.ts";
import { type DeliveryCounts, EventQueue, type EventQueueOptions } from "./event_queue.ts";
import { openFileTransport, openStdoutTransport } from "./file_transport.ts";
import { openHttpTransport } from "./http_transport.ts";
import { openMqttTransport } from "./mqtt_transport.ts";
import { parseReceiverUrl, RECEIVER_SCHEMES, requireNet } from "./receiver_url.ts";
import type { Transport } from "./transport.ts";

/** Takes events as lines of JSON. */
export interface EventSink {
  /** What became of the lines so far. */
  readonly counts: DeliveryCounts;
  /** Takes a line, without its line break. Never waits, never throws. */
  write(line: string): void;
  /** Delivers what waits, for a few seconds at most, and ends. Never rejects. */
  close(): Promise<void>;
}

/** What {@link openEventSink} needs to know beside the target. */
export interface EventSinkOptions extends EventQueueOptions {
  /** The stream's name: the MQTT topic is segstream/NAME where the URL has no path. */
  readonly stream: string;
}

/** Lines of a POST are collected for so long. */
const HTTP_LINGER_MS = 1000;

/**
 * Opens what `--events` names: a file to append to, `-` for the standard output, an `http(s)://`
 * address that lines are POSTed to, or `mqtt(s)://USER:PASSWORD@HOST:PORT/TOPIC`.
 *
 * A server need not be there yet: lines wait for it, and `onEvent` is told.
 *
 * @throws {TypeError} If the target is none of these, or its address is not valid.
 * @throws {OutputError} If the file cannot be written, or Deno may not reach the server.
 */
export async function openEventSink(
  target: string,
  options: EventSinkOptions,
): Promise<EventSink> {
  const isHttp = /^https?:/i.test(target);
  const transport = await openTransport(target, options.stream);
  return new EventQueue(transport, { ...(isHttp && { lingerMs: HTTP_LINGER_MS }), ...options });
}

async function openTransport(target: string, stream: string): Promise<Transport> {
  if (target === "-") return openStdoutTransport();
  const scheme = /^([a-z][a-z0-9+.-]+:)\/\//i.exec(target)?.[1]?.toLowerCase();
  if (scheme === undefined) return await openFileTransport(target);
  if (!RECEIVER_SCHEMES.includes(scheme)) {
    throw new TypeError(
      `Cannot send events to ${JSON.stringify(redact(target))}: name a file, -, or an address ` +
        "that begins with http://, https://, mqtt:// or mqtts://.",
    );
  }
  const receiver = parseReceiverUrl(target);
  await requireNet(receiver);
  if (scheme.startsWith("http")) return openHttpTransport(receiver);
  return await openMqttTransport(receiver, { defaultTopic: `segstream/${stream}` });
}
