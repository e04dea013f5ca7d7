import { createRequire } from "node:module";
import process from "node:process";
import type { IClientOptions, MqttClient } from "mqtt";
import type { ReceiverUrl } from "./receiver_url.ts";
import type { ConnectionTrouble, Transport } from "./transport.ts";

/** Between two attempts to reach the broker. */
const RECONNECT_MS = 5000;
const CONNECT_TIMEOUT_MS = 10_000;

/** How an MQTT transport publishes. */
export interface MqttOptions {
  /** The topic where the URL's path names none. */
  readonly defaultTopic: string;
  /** Between two attempts to reach the broker; 5 seconds by default. */
  readonly reconnectMs?: number;
}

/**
 * Publishes each line as a message of QoS 1, to the topic that the URL's path names. It connects in
 * the background, again and again; messages that were on their way when the connection broke are
 * sent again by the client.
 *
 * @throws {TypeError} If the topic is a pattern.
 */
export async function openMqttTransport(
  receiver: ReceiverUrl,
  options: MqttOptions,
): Promise<Transport> {
  const { name, user, password } = receiver;
  const reconnectMs = options.reconnectMs ?? RECONNECT_MS;
  const topic = topicOf(receiver, options.defaultTopic);
  const client = await connect(`${receiver.url.protocol}//${receiver.url.host}`, {
    ...(user === "" ? {} : { username: user, password }),
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: reconnectMs,
    reconnectOnConnackError: true,
  });
  let lastError: Error | undefined;
  client.on("error", (error) => lastError = error);
  return {
    name,
    watch(listener: (trouble: ConnectionTrouble | undefined) => void) {
      client.on("connect", () => {
        lastError = undefined;
        listener(undefined);
      });
      client.on("close", () => {
        const reason = lastError ?? new Error("the broker closed the connection");
        listener({ reason, delayMs: reconnectMs });
      });
    },
    async deliver(lines) {
      await Promise.all(lines.map((line) => client.publishAsync(topic, line, { qos: 1 })));
    },
    async close() {
      client.removeAllListeners("close");
      client.on("error", () => {});
      await client.endAsync(true);
    },
  };
}

function topicOf({ url }: ReceiverUrl, defaultTopic: string): string {
  const topic = decodeURIComponent(url.pathname).replace(/^\//, "") || defaultTopic;
  if (!/[+#\0]/.test(topic)) return topic;
  throw new TypeError(
    `Cannot publish to the topic ${JSON.stringify(topic)}: + and # are for subscribers. Name one ` +
      "topic, as in mqtt://host/cameras/gate.",
  );
}

/**
 * Begins to connect. The client and what it stands on look through the whole environment for settings
 * of their own (a proxy, what to debug): they see an empty one, so that no leave to read it has to be
 * given.
 */
async function connect(url: string, options: IClientOptions): Promise<MqttClient> {
  // The import alone would load it later than this; it makes Deno install it, and has the types.
  withEmptyEnvironment(() => createRequire(import.meta.url)("mqtt"));
  const mqtt = await import("mqtt");
  return withEmptyEnvironment(() => mqtt.connect(url, options));
}

function withEmptyEnvironment<T>(run: () => T): T {
  const environment = process.env;
  process.env = {};
  try {
    return run();
  } finally {
    process.env = environment;
  }
}
