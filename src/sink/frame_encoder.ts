import { FfmpegError, OutputError } from "../errors.ts";
import type { FfmpegBinary } from "../ffmpeg/binary.ts";
import type { NutWriter } from "../ffmpeg/nut_writer.ts";
import { type FfmpegExit, type FfmpegProcess, redact, spawnFfmpeg } from "../ffmpeg/process.ts";
import { passthroughOption } from "../ffmpeg/release.ts";

/** What {@link FrameEncoder} runs. */
export interface FrameEncoderOptions {
  /** The output as messages name it. */
  readonly name: string;
  /** Writes the bytes around the frames. */
  readonly nut: NutWriter;
  /** What describes the raw frames, before `-i`. */
  readonly inputOptions?: readonly string[];
  /** All arguments behind the input of frames: more inputs, encoder and output. */
  readonly output: readonly string[];
  /** Whether the output goes to a pipe that is read here. Default false. */
  readonly stdout?: boolean;
}

/**
 * An ffmpeg that is fed frames with exact timestamps through its standard input.
 *
 * - Frames are taken one at a time; `write()` resolves when the frame's buffer may be reused.
 * - When ffmpeg dies, `write()` and `finish()` reject with its reason; nothing waits for ever.
 */
export class FrameEncoder {
  readonly #process: FfmpegProcess;
  readonly #frames: WritableStreamDefaultWriter<Uint8Array>;
  readonly #options: FrameEncoderOptions;
  readonly #args: readonly string[];
  #lastPtsUs: number | undefined;

  /**
   * Starts ffmpeg, which then waits for frames.
   *
   * @throws {FfmpegError} If ffmpeg cannot be started.
   */
  constructor(binary: FfmpegBinary, options: FrameEncoderOptions) {
    this.#options = options;
    this.#args = [
      // The header says all there is to know: probing would hold back the first 20 frames or so.
      ...["-probesize", "32", "-analyzeduration", "0", ...(options.inputOptions ?? [])],
      ...["-f", "nut", "-i", "pipe:0"],
      ...options.output,
    ];
    const stdout = options.stdout ?? false;
    this.#process = spawnFfmpeg(binary, this.#args, { stdin: true, stdout });
    this.#frames = this.#process.stdin.getWriter();
    // Its breaking is noticed by the write that it breaks.
    this.#frames.closed.catch(() => {});
  }

  /** What ffmpeg writes, where `stdout` was asked for. */
  get stdout(): ReadableStream<Uint8Array> {
    return this.#process.stdout;
  }

  /** The time of the last frame in microseconds; undefined before the first. */
  get lastPtsUs(): number | undefined {
    return this.#lastPtsUs;
  }

  /**
   * Takes one frame. A timestamp that does not grow is moved on by one tick of the coarsest clock
   * that a container here counts exactly (90 kHz), because no container takes two frames at once.
   *
   * @throws {OutputError} If ffmpeg has ended.
   */
  async write(ptsUs: number, pixels: Uint8Array): Promise<void> {
    const last = this.#lastPtsUs;
    const time = Math.max(Math.round(ptsUs), last === undefined ? 0 : last + TICK_US);
    this.#lastPtsUs = time;
    if (last === undefined) await this.#send(this.#options.nut.header());
    await this.#send(this.#options.nut.frameHeader(time, pixels.byteLength));
    await this.#send(pixels);
  }

  /**
   * Ends the input and waits until everything is written.
   *
   * @throws {OutputError} If ffmpeg failed, unless it was interrupted and that is no failure.
   */
  async finish(options: { mayBeInterrupted?: boolean } = {}): Promise<FfmpegExit> {
    // It fails only when ffmpeg is dead, and how it died is said below.
    await this.#frames.close().catch(() => {});
    const exit = await this.#process.ended;
    const isExpected = exit.code === INTERRUPTED && (options.mayBeInterrupted ?? false);
    if (!isWritten(isExpected ? { ...exit, code: 0 } : exit)) throw this.#error(exit);
    return exit;
  }

  /** Asks ffmpeg to end where it is: it writes the trailer. */
  interrupt(): void {
    this.#process.interrupt();
  }

  /** Stops it at once and waits for that. Safe to call twice. */
  async kill(): Promise<void> {
    await this.#process.kill();
    await this.#frames.abort().catch(() => {});
  }

  async #send(bytes: Uint8Array): Promise<void> {
    try {
      await this.#frames.write(bytes);
    } catch {
      // The pipe breaks a moment before the exit is known, and only the exit has the reason. (Racing
      // each write against the end instead would leave a reaction on that promise for every frame.)
      throw this.#error(await this.#process.ended);
    }
  }

  #error(exit: FfmpegExit): OutputError {
    return encodeError(`Cannot encode ${JSON.stringify(this.#options.name)}`, {
      output: this.#options.name,
      args: this.#args,
      exit,
    });
  }
}

/** Passes every frame on with its own time, counted in the source's microseconds. */
export function exactTiming(binary: FfmpegBinary): readonly string[] {
  return [...passthroughOption(binary.release), "-enc_time_base:v", "-1"];
}

/** The error for a run of ffmpeg that wrote an output and failed; `action` begins the message. */
export function encodeError(
  action: string,
  run: { output: string; args: readonly string[]; exit: FfmpegExit },
): OutputError {
  const { exit, output } = run;
  const cause = new FfmpegError(`ffmpeg ended: ${reasonOf(exit)}`, {
    args: run.args.map(redact),
    exitCode: exit.code,
    stderrTail: exit.stderrTail,
  });
  return new OutputError(`${action}: ${reasonOf(exit)}.${mendOf(exit)}`, { output }, { cause });
}

/**
 * Whether all of the output was written. ffmpeg ends with 0 even when the last bytes of it could
 * not be, and only says so.
 */
export function isWritten(exit: FfmpegExit): boolean {
  return exit.code === 0 && !LOST_OUTPUT.test(exit.stderrTail);
}

const LOST_OUTPUT =
  /No space left on device|Error writing trailer|Error closing file|Error muxing a packet/;

/** The exit code of an ffmpeg that was interrupted and wrote its trailer. */
const INTERRUPTED = 255;

/** One tick of 90 kHz in microseconds, rounded up. */
const TICK_US = 12;

/** Why an ffmpeg that failed did, as the end of a sentence. */
export function reasonOf(exit: FfmpegExit): string {
  if (exit.signal !== null) return `ffmpeg was ended by ${exit.signal}`;
  if (/No space left on device/.test(exit.stderrTail)) return "No space left on device";
  const reason = GENERIC.test(exit.lastError) ? specificReason(exit) : exit.lastError;
  return reason.replace(/[.\s]+$/, "") ||
    `ffmpeg ended with exit code ${exit.code} and gave no reason`;
}

/** What ffmpeg says of every encoder that does not start; the encoder's own words come before. */
const GENERIC = /^Error initializing output stream|^Error while opening encoder|^Error opening/;

function specificReason(exit: FfmpegExit): string {
  const lines = exit.stderrTail.split("\n").filter((line) => /^[\w-]+: /.test(line));
  return lines.slice(-2).join(" ") || exit.lastError;
}

function mendOf(exit: FfmpegExit): string {
  if (/No space left on device/.test(exit.stderrTail)) return " Free some, or write elsewhere.";
  if (/Error setting preset/.test(exit.stderrTail)) {
    return " Name one that the encoder has with --preset.";
  }
  if (exit.signal === "SIGKILL") return " The system may have run out of memory.";
  return "";
}
