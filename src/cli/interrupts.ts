/** What Ctrl-C asks for: `stop` at the first, `kill` at the second, whichever signals they are. */
export interface Interrupts {
  /** Finish what is in flight, then end. */
  readonly stop: AbortSignal;
  /** End at once. */
  readonly kill: AbortSignal;
  /** Gives the signals back to the system. */
  release(): void;
}

/** The part of Deno that tells of signals. */
export type SignalSource = Pick<typeof Deno, "addSignalListener" | "removeSignalListener">;

const isWindows = Deno.build.os === "windows";

/** What a person or a supervisor sends: the second one means it. */
const INTERRUPTIONS: readonly Deno.Signal[] = isWindows ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

/**
 * The terminal is gone. It comes more than once while a session ends, and to listen undoes what
 * `nohup` set: it asks for the orderly end, and never cuts that short.
 */
const HANGUPS: readonly Deno.Signal[] = isWindows ? [] : ["SIGHUP"];

/**
 * Turns SIGINT and SIGTERM into aborts, SIGHUP into a `stop` only.
 *
 * @param note Called with a line for the user.
 * @param source For tests to replace.
 */
export function watchInterrupts(
  note: (line: string) => void,
  source: SignalSource = Deno,
): Interrupts {
  const stop = new AbortController();
  const kill = new AbortController();
  const onHangup = () => {
    if (stop.signal.aborted) return;
    stop.abort();
    note("Finishing the frames in flight; Ctrl-C again stops at once.");
  };
  const onInterruption = () => {
    if (stop.signal.aborted) kill.abort(new Error("It was stopped."));
    else onHangup();
  };
  const listeners = [
    ...INTERRUPTIONS.map((signal) => [signal, onInterruption] as const),
    ...HANGUPS.map((signal) => [signal, onHangup] as const),
  ];
  for (const [signal, listener] of listeners) source.addSignalListener(signal, listener);
  return {
    stop: stop.signal,
    kill: kill.signal,
    release() {
      for (const [signal, listener] of listeners) source.removeSignalListener(signal, listener);
    },
  };
}
