import { OutputError } from "../errors.ts";
import { nowMs } from "../frame/clock.ts";
import { HEADER } from "../frame/timing.ts";
import { FrameEncoder } from "./frame_encoder.ts";
import { audioInput, audioOutput } from "./mux.ts";
import {
  closedError,
  type FinishedFrame,
  NOTHING,
  type SinkOutcome,
  type SinkResult,
} from "./sink.ts";
import { checkFrameSize, type VideoJob, type VideoSink } from "./video_job.ts";

/** How long an interrupted ffmpeg may go on with the frames it has before it is told to end. */
const GRACE_MS = 1000;

/**
 * A video on a pipe: encoded, put together with the sound and handed on in one go. What was handed
 * on cannot be taken back, so here sound that stops ffmpeg stops the run; and when the run is
 * interrupted, the sound may go on a while behind the picture.
 */
export class VideoPipe implements VideoSink {
  readonly #job: VideoJob;
  readonly #output: WritableStream<Uint8Array>;
  #encoder: FrameEncoder | undefined;
  #handedOn: Promise<void> | undefined;
  #firstFrameEncodedAtMs: number | undefined;
  #bytes = 0;
  #pipeError: OutputError | undefined;
  #isClosed = false;
  /** Rejects when it is aborted. */
  readonly #aborted = Promise.withResolvers<never>();

  /** Hands the stream on to `output`, which it does not close. */
  constructor(job: VideoJob, output: WritableStream<Uint8Array>) {
    this.#job = job;
    this.#output = output;
    this.#aborted.promise.catch(() => {});
  }

  get firstFrameEncodedAtMs(): number | undefined {
    return this.#firstFrameEncodedAtMs;
  }

  async write(frame: FinishedFrame): Promise<void> {
    if (this.#isClosed) throw closedError(this.#job.target);
    checkFrameSize(frame.pixels, this.#job.outputSize);
    this.#encoder ??= this.#start();
    await this.#saying(this.#encoder.write(frame.header[HEADER.ptsUs]!, frame.pixels));
  }

  async close(outcome: SinkOutcome): Promise<SinkResult> {
    if (this.#isClosed) throw closedError(this.#job.target);
    this.#isClosed = true;
    const encoder = this.#encoder;
    if (encoder === undefined) return NOTHING;
    const isCut = outcome === "interrupted" && this.#job.audio !== undefined;
    const timer = isCut ? setTimeout(() => encoder.interrupt(), GRACE_MS) : undefined;
    try {
      const { cpuMs } = await this.#saying(encoder.finish({ mayBeInterrupted: isCut }));
      await this.#saying(Promise.race([this.#handedOn!, this.#aborted.promise]));
      return { path: undefined, cpuMs, bytes: this.#bytes };
    } finally {
      clearTimeout(timer);
    }
  }

  async abort(): Promise<void> {
    this.#isClosed = true;
    // What is on its way to the pipe is not waited for: its reader may have stopped reading.
    this.#aborted.reject(closedError(this.#job.target));
    await this.#encoder?.kill();
  }

  /** Not before the first frame: only then is it known when the picture begins. */
  #start(): FrameEncoder {
    const { audio, binary, container, encoding, frames, startUs } = this.#job;
    const encoder = new FrameEncoder(binary, {
      ...frames,
      inputOptions: [
        ...(frames.inputOptions ?? []),
        ...["-itsoffset", (startUs() / 1e6).toFixed(6)],
      ],
      output: [
        ...(audio ? audioInput(audio) : []),
        ...encoding,
        ...(audio ? audioOutput(audio, container, "copy") : []),
        ...container.pipeOptions,
        ...["-flush_packets", "1", "-f", container.muxer, "pipe:1"],
      ],
      stdout: true,
    });
    this.#handedOn = this.#handOn(encoder);
    // It is awaited in close(); a failure before that is reported by write().
    this.#handedOn.catch(() => {});
    return encoder;
  }

  async #handOn(encoder: FrameEncoder): Promise<void> {
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform: (piece, controller) => {
        this.#firstFrameEncodedAtMs ??= nowMs();
        this.#bytes += piece.byteLength;
        controller.enqueue(piece);
      },
    });
    try {
      await encoder.stdout.pipeThrough(counted).pipeTo(this.#output, { preventClose: true });
    } catch (cause) {
      this.#pipeError = new OutputError(
        "Cannot write to the pipe: its reader has closed it. Read it to the end.",
        { output: this.#job.target },
        { cause },
      );
      await encoder.kill();
      throw this.#pipeError;
    }
  }

  /** When the pipe broke, that is the reason, and not that ffmpeg was killed for it. */
  async #saying<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (cause) {
      throw this.#pipeError ?? cause;
    }
  }
}
