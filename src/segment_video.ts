/** The library's second door: `segmentVideo()` turns a video into the same video, tinted. */
import { nowMs } from "./frame/clock.ts";
import type { StreamInfo } from "./frame/stream.ts";
import { frameTiming, HEADER } from "./frame/timing.ts";
import type { ProviderDecision } from "./infer/choose.ts";
import { type EncodeOptions, type OutputContext, type OutputPaths, Outputs } from "./outputs.ts";
import { type View, viewSize } from "./overlay/blend.ts";
import { visibleClasses } from "./overlay/class_filter.ts";
import { readPalette } from "./overlay/palette.ts";
import { RunRecorder } from "./report/run_recorder.ts";
import type { RunReport } from "./report/run_report.ts";
import { type Drawing, type OpenedPipeline, openPipeline, type SegmentOptions } from "./segment.ts";
import { isStreet } from "./source/open.ts";

/** How the frames look. */
export interface LookOptions {
  /** `overlay` by default. */
  readonly view?: View;
  /** How much of the tint covers the source, 0–1. */
  readonly alpha?: number;
  /** A palette file; the classes' own colours by default. */
  readonly palette?: string;
  /** Classes to tint: names, categories or ids, comma-separated. All by default. */
  readonly classes?: string;
  /** Classes not to tint, in the same form. */
  readonly hide?: string;
  /** Draws the strip that names the classes. */
  readonly legend?: boolean;
  /** Draws fps, latency, provider and resolution. */
  readonly hud?: boolean;
}

/** How to segment into files. */
export interface SegmentVideoOptions
  extends SegmentOptions, LookOptions, EncodeOptions, Omit<OutputPaths, "video"> {
  /**
   * Aborting it ends the source: the frames in flight are finished, the outputs are closed under
   * their partial names, and the result's outcome is `interrupted`; before the input is open it
   * rejects with its reason. (Aborting `signal` stops at once, leaves nothing and rejects.)
   */
  readonly stop?: AbortSignal;
  /** When the command started, by `nowMs()`; now by default. */
  readonly startedAtMs?: number;
  /** Called once everything is open, before the first frame. */
  readonly onStart?: (start: RunStart) => void;
  /** Called after every written frame. */
  readonly onProgress?: (progress: RunProgress) => void;
}

/** How far a run is. */
export interface RunProgress {
  /** Frames written. */
  readonly frames: number;
  /** Frames dropped. */
  readonly dropped: number;
  /** The last frame's time, in microseconds from the first. */
  readonly ptsUs: number;
}

/** What is known when a run starts. */
export interface RunStart {
  /** How many frames there will be, as far as the container tells. */
  readonly frameCount: number | undefined;
  /** Size, colour and rate of the frames. */
  readonly stream: StreamInfo;
  /** What runs the network. */
  readonly provider: ProviderDecision;
}

/** How a run ended. */
export interface RunResult {
  /** `interrupted` after `stop`: the outputs are playable and under partial names. */
  readonly outcome: "complete" | "interrupted";
  /** Where the outputs are now. */
  readonly paths: OutputPaths;
  /** Where the time went. */
  readonly report: RunReport;
  /** What the user should know, one line each: damaged frames, sound that could not be kept. */
  readonly notes: readonly string[];
}

/**
 * Segments a video into the same video with every pixel's class tinted.
 *
 * Frames, timestamps, sound, colour tags and aspect ratio are the source's. Outputs get their names
 * only when they are complete, and nothing that exists is overwritten unless `overwrite` is set.
 *
 * @param output The video's file, `-` for the standard output, or undefined for none.
 * @throws {InputError | OutputError | FfmpegError | ModelError | ProviderError | WorkerError}
 * @throws {TypeError | RangeError} If an option is wrong.
 *
 * @example
 * ```ts
 * import { segmentVideo } from "@segstream/segstream";
 *
 * const { report } = await segmentVideo("drive.mp4", "drive.tinted.mp4", { legend: true });
 * console.log(report.fps, report.boundBy);
 * ```
 */
