/** The outputs of a run, taken together: they are opened, fed and ended as one. */
import { resolve } from "node:path";
import type { FfmpegBinary } from "./ffmpeg/binary.ts";
import type { Probe } from "./ffmpeg/probe.ts";
import type { Size } from "./frame/geometry.ts";
import type { StreamInfo } from "./frame/stream.ts";
import type { FrameTiming } from "./frame/timing.ts";
import { FrameLog, frameLogFormat } from "./report/frame_log.ts";
import { TraceFile } from "./report/trace.ts";
import { openMaskSink } from "./sink/masks.ts";
import { PartialFile } from "./sink/partial_file.ts";
import {
  closedError,
  type FinishedFrame,
  type FrameSink,
  type SinkOutcome,
  type SinkResult,
} from "./sink/sink.ts";
import { openVideoSink, type VideoSink } from "./sink/video.ts";

/** Where results go; what is absent is not written. */
export interface OutputPaths {
  /** The video: .mp4, .mov, .mkv, .webm, .ts, .piece.nut, or `-` for the standard output. */
  readonly video?: string | undefined;
  /** Class ids: a folder for PNGs, or FILE.mkv. */
  readonly masks?: string | undefined;
  /** One timing record a frame: FILE.jsonl or FILE.csv. */
  readonly stats?: string | undefined;
  /** The run as a Chrome trace: FILE.json. */
  readonly trace?: string | undefined;
}

/** What the outputs need to know of the run. */
export interface OutputContext {
  readonly ffmpeg: FfmpegBinary;
  readonly stream: StreamInfo;
  /** The stream's `startUs` of the moment: a source knows it with its first frame. */
  readonly startUs: () => number;
  readonly outputSize: Size;
  readonly probe: Probe | undefined;
  readonly startedAtMs: number;
}

/** How the video is encoded. */
export interface EncodeOptions {
  /** An encoder of this ffmpeg; the container's default otherwise. */
  readonly encoder?: string;
  /** Constant quality, where the encoder has one; smaller is better. */
  readonly crf?: number;
  /** Speed against size, in the encoder's own words. */
  readonly preset?: string;
  /** Whether outputs that exist may be replaced; false by default. */
  readonly overwrite?: boolean;
  /** The container of a video on the standard output; Matroska by default. */
  readonly format?: string;
  /** Whether the video gets the source's sound; true by default. */
  readonly sound?: boolean;
}

/** What a run left behind. */
export interface OutputResults {
  /** Where each output is now; a partial name after an interruption. */
  readonly paths: OutputPaths;
  /** CPU milliseconds of the encoders, where known. */
  readonly cpuMs: number | undefined;
  /** What the user should know, one line each. */
  readonly notes: readonly string[];
}

/** A text file that is written under a partial name. */
interface TextOutput<T> {
  readonly file: PartialFile;
  readonly writer: T;
}

/** What the sinks left. */
interface ClosedSinks {
  readonly video: SinkResult | undefined;
  readonly masks: SinkResult | undefined;
}

/**
 * Opened outputs.
 *
 * @throws {OutputError} From every method, if an output cannot be written any more.
 */
export class Outputs {
  readonly #video: VideoSink | undefined;
  readonly #masks: FrameSink | undefined;
  readonly #stats: TextOutput<FrameLog> | undefined;
  readonly #trace: TextOutput<TraceFile> | undefined;
  /** The partial files of sinks that were closed after an interruption. */
  readonly #parts: string[] = [];
  #hasFrames = false;
  #closing: Promise<ClosedSinks> | undefined;
  #isAborted = false;
  /** Whether the sinks are closed: then the run has its result, and a late abort must not delete it. */
  #isOver = false;

  private constructor(parts: {
    video: VideoSink | undefined;
    masks: FrameSink | undefined;
    stats: TextOutput<FrameLog> | undefined;
    trace: TextOutput<TraceFile> | undefined;
  }) {
    this.#video = parts.video;
    this.#masks = parts.masks;
    this.#stats = parts.stats;
    this.#trace = parts.trace;
  }

  /**
   * Opens every output that has a path; if one cannot be opened, those before it leave no trace.
   *
   * @throws {OutputError} If one cannot be written where it was asked for.
   * @throws {TypeError | RangeError} If an extension, an encoder's option or a format is not known, or
   *   if two outputs have one name.
   */
  static async open(
    paths: OutputPaths,
    context: OutputContext,
    options: EncodeOptions,
  ): Promise<Outputs> {
    const { ffmpeg: binary, stream, startUs, outputSize, probe } = context;
    const input = probe?.input.kind === "file" ? probe.input.path : undefined;
    const { overwrite } = options;
    checkNames(paths);
    const undo: (() => Promise<void>)[] = [];
    const text = async <T>(path: string, open: (path: string) => Promise<T>) => {
      const file = await PartialFile.create(path, { overwrite, input });
      undo.push(() => file.discard());
      return { file, writer: await open(file.path) };
    };
    try {
      const video = paths.video === undefined ? undefined : await openVideoSink(paths.video, {
        ...options,
        binary,
        stream,
        startUs,
        outputSize,
        audioFrom: options.sound === false ? undefined : probe,
      });
      if (video) undo.push(() => video.abort());
      const masks = paths.masks === undefined
        ? undefined
        : await openMaskSink(paths.masks, { binary, stream, startUs, overwrite, input });
      if (masks) undo.push(() => masks.abort());
      const stats = paths.stats === undefined ? undefined : await text(
        paths.stats,
        (path) => FrameLog.create(path, { format: frameLogFormat(paths.stats!) }),
      );
      const trace = paths.trace === undefined ? undefined : await text(
        paths.trace,
        (path) => TraceFile.create(path, { startedAtMs: context.startedAtMs }),
      );
      return new Outputs({ video, masks, stats, trace });
    } catch (error) {
      for (const step of undo.reverse()) await step();
      throw error;
    }
  }

