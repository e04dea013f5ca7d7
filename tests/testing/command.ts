import "./cache.ts"; // before any program

/** How a program ended and what it printed. */
export interface CommandResult {
  /** The exit code; 128 + the signal's number when a signal ended it. */
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: Uint8Array<ArrayBuffer>;
  readonly stderr: string;
}

/** Options of {@link startCommand}. */
export interface CommandOptions {
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Record<string, string>;
  /** What the program reads from standard input; nothing by default. */
  readonly stdin?: Uint8Array<ArrayBuffer>;
  /** Sends SIGTERM. */
  readonly signal?: AbortSignal;
}

/** A program that runs. Dispose of it (`await using`), and it is killed if it still does. */
export interface RunningCommand extends AsyncDisposable {
  readonly pid: number;
  /** Resolves when the program ended and all of its output was read. */
  readonly ended: Promise<CommandResult>;
  /**
   * Resolves with the match once standard error has it; rejects if the program ends before, or says
   * no such thing for as long as no program takes.
   */
  stderrMatches(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Does nothing where it has ended. */
  kill(signal: Deno.Signal): void;
}

/** Longer than a busy machine takes for anything, and shorter than what run.ts takes for a stop. */
const PATIENCE_MS = 180_000;

/** Starts a program; its output is read all the time, so that it never waits for the test. */
export function startCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): RunningCommand {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }).spawn();
  let stderr = "";
  let over = false;
  let changed = Promise.withResolvers<void>();
  const announce = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const readStderr = async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      stderr += text;
      announce();
    }
  };
  const run = async (): Promise<CommandResult> => {
    const [stdout, status] = await Promise.all([
      new Response(child.stdout).bytes(),
      child.status,
      readStderr(),
      options.stdin === undefined ? undefined : feed(child.stdin, options.stdin),
    ]);
    over = true;
    announce();
    return { code: status.code, signal: status.signal, stdout, stderr };
  };
  const ended = run();
  return {
    pid: child.pid,
    ended,
    kill: (signal) => sendSignal(child, signal),
    async stderrMatches(pattern) {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        announce();
      }, PATIENCE_MS);
      try {
        for (;;) {
          const match = stderr.match(pattern);
          if (match !== null) return match;
          if (over) throw new Error(`${program} ended without printing ${pattern}: ${stderr}`);
          if (isLate) throw new Error(`${program} does not print ${pattern}: ${stderr}`);
          await changed.promise;
        }
      } finally {
        clearTimeout(timer);
      }
    },
    async [Symbol.asyncDispose]() {
      sendSignal(child, "SIGKILL");
      await ended;
    },
  };
}

/** Runs a program to its end. */
export function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return startCommand(program, args, options).ended;
}

/** Sends a signal to a child, unless it has ended: that may be known before its output is read. */
export function sendSignal(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // "Child process has already terminated"
  }
}

/** A program may end without reading all of its input. */
async function feed(stdin: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  try {
    await new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeTo(stdin);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
