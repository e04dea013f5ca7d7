import type { FfmpegBinary } from "../../ffmpeg/binary.ts";
import { nowMs } from "../../frame/clock.ts";
import { FrameEncoder, type FrameEncoderOptions } from "../frame_encoder.ts";
import { type TsPiece, TsSplitter } from "./ts_packets.ts";

/** What {@link EncoderRun} runs, and where its output goes. */
export interface EncoderRunOptions {
  readonly binary: FfmpegBinary;
  /** Frames in; a transport stream on the standard output. */
  readonly encoding: FrameEncoderOptions;
  /** Takes what is encoded. */
  readonly onPiece: (piece: TsPiece) => void;
  /** With frames waiting and no output for that long, ffmpeg is stuck and is killed. */
  readonly stallMs: number;
}

/** The first output, and the end, may take as many times longer: ffmpeg has to be loaded. */
const START_FACTOR = 3;

/** One run of an encoder whose output is a transport stream. A run that gets stuck is ended. */
export class EncoderRun {
  readonly #options: EncoderRunOptions;
  readonly #encoder: FrameEncoder;
  readonly #reading: Promise<void>;
  readonly #startedAtMs = nowMs();
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #framesIn = 0;
  #framesOut = 0;
  #isStuck = false;
  #cpuMs: number | undefined;

  /**
   * Starts ffmpeg.
   *
   * @throws {FfmpegError} If it cannot be started.
   */
  constructor(options: EncoderRunOptions) {
    this.#options = options;
    this.#encoder = new FrameEncoder(options.binary, options.encoding);
    this.#reading = this.#read();
  }

  /** Frames that were given to it and did not come out. Settled once it has ended. */
  get framesMissing(): number {
    return this.#framesIn - this.#framesOut;
  }

  /** How long it has been running, in milliseconds. */
  get ageMs(): number {
    return nowMs() - this.#startedAtMs;
  }

  /** CPU time in milliseconds, known after `finish()`. */
  get cpuMs(): number | undefined {
    return this.#cpuMs;
  }

  /**
   * Takes a frame; resolves when its buffer may be reused.
   *
   * @throws {OutputError} If ffmpeg has ended; it is then no longer running.
   */
  async write(ptsUs: number, pixels: Uint8Array): Promise<void> {
    this.#framesIn++;
    this.#watch();
    try {
      await this.#encoder.write(ptsUs, pixels);
    } catch (cause) {
      await this.kill();
      throw this.#isStuck ? new Error("ffmpeg was stuck and had to be ended", { cause }) : cause;
    }
  }

  /**
   * Ends the input and waits until all of the output was handed on.
   *
   * @throws {OutputError} If ffmpeg failed.
   */
  async finish(): Promise<void> {
    const timer = setTimeout(() => this.#encoder.kill(), START_FACTOR * this.#options.stallMs);
    try {
      this.#cpuMs = (await this.#encoder.finish()).cpuMs;
    } finally {
      clearTimeout(timer);
      await this.#settle();
    }
  }

  /** Stops it at once. Safe to call twice. */
  async kill(): Promise<void> {
    await this.#encoder.kill();
    await this.#settle();
  }

  async #settle(): Promise<void> {
    await this.#reading;
    clearTimeout(this.#watchdog);
  }

  async #read(): Promise<void> {
    const splitter = new TsSplitter();
    try {
      for await (const chunk of this.#encoder.stdout) {
        clearTimeout(this.#watchdog);
        this.#watchdog = undefined;
        for (const piece of splitter.push(chunk)) {
          this.#framesOut += piece.frames;
          this.#options.onPiece(piece);
        }
      }
    } catch {
      // The pipe broke with the process; the write that finds it dead says why.
    }
  }

  /** Runs from the first frame without an answer. */
  #watch(): void {
    const { stallMs } = this.#options;
    const isFirst = this.#framesOut === 0;
    this.#watchdog ??= setTimeout(() => {
      this.#isStuck = true;
      this.#encoder.kill();
    }, isFirst ? START_FACTOR * stallMs : stallMs);
  }
}
