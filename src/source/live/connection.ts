/** One connection to a camera: a decoder from its start to its end. */
import { FfmpegError } from "../../errors.ts";
import { nowMs } from "../../frame/clock.ts";
import { formatDuration } from "../../frame/duration.ts";
import type { Ratio } from "../../frame/stream.ts";
import type { FfmpegBinary } from "../../ffmpeg/binary.ts";
import { LiveDecoder, type LiveFrame } from "../../ffmpeg/live_decoder.ts";
import { type LiveFailure, liveFailure } from "../../ffmpeg/live_failure.ts";
import type { LiveInput, RtspTransport } from "../../ffmpeg/live_input.ts";
import type { LiveVideo } from "../../ffmpeg/live_report.ts";
import type { FfmpegExit } from "../../ffmpeg/process.ts";
import type { ArrivingFrame } from "./intake.ts";
import type { Watchdog } from "./watchdog.ts";

/** Longer than the first retransmission of a lost SYN takes: 1 s, RFC 6298 §2. */
const CALL_LIMIT_MS = 2000;

/** How long a decoder that gives no more may take to end by itself, and so to say why. */
const END_LIMIT_MS = 1000;

/** What a connection needs; the same for all of a camera but for `frame`. */
export interface ConnectionOptions {
  /** The ffmpeg that decodes. */
  readonly binary: FfmpegBinary;
  /** The camera. */
  readonly input: LiveInput;
  /** How an RTSP camera sends. */
  readonly rtspTransport: RtspTransport;
  /** Silence of so long ends the connection. */
  readonly stallTimeoutMs: number;
  /** Told of every sign of life; watches nothing when the connection has ended. */
  readonly watchdog: Watchdog;
  /** Ends the connection when it aborts. */
  readonly signal: AbortSignal;
  /** What frames are fitted into; the camera's own size and shape where undefined. */
  readonly frame: LiveFrame | undefined;
}

/** What is told of a connection. */
export interface ConnectionListener {
  /** The first frame is there; `frame` is what it was fitted into. */
  onLive(video: LiveVideo, frame: LiveFrame): void;
  /** The camera changes its size from here on. */
  onResize(video: LiveVideo): void;
  /** A frame, which the listener reads or skips; whether it came to its end. */
  onFrame(frame: ConnectionFrame): Promise<boolean>;
}

/** A frame with its time on the camera's own clock. */
export interface ConnectionFrame extends ArrivingFrame {
  /** In microseconds, from anywhere. */
  readonly streamUs: number;
}

/** How a connection ended. */
export interface Ending extends LiveFailure {
  /** How long it gave frames; undefined where none came. */
  readonly liveMs: number | undefined;
  /** How long it was silent before it was ended for that. */
  readonly stalledMs: number | undefined;
}

/** A connection that begins with {@link run}. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #listener: ConnectionListener;
  #decoder: LiveDecoder | undefined;
  #stalledMs: number | undefined;
  #wasCalling = false;
  #liveMs: number | undefined;

  /** Does nothing yet. */
  constructor(options: ConnectionOptions, listener: ConnectionListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Ends the connection, and so {@link run}. */
  end(): void {
    void this.#decoder?.kill();
  }

  /**
   * Reads the camera until the connection ends, however it does.
   *
   * @throws What the listener throws, the decoder ended.
   */
  async run(): Promise<Ending> {
    const { binary, input, watchdog, signal } = this.#options;
    const stop = () => this.end();
    signal.addEventListener("abort", stop);
    try {
      this.#decoder = new LiveDecoder(binary, input, {
        ...this.#options,
        socketTimeoutMs: 2 * this.#options.stallTimeoutMs,
        onVideo: (video) => this.#liveMs === undefined || this.#listener.onResize(video),
      });
      if (signal.aborted) stop();
      return await this.#read(this.#decoder);
    } catch (error) {
      if (!(error instanceof FfmpegError)) throw error;
      return { kind: "lost", reason: error.message, liveMs: this.#liveMs, stalledMs: undefined };
    } finally {
      watchdog.release();
      signal.removeEventListener("abort", stop);
      await this.#decoder?.kill();
    }
  }

  async #read(decoder: LiveDecoder): Promise<Ending> {
    const { watchdog, stallTimeoutMs } = this.#options;
    watchdog.watch({
      limitMs: () =>
        decoder.report.isCalling ? Math.min(CALL_LIMIT_MS, stallTimeoutMs) : stallTimeoutMs,
      onSilence: (silentMs) => {
        this.#stalledMs = silentMs;
        this.#wasCalling = decoder.report.isCalling;
        this.end();
      },
    });
    let firstMs: number | undefined;
    let lastMs = 0;
    for (let frame; (frame = await decoder.nextFrame()) !== undefined;) {
      lastMs = nowMs();
      watchdog.feed();
      if (firstMs === undefined) {
        firstMs = lastMs;
        await decoder.report.described;
        this.#announce(decoder);
      }
      this.#liveMs = lastMs - firstMs;
      const isWhole = await this.#listener.onFrame({
        streamUs: frame.ptsUs,
        arrivalMs: lastMs,
        byteLength: frame.byteLength,
        read: (pixels) => decoder.readPayload(pixels),
        skip: () => decoder.skipPayload(),
      });
      if (!isWhole) break;
      watchdog.feed();
    }
    watchdog.watch({ limitMs: () => END_LIMIT_MS, onSilence: () => this.end() });
    return this.#ending(await decoder.ended);
  }

  #announce(decoder: LiveDecoder): void {
    const { size, sampleAspectRatio } = decoder.stream!;
    const video = decoder.report.videoOr(size);
    this.#listener.onLive(video, { size, sampleAspectRatio: knownRatio(sampleAspectRatio) });
  }

  #ending(exit: FfmpegExit): Ending {
    const liveMs = this.#liveMs;
    const stalledMs = this.#stalledMs;
    if (stalledMs !== undefined) {
      const what = this.#wasCalling ? "no answer" : "no frame";
      return {
        kind: "lost",
        reason: `${what} for ${formatDuration(stalledMs)}`,
        liveMs,
        stalledMs,
      };
    }
    const hasPassword = this.#options.input.name.includes("***@");
    return { ...liveFailure(exit, liveMs !== undefined, hasPassword), liveMs, stalledMs };
  }
}

/** NUT writes 0:0 where the ratio is not known. */
function knownRatio(ratio: Ratio): Ratio {
  return ratio.numerator > 0 && ratio.denominator > 0 ? ratio : { numerator: 1, denominator: 1 };
}
