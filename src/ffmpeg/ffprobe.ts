/** Runs ffprobe once. */
import { FfmpegError } from "../errors.ts";
import { startError } from "./binary.ts";
import { childEnvironment } from "./environment.ts";
import { redact } from "./redact.ts";

/** What ffprobe printed. */
export interface ProbeOutput {
  /** Whether it could open the input. */
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** What to run ffprobe on. */
export interface ProbeRun {
  /** The input as messages name it. */
  readonly name: string;
  readonly args: readonly string[];
  /** What it reads from its standard input; nothing by default. */
  readonly stdin?: Uint8Array<ArrayBuffer>;
  /** Kills it when it aborts. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs ffprobe to its end.
 *
 * @throws {FfmpegError} If it cannot be run, or crashes.
 * @throws The signal's reason, if it aborts.
 */
export async function runFfprobe(ffprobe: string, run: ProbeRun): Promise<ProbeOutput> {
  const { name, args, stdin, signal } = run;
  const { success, stdout, stderr, ...status } = await start(ffprobe, args, stdin, signal);
  signal?.throwIfAborted();
  const text = new TextDecoder();
  const output = { success, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  if (status.signal === null) return output;
  throw new FfmpegError(
    `Cannot look into ${JSON.stringify(name)}: ${ffprobe} crashed (${status.signal}). Name ` +
      "another with SEGSTREAM_FFPROBE, or --ffmpeg with an ffprobe beside it.",
    { args: args.map(redact), exitCode: null, stderrTail: redact(output.stderr) },
  );
}

async function start(
  ffprobe: string,
  args: readonly string[],
  stdin: Uint8Array<ArrayBuffer> | undefined,
  signal: AbortSignal | undefined,
): Promise<Deno.CommandOutput> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(ffprobe, {
      args: [...args],
      clearEnv: true,
      env: childEnvironment(),
      detached: true, // see process.ts: Ctrl-C is for this program to act on
      stdin: stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
      ...(signal && { signal }),
    }).spawn();
  } catch (cause) {
    throw startError(ffprobe, args, cause);
  }
  // It may have seen enough before the end.
  if (stdin !== undefined) new Blob([stdin]).stream().pipeTo(child.stdin).catch(() => {});
  return await child.output();
}
