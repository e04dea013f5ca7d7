import { connect } from "node:net";
import { join } from "node:path";
import { type RunningCommand, startCommand } from "./command.ts";
import { freePort } from "./free_port.ts";
import { answerOf } from "./installed.ts";

/** A Redis of a test's own, with an append-only file. Dispose of it (`await using`). */
export interface TestRedis extends AsyncDisposable {
  readonly url: string;
  /** SIGKILL: what is not in the append-only file yet is gone. */
  kill(): Promise<void>;
  /** Starts it again with the same port and the same data. */
  restart(): Promise<void>;
}

/** How to start one. */
export interface TestRedisOptions {
  readonly password?: string;
}

const PROGRAM = "redis-server";

/** What `Deno.test` needs to skip what wants a Redis where none is installed. */
export interface RedisPresence {
  readonly ignore: boolean;
  /** The test's name; where there is no Redis, with the reason for skipping. */
  name(name: string): string;
}

/** Looks whether redis-server is installed. */
export async function redisPresence(): Promise<RedisPresence> {
  const present = await answerOf(PROGRAM, ["--version"]) !== undefined;
  return {
    ignore: !present,
    name: (name) => present ? name : `${name} (skipped: redis-server is not installed)`,
  };
}

/** Starts a redis-server on a free port of 127.0.0.1, with a folder of its own. */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const folder = await Deno.makeTempDir({ prefix: "segstream_redis_" });
  const port = freePort();
  let running = await start(folder, port, options);
  return {
    url: `redis://${
      options.password === undefined ? "" : `:${options.password}@`
    }127.0.0.1:${port}`,
    async kill() {
      running.kill("SIGKILL");
      await running.ended;
    },
    async restart() {
      running = await start(folder, port, options);
    },
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function start(
  folder: string,
  port: number,
  { password }: TestRedisOptions,
): Promise<RunningCommand> {
  const command = startCommand(PROGRAM, [
    ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""],
    ...["--appendonly", "yes", "--appendfsync", "everysec"],
    ...["--logfile", join(folder, "log")],
    ...(password === undefined ? [] : ["--requirepass", password]),
  ]);
  let hasEnded = false;
  command.ended.then(() => hasEnded = true);
  while (!await answers(port)) {
    // It has just been started, or reads its file.
    if (!hasEnded) continue;
    throw new Error(`${PROGRAM} ended: ${await Deno.readTextFile(join(folder, "log"))}`);
  }
  return command;
}

/** Whether a command is answered, be it with "log in first", and not with "still loading". */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (isThere: boolean) => {
      socket.destroy();
      // Not at once again: it wants the time to start.
      setTimeout(() => resolve(isThere), isThere ? 0 : 20);
    };
    socket.on("connect", () => socket.write("PING\r\n"));
    socket.on("data", (data) => end(!String(data).includes("LOADING")));
    socket.on("error", () => end(false));
  });
}
