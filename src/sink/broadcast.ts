/** The live output: one encode for every viewer, recording, server and playlist. */
import { resolve } from "node:path";
import { OutputError } from "../errors.ts";
import type { FfmpegBinary } from "../ffmpeg/binary.ts";
import type { Colour } from "../frame/colour.ts";
import { i420Layout, type Size } from "../frame/geometry.ts";
import type { Ratio } from "../frame/stream.ts";
import type { OnStreamEvent } from "../frame/stream_event.ts";
import { checkLiveEncoder, liveEncoding } from "./broadcast/encoding.ts";
import { EncoderRun } from "./broadcast/encoder_run.ts";
import { type BroadcastViewer, Hub, type ViewerOptions } from "./broadcast/hub.ts";
import { startOutput } from "./broadcast/outputs.ts";
import { SteadyEncoder } from "./broadcast/steady_encoder.ts";
import type { SteadyOutput } from "./broadcast/steady_output.ts";
import { type BroadcastTarget, prepareTarget, targetName } from "./broadcast/targets.ts";
import { closedError } from "./sink.ts";
import { checkFrameSize } from "./video_job.ts";

export { parseDuration } from "../frame/duration.ts";
export { type BroadcastTarget, parseTarget, targetName } from "./broadcast/targets.ts";
export type { BroadcastViewer, ViewerOptions } from "./broadcast/hub.ts";
export type { KeyFrame } from "./broadcast/ts_packets.ts";

/** What is broadcast, and how it is encoded. */
export interface BroadcastOptions {
  /** The ffmpeg that encodes and copies. */
  readonly binary: FfmpegBinary;
  /** Of every frame; both sides even. */
  readonly size: Size;
  /** 1:1 for square pixels. */
  readonly sampleAspectRatio: Ratio;
  /** Tags the stream. */
  readonly colour: Colour;
  /** About how many frames a second come; they may come at any times. */
  readonly frameRate: Ratio;
  /** An encoder of this ffmpeg that gives H.264; libx264 by default. */
  readonly encoder?: string | undefined;
  /** Constant quality, where the encoder has one; smaller is better. */
  readonly crf?: number | undefined;
  /** Speed against size, in the encoder's own words. */
  readonly preset?: string | undefined;
  /** Where losses and repairs are told. */
  readonly onEvent?: OnStreamEvent | undefined;
  /** With frames waiting, an encoder that gives nothing for that long is replaced; 5 s by default. */
  readonly stallTimeoutMs?: number | undefined;
}

/** What a broadcast left behind. */
export interface BroadcastResult {
  /** The newest closed recordings, up to 1000, oldest first, and the HLS playlists. */
  readonly paths: readonly string[];
}

/** How many closed recordings are remembered: a run may last for months. */
const REMEMBERED_PATHS = 1000;

/**
 * A live stream: takes frames, encodes them once (H.264 in MPEG-TS, a key frame every second, no
 * picture held back), and hands the result to any number of viewers and outputs.
 *
 * - Nothing that goes wrong behind it reaches the caller: an encoder that dies or gets stuck is
 *   replaced, and an output that falls away is tried again, for ever. Both are told as events.
 * - Nobody is waited for. A viewer or an output that lags loses pictures up to a key frame.
 * - `write()` takes one frame at a time; its promise is the back-pressure of the encoder alone.
 * - Either `close()` or `abort()` ends it.
 */
export class Broadcast {
  readonly #size: Size;
  readonly #hub = new Hub();
  readonly #encoder: SteadyEncoder;
  readonly #outputs: readonly SteadyOutput[];
  readonly #playlists: readonly string[];
  #recordings: string[] = [];
  #lastPtsUs = -Infinity;
  #viewers = 0;
  #closing: Promise<BroadcastResult> | undefined;
  #isAborted = false;

