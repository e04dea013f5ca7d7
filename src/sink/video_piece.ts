import { HEADER } from "../frame/timing.ts";
import { type Container, NUT } from "./containers.ts";
import { EncodedFile } from "./encoded_file.ts";
import { FrameEncoder } from "./frame_encoder.ts";
import type { PartialFile } from "./partial_file.ts";
import type { FinishedFrame, SinkOutcome, SinkResult } from "./sink.ts";
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
  readonly #file: EncodedFile;
  #firstUs: number | undefined;

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
    const encoder = new FrameEncoder(job.binary, {
      ...job.frames,
      output: [...job.encoding, ...headers, "-f", "nut", "-y", `file:${partial.path}`],
    });
    this.#file = new EncodedFile(encoder, partial);
  }

  get firstFrameEncodedAtMs(): number | undefined {
    return undefined;
  }

  async write(frame: FinishedFrame): Promise<void> {
    this.#file.checkOpen();
    checkFrameSize(frame.pixels, this.#job.outputSize);
    const ptsUs = frame.header[HEADER.ptsUs]!;
    this.#firstUs ??= ptsUs;
    await this.#file.write(ptsUs - this.#firstUs, frame.pixels);
  }

  close(outcome: SinkOutcome): Promise<SinkResult> {
    return this.#file.close(outcome);
  }

  abort(): Promise<void> {
    return this.#file.abort();
  }
}
