/** What Ctrl-C asks for: `stop` at the first, `kill` at the second. */
export interface Interrupts {
  /** Finish what is in flight, then end. */
  readonly stop: AbortSignal;
  /** End at once. */
  readonly kill: AbortSignal;
  /** Gives the signals back to the system. */
  release(): void;
}

const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Turns SIGINT, SIGTERM and SIGHUP into aborts. `note` is called with a line for the user. */
export function watchInterrupts(note: (line: string) => void): Interrupts {
  const stop = new AbortController();
  const kill = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) {
      kill.abort(new Error("It was stopped."));
      return;
    }
    stop.abort();
    note("Finishing the frames in flight; Ctrl-C again stops at once.");
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, onSignal);
  return {
    stop: stop.signal,
    kill: kill.signal,
    release() {
      for (const signal of SIGNALS) Deno.removeSignalListener(signal, onSignal);
    },
  };
}
