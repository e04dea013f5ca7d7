import { HEADER } from "../frame/timing.ts";
import { type Container, NUT } from "./containers.ts";
import { FrameEncoder } from "./frame_encoder.ts";
import type { PartialFile } from "./partial_file.ts";
import {
  closedError,
  type FinishedFrame,
  NOTHING,
  type SinkOutcome,
  type SinkResult,
} from "./sink.ts";
import { checkFrameSize, type VideoJob, type VideoSink } from "./video_job.ts";

/** What a piece is written as: any codec, and every timestamp to the microsecond. */
export const PIECE: Container = NUT;

/** Whether an output's name is that of a piece. */
export function isPiece(target: string): boolean {
  return target.endsWith(".piece.nut");
}

/** Codecs whose decoders want headers that differ from one encoder to the next. */
const WITH_HEADERS: readonly string[] = ["h264", "hevc"];

/**
 * A piece of a video, made to be joined with others without encoding anything again: the picture
 * alone, timed from its own first frame (ffmpeg does not tell when a NUT file begins that begins
 * later), its headers repeated before each keyframe, because the next piece may come from another
 * release of the encoder.
 */
export class VideoPiece implements VideoSink {
  readonly #job: VideoJob;
  readonly #partial: PartialFile;
  readonly #encoder: FrameEncoder;
  #firstUs: number | undefined;
  #state: "open" | "closing" | "settled" = "open";

  /**
   * Starts the encoder.
   *
   * @throws {FfmpegError} If ffmpeg cannot be started.
   */
  constructor(job: VideoJob, partial: PartialFile) {
    const headers = WITH_HEADERS.includes(job.videoCodec)
      ? ["-bsf:v", "dump_extra=freq=keyframe"]
      : [];
    this.#job = job;
    this.#partial = partial;
    this.#encoder = new FrameEncoder(job.binary, {
      ...job.frames,
      output: [...job.encoding, ...headers, "-f", "nut", "-y", `file:${partial.path}`],
    });
  }

  get firstFrameEncodedAtMs(): number | undefined {
    return undefined;
  }

  async write(frame: FinishedFrame): Promise<void> {
    this.#checkOpen();
    checkFrameSize(frame.pixels, this.#job.outputSize);
    const ptsUs = frame.header[HEADER.ptsUs]!;
    this.#firstUs ??= ptsUs;
    await this.#encoder.write(ptsUs - this.#firstUs, frame.pixels);
  }

  async close(outcome: SinkOutcome): Promise<SinkResult> {
    this.#checkOpen();
    if (this.#encoder.lastPtsUs === undefined) {
      await this.abort();
      return NOTHING;
    }
    this.#state = "closing";
    const { cpuMs } = await this.#encoder.finish();
    const { size } = await Deno.stat(this.#partial.path);
    this.#state = "settled";
    const path = outcome === "complete" ? await this.#partial.complete() : this.#partial.path;
    return { path, cpuMs, bytes: size };
  }

  async abort(): Promise<void> {
    if (this.#state === "settled") return;
    this.#state = "settled";
    await this.#encoder.kill();
    await this.#partial.discard();
  }

  #checkOpen(): void {
    if (this.#state !== "open") throw closedError(this.#job.target);
  }
}
