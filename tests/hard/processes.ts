/** Which processes there are: how a test proves that none was left behind. Linux and macOS (`ps`). */
import assert from "node:assert/strict";
import { runCommand, type RunningCommand } from "../testing/command.ts";

/** A process that runs; those that ended and are not yet collected do not count. */
export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  /** The arguments, joined by spaces. */
  readonly command: string;
}

/** Every process of this machine that we may see. */
export async function listProcesses(): Promise<RunningProcess[]> {
  const result = await runCommand("ps", ["-ww", "-e", "-o", "pid=,ppid=,stat=,args="]);
  assert.equal(result.code, 0, result.stderr);
  const processes: RunningProcess[] = [];
  for (const line of new TextDecoder().decode(result.stdout).split("\n")) {
    const [, pid, parent, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (command === undefined || state!.startsWith("Z")) continue;
    processes.push({ pid: Number(pid), parent: Number(parent), command });
  }
  return processes;
}

/** The processes that `pid` started, and those that they started. */
export async function descendantsOf(pid: number): Promise<RunningProcess[]> {
  const all = await listProcesses();
  const found: RunningProcess[] = [];
  const parents = [pid];
  for (let next = parents.pop(); next !== undefined; next = parents.pop()) {
    for (const each of all.filter(({ parent }) => parent === next)) {
      found.push(each);
      parents.push(each.pid);
    }
  }
  return found;
}

/** The processes whose arguments hold `text`, such as the folder that they work in. */
export async function processesNaming(text: string): Promise<RunningProcess[]> {
  return (await listProcesses()).filter(({ command }) => command.includes(text));
}

/** How long processes may take to end by themselves once nobody talks to them, on a busy machine. */
const PATIENCE_MS = 60_000;

/** Resolves when no process matches any more; rejects with those that stay. */
export async function noneLeft(find: () => Promise<RunningProcess[]>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const left = await find();
    if (left.length === 0) return;
    if (performance.now() > end) {
      throw new Error(`left behind: ${left.map(({ command }) => command).join("; ")}`);
    }
  }
}

/** As {@link noneLeft}, for processes that were seen before. */
export function allEnded(seen: readonly RunningProcess[]): Promise<void> {
  return noneLeft(async () => {
    const now = new Map((await listProcesses()).map((each) => [each.pid, each.command]));
    return seen.filter(({ pid, command }) => now.get(pid) === command);
  });
}

/**
 * Resolves with what is found once there is some; rejects with `run`'s messages when that ends before,
 * or when it takes too long.
 */
export async function foundIn<T>(
  run: RunningCommand,
  what: string,
  find: () => Promise<T | undefined>,
): Promise<T> {
  const isOver = run.ended.then(() => true);
  for (const end = performance.now() + PATIENCE_MS;;) {
    const found = await find();
    if (found !== undefined) return found;
    const isLate = performance.now() > end;
    assert.ok(!isLate, `waited in vain for ${what}`);
    if (await Promise.race([isOver, aMoment()])) {
      assert.fail(`it ended without ${what}: ${(await run.ended).stderr}`);
    }
  }
}

/** Lets others work between two looks. */
function aMoment(): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, 20, false));
}

/** Resolves when a process has used no CPU time for a while: it waits for something. */
export async function idle(pid: number): Promise<void> {
  let now = await cpuTicks(pid);
  for (let before = -1; now !== before;) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 500));
    now = await cpuTicks(pid);
  }
}

/** proc(5): fields 14 and 15, user and system time, counted behind the name in parentheses. */
async function cpuTicks(pid: number): Promise<number> {
  const { stdout } = await runCommand("cat", [`/proc/${pid}/stat`]);
  const fields = new TextDecoder().decode(stdout).replace(/^.*\) /s, "").split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
