/** Runs ffmpeg as a child: its pipes, its messages, its end. */
import { type FfmpegBinary, startError } from "./binary.ts";
import { childEnvironment } from "./environment.ts";
import { FfmpegLog } from "./log.ts";

export { redact } from "./redact.ts";

/** How a run of ffmpeg ended. */
export interface FfmpegExit {
  /** The exit code, or null when a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it, or null. */
  readonly signal: string | null;
  /** The last warnings and errors it printed, credentials hidden. */
  readonly stderrTail: string;
  /** The last error that tells a reason, on one line; "" when there was none. */
  readonly lastError: string;
  /** How many errors it printed. */
  readonly errorCount: number;
  /** The CPU time it used, user and system, in milliseconds; unknown when it was killed. */
  readonly cpuMs: number | undefined;
}

/** A running ffmpeg. */
export interface FfmpegProcess {
  /** Only when asked for, else reading the property throws. */
  readonly stdin: WritableStream<Uint8Array>;
  /** A byte stream; only when asked for, else reading the property throws. */
  readonly stdout: ReadableStream<Uint8Array>;
  /** Resolves when it ended; never rejects. */
  readonly ended: Promise<FfmpegExit>;
  /** SIGKILL, and waits for the end. Safe to call twice. */
  kill(): Promise<FfmpegExit>;
  /** SIGINT: ffmpeg writes its trailer and ends. Does nothing when it has ended. */
  interrupt(): void;
}

/** Which pipes to open. */
export interface SpawnOptions {
  /** Whether to feed it. */
  readonly stdin: boolean;
  /** Whether to read what it gives. */
  readonly stdout: boolean;
  /** Kills the process when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Takes every line it prints, credentials hidden; ffmpeg says more then (`-loglevel verbose`). */
  readonly onLine?: ((line: string) => void) | undefined;
}

/**
 * Starts ffmpeg with `args` after the options that every run shares. What it prints is always
 * read, because a full stderr pipe (64 KiB) would stop it; only the tail is kept.
 *
 * @throws {FfmpegError} If it cannot be started.
 */
export function spawnFfmpeg(
  binary: FfmpegBinary,
  args: readonly string[],
  options: SpawnOptions,
): FfmpegProcess {
  const child = start(binary.path, args, options);
  const log = new FfmpegLog(options.onLine);
  let running = true;
  const end = async (): Promise<FfmpegExit> => {
    const [status] = await Promise.all([child.status, drain(child.stderr, log)]);
    running = false;
    options.signal?.removeEventListener("abort", onAbort);
    return {
      code: status.signal === null ? status.code : null,
      signal: status.signal,
      stderrTail: log.tail,
      lastError: log.lastError,
      errorCount: log.errorCount,
      cpuMs: log.cpuMs,
    };
  };
  const send = (signal: Deno.Signal) => {
    if (running) sendSignal(child, signal);
  };
  const onAbort = () => send("SIGKILL");
  options.signal?.addEventListener("abort", onAbort);
  const ended = end();
  if (options.signal?.aborted) onAbort();
  return {
    get stdin() {
      return child.stdin;
    },
    get stdout() {
      return child.stdout;
    },
    ended,
    kill() {
      send("SIGKILL");
      return ended;
    },
    interrupt: () => send("SIGINT"),
  };
}

function start(path: string, args: readonly string[], options: SpawnOptions): Deno.ChildProcess {
  const level = options.onLine === undefined ? "level+info" : "level+verbose";
  const shared = ["-hide_banner", "-nostats", "-loglevel", level, "-benchmark"];
  if (!options.stdin) shared.push("-nostdin");
  try {
    return new Deno.Command(path, {
      args: [...shared, ...args],
      clearEnv: true,
      env: childEnvironment(),
      // A process group of its own: Ctrl-C in a terminal goes to the whole foreground group, and it
      // is for this program to say when the encoder has had its last frame.
      detached: true,
      stdin: options.stdin ? "piped" : "null",
      stdout: options.stdout ? "piped" : "null",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    throw startError(path, args, cause);
  }
}

async function drain(stderr: ReadableStream<Uint8Array>, log: FfmpegLog): Promise<void> {
  const decoder = new TextDecoder();
  try {
    for await (const piece of stderr) log.push(decoder.decode(piece, { stream: true }));
  } catch {
    // The pipe broke; what was read up to here is the tail.
  }
  log.end();
}

function sendSignal(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It ended a moment ago.
  }
}
