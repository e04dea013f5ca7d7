import type { Command } from "commander";
import { readVariable } from "../../ffmpeg/environment.ts";
import type { Redis } from "../../farm/redis.ts";

/** The options that all commands of the farm have. */
export interface ConnectionFlags {
  readonly redis?: string;
}

const VARIABLE = "SEGSTREAM_REDIS";

const HERE = "redis://127.0.0.1:6379";

/** Adds `--redis` and `--debug`. */
export function addConnectionFlags(command: Command): Command {
  return command
    .option("--redis <url>", `where the queue is (default: ${VARIABLE}, then ${HERE})`)
    .option("--debug", "print stacks with errors");
}

/**
 * Connects to the Redis that the user named, runs `use` and disconnects.
 *
 * @throws {TypeError | FarmError} If it cannot be used.
 */
export async function withRedis<T>(
  { redis: url }: ConnectionFlags,
  use: (redis: Redis) => Promise<T>,
): Promise<T> {
  // Loaded only for these commands: nothing else needs a queue.
  const { connectRedis } = await import("../../farm/redis.ts");
  const redis = await connectRedis(url ?? readVariable(VARIABLE) ?? HERE);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}