  /** When the first encoded frame left the encoder, by `nowMs()`; undefined before. */
  get firstFrameEncodedAtMs(): number | undefined {
    return this.#video?.firstFrameEncodedAtMs;
  }

  /** Hands a frame to the video and the masks, both at the same time. */
  async write(frame: FinishedFrame): Promise<void> {
    this.#hasFrames = true;
    if (!this.#masks) await this.#video?.write(frame);
    else await Promise.all([this.#video?.write(frame), this.#masks.write(frame)]);
  }

  /** Logs a frame that was written. */
  async log(timing: FrameTiming, header: Float64Array): Promise<void> {
    await this.#stats?.writer.write(timing);
    await this.#trace?.writer.write(header);
  }

  /**
   * Ends every output: under its final name, or playable under a partial one; none without frames. An
   * abort that comes once the sinks are closed comes too late: what is left then is a matter of
   * milliseconds, and is done.
   */
  async close(outcome: SinkOutcome): Promise<OutputResults> {
    if (!this.#hasFrames) {
      await this.abort();
      return { paths: {}, cpuMs: undefined, notes: [] };
    }
    // First, while all can still be undone: the disk may be full.
    await this.#stats?.writer.close();
    await this.#trace?.writer.close();
    this.#checkNotAborted();
    this.#closing = this.#closeSinks(outcome);
    const { video, masks } = await this.#closing;
    const paths = {
      video: video?.path,
      masks: masks?.path,
      stats: await endText(this.#stats, outcome),
      trace: await endText(this.#trace, outcome),
    };
    return {
      paths,
      cpuMs: totalCpu([video, masks]),
      notes: [...(video?.notes ?? []), ...(masks?.notes ?? [])],
    };
  }

  /**
   * Stops at once and leaves nothing behind, but for what has its final name already. Safe to call at
   * any time, and twice.
   */
  async abort(): Promise<void> {
    this.#isAborted = true;
    await Promise.allSettled([this.#video?.abort(), this.#masks?.abort()]);
    await this.#closing?.catch(() => {});
    if (this.#isOver) return;
    await Promise.allSettled([
      discardText(this.#stats),
      discardText(this.#trace),
      ...this.#parts.map((part) => Deno.remove(part, { recursive: true })),
    ]);
  }

  /** The sinks know it themselves; there may be none. */
  #checkNotAborted(): void {
    const text = this.#stats ?? this.#trace;
    if (this.#isAborted && text !== undefined) throw closedError(text.file.target);
  }

  async #closeSinks(outcome: SinkOutcome): Promise<ClosedSinks> {
    const end = async (sink: FrameSink | undefined) => {
      const result = await sink?.close(outcome);
      if (outcome === "interrupted" && result?.path !== undefined) this.#parts.push(result.path);
      return result;
    };
    const video = await end(this.#video);
    const masks = await end(this.#masks);
    this.#isOver = true;
    return { video, masks };
  }
}

function checkNames({ video, masks, stats, trace }: OutputPaths): void {
  const owners = new Map<string, string>();
  for (const [output, path] of Object.entries({ video, masks, stats, trace })) {
    if (path === undefined) continue;
    const owner = owners.get(resolve(path));
    if (owner !== undefined) {
      throw new TypeError(
        `Cannot write ${owner} and ${output} both to ${
          JSON.stringify(path)
        }. Give each a name of ` +
          "its own.",
      );
    }
    owners.set(resolve(path), output);
  }
}

async function endText(
  output: TextOutput<unknown> | undefined,
  outcome: SinkOutcome,
): Promise<string | undefined> {
  return outcome === "complete" ? await output?.file.complete() : output?.file.path;
}

async function discardText(
  output: TextOutput<{ close(): Promise<void> }> | undefined,
): Promise<void> {
  await output?.writer.close().catch(() => {}); // a full disk is why it is being discarded
  await output?.file.discard();
}

function totalCpu(results: readonly (SinkResult | undefined)[]): number | undefined {
  const known = results.flatMap((result) => result?.cpuMs ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, cpuMs) => sum + cpuMs);
}
