/** An ffmpeg that decodes one input to I420 frames with exact timestamps. */
import { FfmpegError } from "../errors.ts";
import { formatSize, i420Layout } from "../frame/geometry.ts";
import type { FfmpegBinary } from "./binary.ts";
import type { Conversion } from "./filters.ts";
import { inputArguments } from "./input.ts";
import { EndOfDataError, NutReader } from "./nut_reader.ts";
import type { Probe } from "./probe.ts";
import { type FfmpegExit, type FfmpegProcess, spawnFfmpeg } from "./process.ts";
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

  /**
   * Starts ffmpeg; `signal` kills it.
   *
   * @throws {FfmpegError} If ffmpeg cannot be started.
   */
  constructor(binary: FfmpegBinary, probe: Probe, conversion: Conversion, signal?: AbortSignal) {
    this.#byteLength = i420Layout(probe.size).byteLength;
    this.#args = decodeArguments(binary, probe, conversion);
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

  /**
   * Reads the next frame into `pixels`, piece by piece as it comes.
   *
   * @param pixels I420 of the probe's size; may lie in shared memory. Left half filled when the
   * decoder ends within a frame.
   * @returns The frame's time in microseconds from the container's start; undefined at the end.
   * @throws {FfmpegError} If what comes is no such stream of frames.
   */
  async readFrame(pixels: Uint8Array): Promise<number | undefined> {
    try {
      const frame = await this.#reader.nextFrame();
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
): readonly string[] {
  return [
    ...inputArguments(probe.input),
    ...["-map", `0:${probe.videoIndex}`, "-an", "-sn", "-dn"],
    ...["-vf", conversion.graph],
    // Every frame once, with its own timestamp in the input's time base.
    ...passthroughOption(binary.release),
    ...["-enc_time_base", "-1"],
    ...["-c:v", "rawvideo", "-f", "nut", "-"],
  ];
}