  private constructor(options: BroadcastOptions, targets: readonly BroadcastTarget[]) {
    const { binary, size, frameRate, stallTimeoutMs: stallMs = 5000 } = options;
    const onEvent = options.onEvent ?? (() => {});
    const hub = this.#hub;
    this.#size = size;
    this.#encoder = new SteadyEncoder({
      start: (isReplacement) =>
        new EncoderRun({
          binary,
          encoding: liveEncoding(options, isReplacement),
          onPiece: (piece) => hub.push(piece),
          stallMs,
        }),
      onReplaced: (reason) => onEvent({ kind: "encoder replaced", reason }),
    });
    const onClosed = (path: string) => {
      this.#recordings = [...this.#recordings, path].slice(-REMEMBERED_PATHS);
      onEvent({ kind: "segment closed", path });
    };
    this.#outputs = targets.map((target) =>
      startOutput(target, { binary, frameRate, hub, onEvent, onClosed })
    );
    this.#playlists = targets.filter(({ kind }) => kind === "hls").map(targetName);
  }

  /**
   * Opens a broadcast. Files and folders are tried; servers are not, they may come later.
   *
   * @throws {OutputError} If a target cannot be written or two are the same, or there is no such
   *   encoder, or it does not start with these options.
   * @throws {RangeError} If crf or preset do not suit the encoder, or the size is not even.
   */
  static async open(
    options: BroadcastOptions,
    targets: readonly BroadcastTarget[],
  ): Promise<Broadcast> {
    i420Layout(options.size);
    checkDistinct(targets);
    await checkLiveEncoder(options);
    for (const target of targets) await prepareTarget(target);
    return new Broadcast(options, targets);
  }

  /** How many encoders died, or got stuck, and were replaced. */
  get encodersReplaced(): number {
    return this.#encoder.replaced;
  }

  /** Frames that were taken and are in nobody's stream, because their encoder died. */
  get framesLost(): number {
    return this.#encoder.framesLost;
  }

  /** Frames that viewers and outputs did not get because they lagged, summed over all of them. */
  get viewerFramesLost(): number {
    return this.#hub.framesLost;
  }

  /** How many viewers there are, outputs not counted. */
  get subscribers(): number {
    return this.#viewers;
  }

  /** CPU time in milliseconds of every ffmpeg that has ended; those that were killed do not say. */
  get cpuMs(): number {
    return this.#outputs.reduce((sum, { cpuMs }) => sum + cpuMs, this.#encoder.cpuMs);
  }

  /**
   * Takes a frame; resolves when its buffer may be reused. A frame whose encoder dies is given to
   * the next one, or counted as lost where there is none yet.
   *
   * @param ptsUs Microseconds from the start of the stream, for weeks: viewers see them modulo 26.5
   *   hours, as MPEG-TS counts; files and playlists go on over that and begin at 0. A time that does
   *   not grow is moved on as little as the stream can tell apart.
   * @param pixels I420, of the size that the broadcast was opened for.
   * @throws {RangeError} If the frame is of another size.
   * @throws {OutputError} If the broadcast was closed.
   */
  async write(ptsUs: number, pixels: Uint8Array): Promise<void> {
    if (this.#closing || this.#isAborted) throw closedError("the live stream");
    checkFrameSize(pixels, this.#size);
    this.#lastPtsUs = Math.max(ptsUs, this.#lastPtsUs + 1);
    await this.#encoder.write(this.#lastPtsUs, pixels);
  }

  /**
   * Adds a viewer, which gets all since the last key frame at once; the result removes it and may
   * be called twice.
   */
  subscribe(viewer: BroadcastViewer, options: ViewerOptions = {}): () => void {
    const unsubscribe = this.#hub.subscribe(viewer, options);
    this.#viewers++;
    let isCounted = true;
    return () => {
      unsubscribe();
      if (isCounted) this.#viewers--;
      isCounted = false;
    };
  }

  /**
   * Ends the stream: viewers are told, recordings get their final form and name. An output that
   * does not end by itself is ended; what it wrote stays. Never rejects.
   */
  async close(): Promise<BroadcastResult> {
    this.#closing ??= this.#finish();
    return await this.#closing;
  }

  /**
   * Stops at once. Closed recordings stay; of the one being written what there is stays under its
   * partial name, playable. Safe to call at any time, and twice.
   */
  async abort(): Promise<void> {
    this.#isAborted = true;
    await this.#encoder.kill();
    this.#hub.end();
    await Promise.all(this.#outputs.map((output) => output.kill()));
    await this.#closing;
  }

  async #finish(): Promise<BroadcastResult> {
    await this.#encoder.finish();
    this.#hub.end();
    await Promise.all(this.#outputs.map((output) => output.finish()));
    return { paths: [...this.#recordings, ...this.#playlists] };
  }
}

/**
 * Makes sure that no two outputs are one place, of one broadcast or of several.
 *
 * @throws {OutputError} If two are.
 */
export function checkDistinct(targets: readonly BroadcastTarget[]): void {
  const places = targets.map((target) =>
    target.kind === "publish" ? target.url : resolve(targetName(target))
  );
  const index = places.findIndex((place, index) => places.indexOf(place) !== index);
  const twice = targets[index] && targetName(targets[index]);
  if (twice === undefined) return;
  throw new OutputError(
    `Cannot write ${JSON.stringify(twice)} twice. Give each output a name of its own.`,
    { output: twice },
  );
}
