/** The connection to Redis: looked at once before it is used, so that what is wrong is said in a line. */
import { FarmError } from "../errors.ts";
import { oneLine, redact } from "../ffmpeg/redact.ts";
import { Redis } from "./queue_packages.ts";

export type { Redis };

/** BullMQ's own recommendation; older ones lack commands that are used here. */
const OLDEST: readonly [number, number] = [6, 2];

/** How long a first connection may take. */
const PATIENCE_MS = 5000;

/** The longest pause between two attempts to reconnect. */
const LONGEST_PAUSE_MS = 2000;

/**
 * Connects to Redis or Valkey. The connection mends itself from then on: commands wait while it is
 * away.
 *
 * @param url `redis://[user:password@]host[:port][/database]`; `rediss:` for TLS.
 * @throws {TypeError} If it is no such URL.
 * @throws {FarmError} If it cannot be reached, refuses the login or is too old.
 */
export async function connectRedis(url: string): Promise<Redis> {
  checkUrl(url);
  await examine(url);
  const redis = new Redis(url, {
    // BullMQ wants commands to wait for as long as it takes.
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(attempt * 200, LONGEST_PAUSE_MS),
  });
  // Each attempt that fails would be an uncaught error; what it means is said by who waits for it.
  redis.on("error", () => {});
  return redis;
}

function checkUrl(url: string): void {
  const isRedis = URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol);
  if (isRedis) return;
  throw new TypeError(
    `Cannot use ${JSON.stringify(redact(url))} as a Redis: write redis://HOST:PORT, or rediss:// ` +
      "with TLS.",
  );
}

async function examine(url: string): Promise<void> {
  const probe = new Redis(url, {
    lazyConnect: true,
    connectTimeout: PATIENCE_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: unknown;
  probe.on("error", (error) => reason ??= error);
  try {
    await probe.connect();
    const info = await probe.info("server");
    const version = /redis_version:(\S+)/.exec(info)?.[1] ?? "0";
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
      throw new FarmError(
        `Cannot use the Redis at ${redact(url)}: it is version ${version}, and the farm needs ` +
          `${OLDEST.join(".")} or newer. Update it, or run Valkey.`,
        { redis: redact(url) },
      );
    }
  } catch (cause) {
    if (cause instanceof FarmError) throw cause;
    throw connectError(url, reason ?? cause);
  } finally {
    probe.disconnect();
  }
}

/** The error for a Redis that does not let us in, with what would mend it. */
function connectError(url: string, cause: unknown): FarmError {
  const name = redact(url);
  const { hostname } = new URL(url);
  const text = cause instanceof Error ? cause.message : String(cause);
  const [state, mend] = /Requires net access|NotCapable|EPERM/.test(text)
    ? [
      "Deno was not given leave to connect to it",
      `Add --allow-net=${hostname} behind -P`,
    ]
    : /WRONGPASS|NOAUTH|invalid password|without any password/i.test(text)
    ? ["it refuses the login", "Check user and password in the URL"]
    : /NOPERM/.test(text)
    ? ["its user may not do what the farm needs", "Allow it all commands on keys segstream:*"]
    : /ENOTFOUND|failed to lookup/i.test(text)
    ? [`there is no host "${hostname}"`, "Check the address"]
    : /ECONNREFUSED/.test(text)
    ? ["nothing answers there", "Start redis-server, or check the address"]
    : [oneLine(text).replace(/[.\s]+$/, ""), "Check the address and that it can be reached"];
  return new FarmError(`Cannot use the Redis at ${name}: ${state}. ${mend}.`, { redis: name }, {
    cause,
  });
}
