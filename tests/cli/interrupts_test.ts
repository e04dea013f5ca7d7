import assert from "node:assert/strict";
import { watchInterrupts } from "../../src/cli/interrupts.ts";

/** Signals that the test sends, and who listens to them. */
function makeSignals() {
  const listeners = new Map<Deno.Signal, () => void>();
  return {
    listeners,
    source: {
      addSignalListener: (signal: Deno.Signal, listener: () => void) => {
        listeners.set(signal, listener);
      },
      removeSignalListener: (signal: Deno.Signal) => {
        listeners.delete(signal);
      },
    },
    send: (signal: Deno.Signal) => listeners.get(signal)!(),
  };
}

const CASES: readonly (readonly [readonly Deno.Signal[], stop: boolean, kill: boolean])[] = [
  [[], false, false],
  [["SIGINT"], true, false],
  [["SIGINT", "SIGINT"], true, true],
  [["SIGTERM", "SIGINT"], true, true],
  [["SIGHUP"], true, false],
  [["SIGHUP", "SIGHUP", "SIGHUP"], true, false],
  [["SIGINT", "SIGHUP"], true, false],
  [["SIGHUP", "SIGTERM"], true, true],
];

for (const [signals, stop, kill] of CASES) {
  const asked = kill ? "to stop at once" : stop ? "to stop" : "nothing";
  Deno.test({
    name: `watchInterrupts() asks ${asked}, on ${signals.join(", ") || "no signal"}`,
    ignore: Deno.build.os === "windows", // has SIGINT alone
    fn() {
      const { source, send, listeners } = makeSignals();
      const notes: string[] = [];
      const interrupts = watchInterrupts((line) => notes.push(line), source);
      for (const signal of signals) send(signal);
      assert.deepEqual([interrupts.stop.aborted, interrupts.kill.aborted], [stop, kill]);
      assert.equal(notes.length, stop ? 1 : 0);
      interrupts.release();
      assert.equal(listeners.size, 0);
    },
  });
}
