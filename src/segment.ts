/** The library's first door: `segment()` gives the frames of a video with their class maps. */
import type { SegmentationClass } from "./frame/classes.ts";
import type { Size } from "./frame/geometry.ts";
import { type FrameTiming, frameTiming } from "./frame/timing.ts";
import { type FfmpegBinary, findFfmpeg } from "./ffmpeg/binary.ts";
import type { Probe } from "./ffmpeg/probe.ts";
import type { TimeRange } from "./ffmpeg/range.ts";
import { mayUseAccelerator, type ProviderDecision } from "./infer/choose.ts";
import { graphCacheFolder } from "./infer/graph_cache.ts";
import { hasIntegerDot } from "./infer/integer_dot.ts";
import { int8MakerFor, type PrecisionChoice } from "./infer/precision.ts";
import { retireWorkers, spawnWorkers } from "./infer/pool/threads.ts";
import { networkFor, openModel } from "./model/any_model.ts";
import type { CustomFacts } from "./model/custom/sidecar.ts";
import type { DownloadProgress } from "./model/download.ts";
import type { Network } from "./model/network.ts";
import type { Resolution } from "./model/resolution.ts";
import type { DrawOptions } from "./overlay/overlay.ts";
import { defaultWorkers, Pipeline, type PipelineOptions } from "./pipeline.ts";
import { type OpenedSource, openSource } from "./source/open.ts";

/** How to segment. */
export interface SegmentOptions extends PipelineOptions {
  /**
   * Name of a model that comes with segstream, a .safetensors or .onnx file, or `NAME@URL#sha256`,
   * which is downloaded once.
   */
  readonly model?: string;
  /** What an .onnx file does not say of itself; goes before its sidecar. */
  readonly modelFacts?: CustomFacts;
  /** Called while a model is downloaded. */
  readonly onDownload?: (name: string, progress: DownloadProgress) => void;
  /** The network's input size; `half` by default. */
  readonly resolution?: Resolution;
  /** Arithmetic on the CPU; `auto` by default: int8 where it is faster and the model has it. */
  readonly precision?: PrecisionChoice;
  /** The ffmpeg to run; SEGSTREAM_FFMPEG, then the bundled one by default. */
  readonly ffmpeg?: string;
  /** The part of a file or URL to segment; all of it by default. */
  readonly range?: TimeRange;
}

/** One segmented frame. Its arrays are reused: copy what must outlive the loop's turn. */
export interface SegmentedFrame {
  /** Frame number, from 0. */
  readonly index: number;
  /** Presentation time in microseconds from the first frame. */
  readonly ptsUs: number;
  /** Size of the frame and of its class map. */
  readonly size: Size;
  /** uint8 [height, width]: the class id of each pixel, a position in `classes`. */
  readonly labels: Uint8Array;
  /** uint8 [height, width]: softmax of the winning class in 1/255, with the `prob` head. */
  readonly confidence: Uint8Array | undefined;
  /** The frame itself, packed I420. */
  readonly pixels: Uint8Array;
  /** What the class ids mean. */
  readonly classes: readonly SegmentationClass[];
  /** What the frame cost so far; nothing was encoded. */
  readonly timing: FrameTiming;
}

/**
 * Segments a video frame by frame.
 *
 * - Order and number are the source's; nothing is dropped: a slow loop holds the decoder back.
 * - Breaking out of the loop, or aborting `options.signal`, ends the decoder and the workers.
 * - Call it on the main thread: the workers are threads of their own.
 *
 * @param input A file, a URL that ffmpeg can read, or `street:` for a scene that is drawn.
 * @throws {InputError} If the input cannot be read.
 * @throws {FfmpegError} If ffmpeg cannot be run.
 * @throws {ModelError} If the model cannot be loaded.
 * @throws {ProviderError} If the named provider cannot start.
 * @throws {WorkerError} If a frame failed twice.
 *
 * @example
 * ```ts
 * import { segment } from "@segstream/segstream";
 *
 * for await (const frame of segment("drive.mp4")) {
 *   const road = frame.labels.reduce((count, label) => count + (label === 0 ? 1 : 0), 0);
 *   console.log(frame.ptsUs, road / frame.labels.length);
 * }
 * ```
 */
