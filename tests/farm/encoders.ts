/** Holds a worker in the middle of a part, however fast it is: its encoder is stopped. */
import assert from "node:assert/strict";
import { descendantsOf } from "../hard/processes.ts";
import { runCommand, type RunningCommand } from "../testing/command.ts";

/** The encoder reads frames from its standard input, and no other child of a worker does. */
const ENCODER = /-i pipe:0 /;

const PATIENCE_MS = 120_000;

/** An encoder that is stopped. Dispose of it (`using`), and it goes on if it is still there. */
export interface HeldEncoder extends Disposable {
  /** Whose it is. */
  readonly worker: RunningCommand;
}

/** Stops the first encoder that one of the workers has; Linux and macOS. */
export async function holdEncoder(workers: readonly RunningCommand[]): Promise<HeldEncoder> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end;) {
    for (const worker of workers) {
      const children = await descendantsOf(worker.pid);
      const encoder = children.find(({ command }) => ENCODER.test(command));
      if (encoder === undefined || !await stop(encoder.pid)) continue;
      return { worker, [Symbol.dispose]: () => void send(encoder.pid, "SIGCONT") };
    }
  }
  assert.fail("no worker encodes anything");
}

/** Whether it is stopped then: it may have ended a moment ago. */
async function stop(pid: number): Promise<boolean> {
  if (!send(pid, "SIGSTOP")) return false;
  const { stdout } = await runCommand("ps", ["-o", "stat=", "-p", String(pid)]);
  return new TextDecoder().decode(stdout).trimStart().startsWith("T");
}

function send(pid: number, signal: Deno.Signal): boolean {
  try {
    Deno.kill(pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
