/** The real program on cameras, with its page: what tests ask it, and what they do to it. */
import assert from "node:assert/strict";
import type { FeedStatus } from "../../src/report/feed.ts";
import type { StatusMessage } from "../../src/live/status_push.ts";
import {
  type CommandOptions,
  type CommandResult,
  runCommand,
  type RunningCommand,
} from "./command.ts";
import { startSegstream } from "./segstream.ts";

/** Small and quick: what is shown with these does not depend on the network's size. */
export const QUICK: readonly string[] = ["--resolution", "quarter", "--provider", "cpu"];

/** How long a condition may take to come true on a machine that is busy with other things. */
const PATIENCE_MS = 120_000;

/** How often a run is asked how it is. */
const PERIOD_MS = 50;

/** A live run with its page. Dispose of it (`await using`), and it is killed if it still runs. */
export interface LiveRun extends AsyncDisposable {
  readonly pid: number;
  /** Of the page, as it was printed. */
  readonly url: string;
  readonly command: RunningCommand;
  /** The address of a path of the page's server, without the token. */
  at(path: string): string;
  /** Asks the page's server; a token is sent along. */
  get(path: string): Promise<Response>;
  /** The first stream's status, or that of the one named. */
  status(name?: string): Promise<FeedStatus>;
  /** Waits until a stream's status is so, and gives it. */
  until(
    what: string,
    isTrue: (status: FeedStatus) => boolean,
    options?: { readonly name?: string; readonly limitMs?: number },
  ): Promise<FeedStatus>;
  /** A value of /metrics: the sum of all lines that begin so. */
  metric(start: string): Promise<number>;
  /** Ctrl-C, and how it ended. */
  stop(): Promise<CommandResult>;
}

/** Starts the program with `--live`, on a port of the system's choice unless `args` name one. */
export async function startLive(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<LiveRun> {
  const address = args.includes("--live") ? [] : ["--live", ":0"];
  const command = startSegstream([...args, ...address], options);
  const [, url] = await command.stderrMatches(/(?:live page is at |"url":")(http[^\s"]+)[\s"]/)
    .catch(
      async (error) => {
        await command[Symbol.asyncDispose]();
        throw error;
      },
    );
  const { origin, searchParams } = new URL(url!.replace("localhost", "127.0.0.1"));
  const token = searchParams.get("token");
  const at = (path: string) => origin + path;
  const get = (path: string) =>
    fetch(at(path), token === null ? {} : { headers: { authorization: `Bearer ${token}` } });
  const status = async (name?: string) => {
    const { feeds } = await (await get("/feeds.json")).json() as StatusMessage;
    const feed = name === undefined ? feeds[0] : feeds.find((each) => each.status.name === name);
    assert.ok(feed !== undefined, `there is no stream ${name}`);
    return feed.status;
  };
  return {
    ...{ pid: command.pid, url: url!, command, at, get, status },
    async until(what, isTrue, { name, limitMs = PATIENCE_MS } = {}) {
      const end = performance.now() + limitMs;
      for (;;) {
        const now = await status(name);
        if (isTrue(now)) return now;
        if (performance.now() > end) {
          assert.fail(`waited in vain until ${what}: ${JSON.stringify(now)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
      }
    },
    async metric(start) {
      const text = await (await get("/metrics")).text();
      const lines = text.split("\n").filter((line) => line.startsWith(start));
      assert.ok(lines.length > 0, `there is no metric ${start}`);
      return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    },
    async stop() {
      command.kill("SIGINT");
      return await command.ended;
    },
    [Symbol.asyncDispose]: () => command[Symbol.asyncDispose](),
  };
}

/** The threads of a process whose name is so, as "number name". */
export async function threadsOf(pid: number, name: RegExp): Promise<readonly string[]> {
  const { stdout } = await runCommand("ps", ["-T", "-p", String(pid), "-o", "tid=,comm="]);
  return new TextDecoder().decode(stdout).trim().split("\n")
    .map((line) => line.trim())
    .filter((line) => name.test(line.split(" ")[1]!));
}
