/** An ffmpeg that decodes one input to I420 frames with exact timestamps. */
import { FfmpegError, InputError } from "../errors.ts";
import { formatSize, i420Layout } from "../frame/geometry.ts";
import type { FfmpegBinary } from "./binary.ts";
import type { Conversion } from "./filters.ts";
import { inputArguments } from "./input.ts";
import { EndOfDataError, type NutFrame, NutReader } from "./nut_reader.ts";
import type { Probe } from "./probe.ts";
import { type FfmpegExit, type FfmpegProcess, spawnFfmpeg } from "./process.ts";
import { fromFilter, isBefore, isBehind, seekArguments, type TimeRange } from "./range.ts";
import { redact } from "./redact.ts";
import { passthroughOption } from "./release.ts";

/**
 * Decodes the video stream of an input. The process starts with the object and runs ahead of the
 * reader as far as the pipe holds. Read by one caller at a time.
 */
export class Decoder {
  readonly #args: readonly string[];
  readonly #process: FfmpegProcess;
  readonly #reader: NutReader;
  readonly #byteLength: number;
  readonly #range: TimeRange;
  readonly #name: string;
  #hasFrames = false;
  #isPastEnd = false;

  /**
   * Starts ffmpeg; `signal` kills it.
   *
   * @throws {FfmpegError} If ffmpeg cannot be started.
   */
  constructor(
    binary: FfmpegBinary,
    probe: Probe,
    conversion: Conversion,
    signal?: AbortSignal,
    range: TimeRange = {},
  ) {
    this.#byteLength = i420Layout(probe.size).byteLength;
    this.#range = range;
    this.#name = probe.input.name;
    this.#args = decodeArguments(binary, probe, conversion, range);
    this.#process = spawnFfmpeg(binary, this.#args, { stdin: false, stdout: true, signal });
    this.#reader = new NutReader(this.#process.stdout);
  }

  /** What ffmpeg was started with, credentials hidden. */
  get args(): readonly string[] {
    return this.#args.map(redact);
  }

  /** Resolves when ffmpeg has ended; never rejects. */
  get ended(): Promise<FfmpegExit> {
    return this.#process.ended;
  }

  /** Whether the end of the range was read, and ffmpeg ended for it. */
  get isPastEnd(): boolean {
    return this.#isPastEnd;
  }

  /**
   * Reads the next frame into `pixels`, piece by piece as it comes.
   *
   * @param pixels I420 of the probe's size; may lie in shared memory. Left half filled when the
   * decoder ends within a frame.
   * @returns The frame's time in microseconds from the container's start; undefined at the end.
   * @throws {FfmpegError} If what comes is no such stream of frames.
   * @throws {InputError} If time runs backwards across the beginning of the range.
   */
  async readFrame(pixels: Uint8Array): Promise<number | undefined> {
    try {
      const frame = await this.#nextInRange();
      if (frame === undefined) return undefined;
      if (frame.byteLength !== this.#byteLength) throw new RangeError(this.#surprise(frame));
      await this.#reader.readPayload(pixels.subarray(0, this.#byteLength));
      return frame.ptsUs;
    } catch (cause) {
      // A decoder that dies leaves half a frame; how it ended tells why.
      if (cause instanceof EndOfDataError) return undefined;
      if (!(cause instanceof RangeError)) throw cause;
      const { code, stderrTail } = await this.kill();
      const fields = { args: this.args, exitCode: code, stderrTail };
      throw new FfmpegError(`Cannot read the decoder's frames. ${cause.message}`, fields, {
        cause,
      });
    }
  }

  /** Stops ffmpeg and waits for its end. Safe to call at any time, and twice. */
  async kill(): Promise<FfmpegExit> {
    const ended = this.#process.kill();
    await this.#reader.cancel();
    return await ended;
  }

  /** The next frame of the range; those before it are passed over, unread. */
  async #nextInRange(): Promise<NutFrame | undefined> {
    let frame = await this.#reader.nextFrame();
    while (frame !== undefined && isBefore(this.#range, frame.ptsUs)) {
      if (this.#hasFrames) {
        throw new InputError(
          `Cannot decode a part of ${JSON.stringify(this.#name)}: its time runs backwards there. ` +
            "Decode it as a whole.",
          { input: this.#name },
        );
      }
      frame = await this.#reader.nextFrame();
    }
    if (frame !== undefined && isBehind(this.#range, frame.ptsUs)) {
      this.#isPastEnd = true;
      await this.kill();
      return undefined;
    }
    this.#hasFrames = true;
    return frame;
  }

  #surprise(frame: { readonly byteLength: number }): string {
    const size = this.#reader.stream === undefined
      ? ""
      : ` (${formatSize(this.#reader.stream.size)})`;
    return `A frame has ${frame.byteLength} bytes${size} where ${this.#byteLength} were expected.`;
  }
}

function decodeArguments(
  binary: FfmpegBinary,
  probe: Probe,
  conversion: Conversion,
  { startUs }: TimeRange,
): readonly string[] {
  return [
    ...seekArguments(startUs),
    ...inputArguments(probe.input),
    ...["-map", `0:${probe.videoIndex}`, "-an", "-sn", "-dn"],
    ...["-vf", fromFilter(startUs) + conversion.graph],
    // Every frame once, with its own timestamp in the input's time base.
    ...passthroughOption(binary.release),
    ...["-enc_time_base", "-1"],
    ...["-c:v", "rawvideo", "-f", "nut", "-"],
  ];
}