export async function segmentVideo(
  input: string,
  output: string | undefined,
  options: SegmentVideoOptions = {},
): Promise<RunResult> {
  const startedAtMs = options.startedAtMs ?? nowMs();
  options.stop?.throwIfAborted();
  // While it is being opened there is nothing to finish yet, and that may wait for a network.
  const ends = [options.stop, options.signal].filter((signal) => signal !== undefined);
  const drawing = await drawingOf(options);
  const opened = await openPipeline(input, options, drawing, AbortSignal.any(ends));
  const { pipeline, ffmpeg, probe } = opened;
  const stop = () => pipeline.stop();
  // An encoder whose reader has stopped reading takes no frame and comes to no end by itself.
  const kill = () => void outputs?.abort();
  let outputs: Outputs | undefined;
  try {
    const context: OutputContext = {
      ffmpeg,
      stream: pipeline.stream,
      startUs: () => pipeline.stream.startUs,
      outputSize: viewSize(options.view ?? "overlay", pipeline.stream.size),
      probe,
      startedAtMs,
    };
    outputs = await Outputs.open({ ...options, video: output }, context, options);
    options.stop?.addEventListener("abort", stop);
    options.signal?.addEventListener("abort", kill);
    if (options.stop?.aborted) stop();
    const { stream, provider } = pipeline;
    options.onStart?.({ frameCount: stream.frameCount, stream, provider });
    const recorder = new RunRecorder({
      ...factsOf(opened),
      startedAtMs,
      source: isStreet(input) ? "drawn" : "file",
      output: output === undefined && options.masks === undefined ? "caller" : "encoder",
    });
    for await (const frame of pipeline.frames()) {
      await outputs.write(frame);
      const { header } = frame;
      header[HEADER.written] = nowMs();
      const timing = frameTiming(header);
      recorder.record(timing, header[HEADER.written]);
      await outputs.log(timing, header);
      const { frames, dropped } = recorder;
      options.onProgress?.({ frames, dropped, ptsUs: timing.ptsUs });
    }
    const outcome = options.stop?.aborted ? "interrupted" : "complete";
    const { paths, cpuMs, notes } = await outputs.close(outcome);
    await pipeline.close();
    if (outputs.firstFrameEncodedAtMs !== undefined) {
      recorder.firstFrameEncoded(outputs.firstFrameEncodedAtMs);
    }
    const report = recorder.finish({
      decodeCpuMs: pipeline.sourceCpuMs,
      isDrawn: pipeline.sourceIsDrawn,
      encodeCpuMs: cpuMs,
      replacedWorkers: pipeline.replacedWorkers,
    });
    return { outcome, paths, report, notes: [...opened.warnings, ...notes] };
  } catch (error) {
    await outputs?.abort();
    throw options.signal?.aborted ? options.signal.reason : error;
  } finally {
    options.stop?.removeEventListener("abort", stop);
    options.signal?.removeEventListener("abort", kill);
    await pipeline.close();
  }
}

/** Reads the palette before anything is started, and decides the rest once the network is known. */
async function drawingOf(options: SegmentVideoOptions): Promise<Drawing> {
  const { view = "overlay", alpha, legend = false, hud = false } = options;
  const custom = options.palette === undefined ? undefined : await readPalette(options.palette);
  return {
    outputSize: (source) => viewSize(view, source),
    options: ({ classes, inputSize }, { size, colour, decision }) => ({
      size,
      colour,
      classes,
      view,
      legend,
      visible: visibleClasses({
        ...(options.classes === undefined ? {} : { show: options.classes }),
        ...(options.hide === undefined ? {} : { hide: options.hide }),
      }, classes),
      ...(custom && { palette: custom(classes) }),
      ...(alpha === undefined ? {} : { alpha }),
      hud: hud ? { provider: decision.provider, modelSize: inputSize } : undefined,
    }),
  };
}

function factsOf({ pipeline, network, ffmpeg }: OpenedPipeline) {
  return {
    model: network.name,
    provider: pipeline.provider.provider,
    precision: network.precision ?? "fp32",
    modelSize: network.inputSize,
    sourceSize: pipeline.stream.size,
    workers: pipeline.workers,
    threadsPerWorker: 1,
    cores: navigator.hardwareConcurrency,
    ffmpegVersion: ffmpeg.version,
  };
}