export async function* segment(
  input: string,
  options: SegmentOptions = {},
): AsyncGenerator<SegmentedFrame, void, void> {
  const { pipeline, network } = await openPipeline(input, options);
  try {
    const { size } = pipeline.stream;
    for await (const { header, pixels, labels, confidence } of pipeline.frames()) {
      const timing = frameTiming(header);
      const { index, ptsUs } = timing;
      yield { index, ptsUs, size, labels, confidence, pixels, classes: network.classes, timing };
    }
  } finally {
    await pipeline.close();
  }
}

/** A pipeline and what it was made from. */
export interface OpenedPipeline {
  readonly pipeline: Pipeline;
  readonly network: Network;
  readonly ffmpeg: FfmpegBinary;
  /** What the container says; absent for a drawn source. */
  readonly probe: Probe | undefined;
  /** What the decoder complained about; grows while it runs. */
  readonly warnings: readonly string[];
}

/** How frames are drawn into, decided once the source and the network are known. */
export interface Drawing {
  readonly outputSize: (source: Size) => Size;
  readonly options: (network: Network, stream: DrawBase) => DrawOptions;
}

/** What a drawing starts from. */
export interface DrawBase extends Pick<DrawOptions, "size" | "colour"> {
  readonly decision: ProviderDecision;
}

/**
 * Opens the input, loads the model and starts the workers, all at the same time: what they wait for
 * is different, and together it is what a user waits for.
 *
 * @param sourceSignal Ends the source and nothing else, opened or not; the options' by default.
 */
export async function openPipeline(
  input: string,
  options: SegmentOptions,
  drawing?: Drawing,
  sourceSignal = options.signal,
): Promise<OpenedPipeline> {
  const threads = spawnWorkers(options.workers ?? defaultWorkers());
  const { precision = "auto", provider = "auto" } = options;
  // Asked again once the model is there; by then it is known.
  if (precision !== "fp32" && ["auto", "cpu"].includes(provider)) hasIntegerDot().catch(() => {});
  const { ffmpeg: ffmpegPath, range } = options;
  const opening = openSource(input, { ffmpeg: ffmpegPath, signal: sourceSignal, range });
  try {
    const loading = openModel(options.model, {
      ...(options.modelFacts && { facts: options.modelFacts }),
      ...(options.onDownload && { onProgress: options.onDownload }),
      ...(options.signal && { signal: options.signal }),
    });
    const [opened, model, makeInt8, mayAccelerate, ffmpeg] = await Promise.all([
      opening,
      loading,
      loading.then((model) => int8MakerFor(model, { precision, provider }, graphCacheFolder())),
      // It blocks this thread for a while: not before the other threads and processes are at work.
      loading.then(() => mayUseAccelerator(precision === "int8" ? "cpu" : provider)),
      findFfmpeg({ path: options.ffmpeg }),
    ]);
    const { source, probe, warnings } = opened;
    const { size, colour } = source.info;
    const resolution = options.resolution ?? "half";
    const target = { source: size, resolution, colour };
    const cpuNetwork = await makeInt8?.(target);
    const network = cpuNetwork && !mayAccelerate ? cpuNetwork : networkFor(model, target);
    if (network.output.kind === "labels" && options.head === "prob") {
      throw new RangeError(
        `Cannot give confidence: "${network.name}" gives labels, not logits. Leave --head prob out.`,
      );
    }
    const outputSize = drawing?.outputSize(size) ?? size;
    const pipeline = await Pipeline.start({
      source,
      network,
      cpuNetwork,
      threads,
      ...(outputSize.width === size.width ? {} : { outputSize }),
      ...(drawing && {
        overlay: (decision) => drawing.options(network, { size, colour, decision }),
      }),
    }, { ...options, provider: precision === "int8" ? "cpu" : provider });
    return { pipeline, network: pipeline.network, ffmpeg, probe, warnings };
  } catch (error) {
    await Promise.all([retireWorkers(threads), opening.then(closeSource, () => {})]);
    throw error;
  }
}

function closeSource({ source }: OpenedSource): Promise<void> {
  return source.close();
}
