import { parse } from "node:path";
import { OutputError } from "../errors.ts";
import { HEADER } from "../frame/timing.ts";
import { FirstPacket } from "./first_packet.ts";
import { FrameEncoder } from "./frame_encoder.ts";
import { restoreLastFrame } from "./last_frame.ts";
import { muxVideo } from "./mux.ts";
import type { PartialFile } from "./partial_file.ts";
import {
  closedError,
  type FinishedFrame,
  NOTHING,
  type SinkOutcome,
  type SinkResult,
} from "./sink.ts";
import { checkFrameSize, type VideoJob, type VideoSink } from "./video_job.ts";

/**
 * A video file, written in two steps.
 *
 * 1. While frames come, the picture alone is encoded into `demo.partial.mp4`, frame by frame, in a
 *    form that can be played wherever it stops: should the machine fail, that much is there.
 * 2. At the end picture and sound are copied into the final form, and that is renamed. An
 *    interrupted run knows by then where its picture ends and cuts the sound there; and sound that
 *    is damaged can be tried again, or left out, without touching the picture.
 *
 * The second step reads and writes the encoded video once more, and for a moment takes its space
 * twice. An MP4 whose index stands in front must be written twice anyway.
 */
export class VideoFile implements VideoSink {
  readonly #job: VideoJob;
  readonly #encoder: FrameEncoder;
  readonly #scratch: PartialFile;
  readonly #firstPacket: FirstPacket;
  readonly #stop = new AbortController();
  #muxed: PartialFile | undefined;
  #closing: Promise<SinkResult> | undefined;
  #isSettled = false;

  /**
   * Starts the encoder.
   *
   * @throws {FfmpegError} If ffmpeg cannot be started.
   */
  constructor(job: VideoJob, scratch: PartialFile) {
    const { muxer, options, frameMark } = job.container.scratch;
    this.#job = job;
    this.#scratch = scratch;
    this.#firstPacket = new FirstPacket(scratch.path, frameMark);
    const output = ["-flush_packets", "1", ...options, "-f", muxer, "-y", `file:${scratch.path}`];
    this.#encoder = new FrameEncoder(job.binary, {
      ...job.frames,
      output: [...job.encoding, ...output],
    });
  }

  get firstFrameEncodedAtMs(): number | undefined {
    return this.#firstPacket.seenAtMs;
  }

  async write(frame: FinishedFrame): Promise<void> {
    this.#checkOpen();
    checkFrameSize(frame.pixels, this.#job.outputSize);
    this.#firstPacket.watch();
    await this.#encoder.write(frame.header[HEADER.ptsUs]!, frame.pixels);
  }

  async close(outcome: SinkOutcome): Promise<SinkResult> {
    this.#checkOpen();
    this.#closing = this.#finish(outcome);
    return await this.#closing;
  }

  async abort(): Promise<void> {
    if (this.#isSettled) return;
    this.#stop.abort();
    await this.#encoder.kill();
    await this.#closing?.catch(() => {});
    // Every caller waits for it: the last of them may end the process.
    await this.#discard();
  }

  async #finish(outcome: SinkOutcome): Promise<SinkResult> {
    if (this.#encoder.lastPtsUs === undefined) {
      await this.#discard();
      return NOTHING;
    }
    const encoded = await this.#encoder.finish();
    await this.#firstPacket.stop();
    const muxed = await this.#scratch.sibling(parse(this.#scratch.target).ext);
    this.#muxed = muxed;
    const { cpuMs, notes } = await this.#mux(muxed.path, outcome);
    if (this.#job.container.hasEditLists) await restoreLastFrame(muxed.path, this.#frameUs());
    const { size } = await Deno.stat(muxed.path);
    // From here on the run has its result: a late abort() must not delete it.
    if (this.#stop.signal.aborted) throw closedError(this.#job.target);
    this.#isSettled = true;
    const path = outcome === "complete"
      ? await this.#complete(muxed)
      : await muxed.replace(this.#scratch);
    return { path, cpuMs: sum(encoded.cpuMs, cpuMs), bytes: size, notes };
  }

  /** The picture alone is of no use any more, whether the rename succeeds or not. */
  async #complete(muxed: PartialFile): Promise<string> {
    try {
      return await muxed.complete();
    } finally {
      await this.#scratch.discard();
    }
  }

  /** Puts picture and sound together; if that fails, the picture is still there. */
  async #mux(path: string, outcome: SinkOutcome) {
    const { binary, container, target } = this.#job;
    const startUs = this.#job.startUs();
    const cutsAudio = outcome === "interrupted" || this.#job.cutsAudio;
    try {
      return await muxVideo(binary, {
        name: target,
        picture: this.#scratch.path,
        videoCodec: this.#job.videoCodec,
        startUs,
        audio: this.#job.audio,
        audioEndUs: cutsAudio ? startUs + this.#pictureEndUs() : undefined,
        container,
        path,
        signal: this.#stop.signal,
      });
    } catch (cause) {
      if (this.#stop.signal.aborted) throw closedError(target);
      if (!(cause instanceof OutputError)) throw cause;
      this.#isSettled = true;
      await this.#muxed?.discard();
      throw new OutputError(
        `${cause.message} The picture without sound is kept in ` +
          `${JSON.stringify(this.#scratch.path)}.`,
        { output: target },
        { cause },
      );
    }
  }

  async #discard(): Promise<void> {
    await this.#encoder.kill();
    await this.#firstPacket.stop();
    await this.#muxed?.discard();
    await this.#scratch.discard();
  }

  #pictureEndUs(): number {
    return (this.#encoder.lastPtsUs ?? 0) + this.#frameUs();
  }

  #frameUs(): number {
    const { numerator, denominator } = this.#job.stream.frameRate;
    return 1e6 * denominator / numerator;
  }

  #checkOpen(): void {
    if (this.#closing || this.#stop.signal.aborted) {
      throw closedError(this.#job.target);
    }
  }
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? a ?? b : a + b;
}
