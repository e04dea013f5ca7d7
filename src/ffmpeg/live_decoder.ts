/** An ffmpeg that decodes one connection to a live input. */
import { FfmpegError } from "../errors.ts";
import { i420Layout, type Size } from "../frame/geometry.ts";
import type { Ratio } from "../frame/stream.ts";
import type { FfmpegBinary } from "./binary.ts";
import { type LiveInput, liveInputArguments, type RtspTransport } from "./live_input.ts";
import { LiveReport, type LiveVideo } from "./live_report.ts";
import { EndOfDataError, type NutFrame, NutReader, type NutStream } from "./nut_reader.ts";
import { type FfmpegExit, type FfmpegProcess, spawnFfmpeg } from "./process.ts";
import { redact } from "./redact.ts";
import { passthroughOption } from "./release.ts";

/** The frames that a stream has for good, whatever the camera sends. */
export interface LiveFrame {
  /** Even. */
  readonly size: Size;
  /** Sample aspect ratio. */
  readonly sampleAspectRatio: Ratio;
}

/** How to decode. */
export interface LiveDecoderOptions {
  /** How an RTSP camera sends. */
  readonly rtspTransport: RtspTransport;
  /** See {@link LiveInputOptions}. */
  readonly socketTimeoutMs: number;
  /** What frames are fitted into; the camera's own size and shape while that is not known. */
  readonly frame: LiveFrame | undefined;
  /** Called with what the camera sends before its first frame, and when its size changes. */
  readonly onVideo: (video: LiveVideo) => void;
}

/**
 * Decodes the first video stream of a live input to I420 of limited range. The process starts with
 * the object. Read by one caller at a time: {@link nextFrame}, then {@link readPayload} or
 * {@link skipPayload}.
 */
export class LiveDecoder {
  /** What ffmpeg said so far. */
  readonly report: LiveReport;
  readonly #args: readonly string[];
  readonly #process: FfmpegProcess;
  readonly #reader: NutReader;

  /**
   * Starts ffmpeg.
   *
   * @throws {FfmpegError} If it cannot be started.
   */
  constructor(binary: FfmpegBinary, input: LiveInput, options: LiveDecoderOptions) {
    const { rtspTransport, socketTimeoutMs, frame, onVideo } = options;
    this.report = new LiveReport(onVideo);
    this.#args = [
      ...liveInputArguments(input, { release: binary.release, rtspTransport, socketTimeoutMs }),
      ...["-map", "0:v:0", "-an", "-sn", "-dn"],
      ...["-vf", liveGraph(frame)],
      ...passthroughOption(binary.release),
      ...["-enc_time_base", "-1"],
      // With threads, newer releases may keep a frame until the next one comes; buffers keep its end.
      ...["-c:v", "rawvideo", "-threads:v", "1", "-flush_packets", "1", "-f", "nut", "-"],
    ];
    this.#process = spawnFfmpeg(binary, this.#args, {
      stdin: false,
      stdout: true,
      onLine: (line) => this.report.push(line),
    });
    void this.#process.ended.then(() => this.report.end());
    this.#reader = new NutReader(this.#process.stdout);
  }

  /** What the headers say of the frames; undefined before the first. */
  get stream(): NutStream | undefined {
    return this.#reader.stream;
  }

  /** Resolves when ffmpeg has ended; never rejects. */
  get ended(): Promise<FfmpegExit> {
    return this.#process.ended;
  }

  /**
   * Waits for the next frame; its payload must be read or skipped.
   *
   * @returns Its time on the stream's own clock and its length; undefined at the end.
   * @throws {FfmpegError} If what comes is no stream of frames.
   */
  nextFrame(): Promise<NutFrame | undefined> {
    return this.#untilEnd(() => this.#reader.nextFrame());
  }

  /**
   * Reads the frame into `pixels`, as long as the frame; may lie in shared memory.
   *
   * @returns Whether it is whole; not when the decoder ends within the frame.
   * @throws {FfmpegError} If its length is another.
   */
  async readPayload(pixels: Uint8Array): Promise<boolean> {
    return await this.#untilEnd(() => this.#reader.readPayload(pixels).then(() => true)) ?? false;
  }

  /** Passes over the frame; says whether it was whole. */
  async skipPayload(): Promise<boolean> {
    return await this.#untilEnd(() => this.#reader.skipPayload().then(() => true)) ?? false;
  }

  /** Stops ffmpeg and waits for its end. Safe to call at any time, and twice. */
  async kill(): Promise<FfmpegExit> {
    const ended = this.#process.kill();
    await this.#reader.cancel();
    return await ended;
  }

  async #untilEnd<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (cause) {
      // A decoder that dies leaves half a frame; how it ended tells why.
      if (cause instanceof EndOfDataError) return undefined;
      if (!(cause instanceof RangeError)) throw cause;
      const { code, stderrTail } = await this.kill();
      const fields = { args: this.#args.map(redact), exitCode: code, stderrTail };
      throw new FfmpegError(`Cannot read the decoder's frames. ${cause.message}`, fields, {
        cause,
      });
    }
  }
}

/**
 * The filter graph: frames keep their shape and are scaled into the middle of the stream's, the rest
 * is black. ffmpeg builds it anew when the camera changes its size on the way, so `dar`, the shape
 * of what comes, is always the present one.
 *
 * The range is always limited: it is one colour for good, whichever codec the camera changes to.
 */
export function liveGraph(frame: LiveFrame | undefined): string {
  const range = "out_range=tv,format=yuv420p";
  if (frame === undefined) return `scale=w='2*trunc(iw/2)':h='2*trunc(ih/2)':${range}`;
  const { numerator, denominator } = frame.sampleAspectRatio;
  const { width, height } = i420Layout(frame.size).size;
  const shape = `${numerator}/${denominator}`;
  return `scale=w='2*round(min(${width},${height}*dar*${denominator}/${numerator})/2)'` +
    `:h='2*round(min(${height},${width}/dar*${shape})/2)':${range}` +
    `,pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2,setsar=${shape}`;
}
