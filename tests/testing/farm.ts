import assert from "node:assert/strict";
import type { FarmStatus, FileStatus } from "../../src/farm/status.ts";
import { farmStatus } from "../../src/farm/status.ts";
import { connectRedis } from "../../src/farm/redis.ts";
import { type CommandOptions, type RunningCommand, startCommand } from "./command.ts";
import { REPOSITORY, repositoryPath } from "./repository.ts";

/** How to start a worker. */
export interface TestWorkerOptions {
  /** The redis:// URL. */
  readonly redis: string;
  /** More arguments of `farm work`. */
  readonly args?: readonly string[];
  readonly env?: Record<string, string>;
  /** Runs it on this core only; Linux. */
  readonly core?: number;
}

/** Starts `segstream farm work` as a user does, with a short lease; it measures nothing. */
export function startWorker(options: TestWorkerOptions): RunningCommand {
  const { redis, args = [], core } = options;
  const program = [Deno.execPath(), "run", "-q", "-P", repositoryPath("mod.ts")];
  const work = [
    "farm",
    "work",
    "--redis",
    redis,
    "--lease",
    "3",
    "--provider",
    "cpu",
    "--fps",
    "50",
  ];
  const pin = core === undefined ? [] : ["taskset", "-c", String(core)];
  const [first, ...rest] = [...pin, ...program, ...work, "--threads", "1", ...args];
  const settings: CommandOptions = {
    cwd: REPOSITORY,
    env: { NO_COLOR: "1", ...options.env },
  };
  return startCommand(first!, rest, settings);
}

/** Resolves once a worker takes jobs. */
export async function isReady(worker: RunningCommand): Promise<RunningCommand> {
  await worker.stderrMatches(/ works: /);
  return worker;
}

/** Looks at the farm until it is as wanted; rejects with how it is instead when that takes too long. */
export async function statusWhen(
  redisUrl: string,
  isWanted: (status: FarmStatus) => boolean,
  patienceMs = 60_000,
): Promise<FarmStatus> {
  const redis = await connectRedis(redisUrl);
  try {
    const end = performance.now() + patienceMs;
    for (;;) {
      const status = await farmStatus(redis);
      if (isWanted(status)) return status;
      assert.ok(performance.now() < end, `the farm stays as it is: ${JSON.stringify(status)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  } finally {
    redis.disconnect();
  }
}

/** Resolves once every file is done or has failed. */
export async function allEnded(
  redisUrl: string,
  patienceMs?: number,
): Promise<readonly FileStatus[]> {
  const { files } = await statusWhen(
    redisUrl,
    ({ files, counts }) =>
      files.length > 0 && counts.waiting + counts.running + counts.retrying === 0,
    patienceMs,
  );
  return files;
}
