/**
 * segstream labels every pixel of every frame of a video, live: `segmentVideo()` gives the same
 * video back with road, cars, people and sky tinted, `segment()` gives the class maps themselves.
 *
 * ```ts
 * import { segment, segmentVideo } from "@segstream/segstream";
 *
 * await segmentVideo("drive.mp4", "drive.tinted.mp4", { resolution: "half" });
 *
 * for await (const frame of segment("drive.mp4")) {
 *   console.log(frame.ptsUs, frame.labels[0]);
 * }
 * ```
 *
 * Run as a program, it is the command line: `deno run -P mod.ts --help`.
 *
 * @module
 */
import type { BenchmarkOptions } from "./src/bench/bench.ts";
import type { Diagnosis, ExamineOptions } from "./src/doctor/doctor.ts";
import type { EvaluateOptions } from "./src/eval/evaluate.ts";
import type { Evaluation } from "./src/eval/evaluation.ts";
import type { ImportedWeights, ImportOptions } from "./src/model/import.ts";
import type { ExportedModel, ExportOptions, WriteOptions } from "./src/model_files.ts";
import type { QuantizedModel, QuantizeModelOptions } from "./src/quantize.ts";
import type { Comparison } from "./src/report/bench_comparison.ts";
import type { BenchReport } from "./src/report/bench_report.ts";
import type { CameraOptions } from "./src/watch/camera.ts";
import type { StudioOptions } from "./src/watch/studio.ts";
import type { Watch } from "./src/watch/watch.ts";

export type { BenchmarkOptions } from "./src/bench/bench.ts";
export { compareReports } from "./src/bench/compare.ts";
export type { BenchProviders } from "./src/bench/providers.ts";
export type { Diagnosis, ExamineOptions } from "./src/doctor/doctor.ts";
export type { Finding, Status } from "./src/doctor/finding.ts";
export * from "./src/errors.ts";
export type { ConfusionMatrix } from "./src/eval/confusion.ts";
export type { DatasetOptions } from "./src/eval/dataset.ts";
export type { EvaluateOptions } from "./src/eval/evaluate.ts";
export type { EvaluatedDataset, Evaluation, ResolutionResult } from "./src/eval/evaluation.ts";
export { type DatasetClass, type LayoutName, LAYOUTS } from "./src/eval/layout.ts";
export { PICTURE_INPUTS, type PictureInput } from "./src/eval/messages.ts";
export type { Score, Scores } from "./src/eval/scores.ts";
export { formatEvaluation } from "./src/eval/table.ts";
export type { WorstPicture } from "./src/eval/worst.ts";
export { CITYSCAPES_CLASSES, IGNORE_LABEL, type SegmentationClass } from "./src/frame/classes.ts";
export type { Colour, ColourMatrix, ColourRange, Rgb } from "./src/frame/colour.ts";
export type { Size } from "./src/frame/geometry.ts";
export type { Ratio, StreamInfo } from "./src/frame/stream.ts";
export { type FrameTiming, type Stage, STAGES } from "./src/frame/timing.ts";
export type { ProviderDecision, Trial } from "./src/infer/choose.ts";
export { type Provider, type ProviderChoice, PROVIDERS } from "./src/infer/providers.ts";
export { parseClasses } from "./src/model/class_list.ts";
export type { CustomFacts } from "./src/model/custom/sidecar.ts";
export type { DownloadProgress } from "./src/model/download.ts";
export type { FastScnnTraits } from "./src/model/fast_scnn.ts";
export type { Head } from "./src/model/heads.ts";
export type { ImportedWeights, ImportOptions } from "./src/model/import.ts";
export { NETWORK_NAMES, type NetworkName } from "./src/model/networks/figures.ts";
export type { Normalisation } from "./src/model/normalisation.ts";
export type { Triple } from "./src/model/stem.ts";
export type { Tensor, TensorData, Tensors } from "./src/model/tensor.ts";
export { type PrecisionChoice, PRECISIONS } from "./src/infer/precision.ts";
export type { LayerSensitivity } from "./src/infer/sensitivity.ts";
export type { Precision } from "./src/model/network.ts";
export type { Resolution } from "./src/model/resolution.ts";
export type { ExportedModel, ExportOptions, WriteOptions } from "./src/model_files.ts";
export type { EncodeOptions, OutputPaths } from "./src/outputs.ts";
export { type View, VIEWS } from "./src/overlay/blend.ts";
export type { PipelineOptions } from "./src/pipeline.ts";
export type { ComparedRow, Comparison, Verdict } from "./src/report/bench_comparison.ts";
export type {
  BenchEnvironment,
  BenchProtocol,
  BenchReport,
  BenchResolution,
  BenchRow,
  Bill,
  ComparedNetwork,
  CoreUse,
  Goal,
  Measurement,
  Sample,
  Span,
  Timeline,
} from "./src/report/bench_report.ts";
export { type BenchTextOptions, formatBench, formatComparison } from "./src/report/bench_text.ts";
export type { BusyShares, Side } from "./src/report/bound.ts";
export type { CpuCost, WorkerTimes } from "./src/report/cpu_cost.ts";
export type { Summary } from "./src/report/histogram.ts";
export type { RunFacts, RunReport } from "./src/report/run_report.ts";
export { formatTable, type TableOptions } from "./src/report/table.ts";
export type { QuantizedModel, QuantizeModelOptions, QuantizePart } from "./src/quantize.ts";
export { segment, type SegmentedFrame, type SegmentOptions } from "./src/segment.ts";
export {
  type LookOptions,
  type RunProgress,
  type RunResult,
  type RunStart,
  segmentVideo,
  type SegmentVideoOptions,
} from "./src/segment_video.ts";
export type { CameraOptions, CameraResult } from "./src/watch/camera.ts";
export type { LiveLook } from "./src/watch/drawing.ts";
export type { EventOptions } from "./src/watch/event_sinks.ts";
export type { FilmingOptions } from "./src/watch/assembly.ts";
export type { GovernorTarget } from "./src/watch/governor.ts";
export type { SourceOptions } from "./src/watch/open_camera.ts";
export type { StudioOptions } from "./src/watch/studio.ts";
export type { Watch, WatchResult } from "./src/watch/watch.ts";
export type { Feed, FeedState, FeedStatus, FeedView } from "./src/report/feed.ts";
export type { FeedViewer, Quantiles } from "./src/report/feed.ts";
export type { BroadcastTarget } from "./src/sink/broadcast.ts";
export type { BackoffOptions, DropPolicy, LiveSourceOptions } from "./src/source/live.ts";
export type { RtspTransport } from "./src/ffmpeg/live_input.ts";
export type { BinaryOptions } from "./src/ffmpeg/binary.ts";
export type { OnStreamEvent, StreamEvent } from "./src/frame/stream_event.ts";
export type { Palette } from "./src/overlay/palette.ts";
export type { TimeRange } from "./src/ffmpeg/range.ts";

// The doors below load what they lead to when they are first used: a program that segments a video
// does not wait for the benchmark's code.

/**
 * Measures this machine: the network alone by the paper's protocol, runs from file to file, and the
 * naive way beside both. Rows take turns, so that whatever the machine does meanwhile falls on all
 * of them. Takes minutes and every core; call it on the main thread, and run nothing beside it.
 *
 * @throws {InputError | FfmpegError | ModelError | ProviderError | WorkerError | OutputError}
 * @throws {TypeError | RangeError} If the input or a resolution cannot be used.
 *
 * @example
 * ```ts
 * import { benchmark } from "@segstream/segstream";
 *
 * const report = await benchmark({ quick: true, resolutions: ["half"] });
 * for (const { series, median, unit } of report.rows) console.log(series, median, unit);
 * ```
 */
export async function benchmark(options: BenchmarkOptions = {}): Promise<BenchReport> {
  const { benchmark: run } = await import("./src/bench/bench.ts");
  return await run(options);
}

/**
 * Measures how well a network segments annotated pictures: IoU of every class and category and pixel
 * accuracy, as Cityscapes defines them, at several resolutions in one go.
 *
 * Each picture is fed at the resolution's size, and its logits are upsampled to the annotation's
 * size before they are compared; a class of the network counts as the dataset's class that its name
 * belongs to, after the winner was found among the network's own classes.
 *
 * Call it on the main thread: the workers are threads of their own.
 *
 * @param path A folder in the layout of Cityscapes, or of CamVid's 11 classes.
 * @throws {InputError} If the dataset is not what its layout asks for.
 * @throws {FfmpegError | ModelError | ProviderError}
 * @throws {RangeError | TypeError} If no resolution is given, or the skip connection of an ONNX file
 *   is to be zeroed.
 *
 * @example
 * ```ts
 * import { evaluate } from "@segstream/segstream";
 *
 * const { results } = await evaluate("camvid", { resolutions: ["half"] });
 * console.log(results[0]?.scores.meanIou);
 * ```
 */
export async function evaluate(path: string, options: EvaluateOptions = {}): Promise<Evaluation> {
  const { evaluate: run } = await import("./src/eval/evaluate.ts");
  return await run(path, options);
}

/**
 * Tries everything that segmenting a video needs and everything that makes it faster: it starts
 * ffmpeg, ffprobe and each execution provider, and takes a few seconds. It rejects for nothing that
 * is wrong with the machine; that is in the findings.
 *
 * @example
 * ```ts
 * import { examine } from "@segstream/segstream";
 *
 * const { canSegment, findings } = await examine();
 * for (const { name, status, mend } of findings) console.log(name, status, mend);
 * ```
 */
export async function examine(options: ExamineOptions = {}): Promise<Diagnosis> {
  const { examine: run } = await import("./src/doctor/doctor.ts");
  return await run(options);
}

/**
 * Calibrates a model on the images of a folder, so that it can run in 8 bits: notes the ranges of its
 * activations and finds the layers that 8 bits hurt too much. The weights stay as they are; the file
 * that is written lies beside them and holds nothing of the images but those ranges.
 *
 * @param folder Images of what the model will see, a few dozen; not what it is evaluated on.
 * @throws {InputError} If there are no images, or one cannot be read.
 * @throws {ModelError} If the model cannot be quantised.
 * @throws {OutputError} If the output exists and may not be replaced, or cannot be written.
 *
 * @example
 * ```ts
 * import { quantizeModel } from "@segstream/segstream";
 *
 * const { sensitivity } = await quantizeModel("street-images", { model: "mine.safetensors" });
 * console.log(sensitivity[0]);
 * ```
 */
export async function quantizeModel(
  folder: string,
  options: QuantizeModelOptions = {},
): Promise<QuantizedModel> {
  const { quantizeModel: run } = await import("./src/quantize.ts");
  return await run(folder, options);
}

/**
 * Turns a PyTorch checkpoint of Fast-SCNN into a .safetensors file that segstream runs. Nothing in the
 * checkpoint is executed, and only the network's own tensors are read.
 *
 * The output gets its name only when it is complete.
 *
 * @example
 * ```ts
 * import { importModel } from "@segstream/segstream";
 *
 * const { layout } = await importModel("fast_scnn_citys.pth", "citys.safetensors");
 * ```
 * @throws {ModelError} If it is no checkpoint, is damaged, names foreign code, holds another network
 *   or classes that nobody names.
 * @throws {OutputError} If the output exists and may not be replaced, or cannot be written.
 */
export async function importModel(
  checkpoint: string,
  output: string,
  options: ImportOptions & WriteOptions = {},
): Promise<ImportedWeights> {
  const { importModel: run } = await import("./src/model_files.ts");
  return await run(checkpoint, output, options);
}

/**
 * Writes a Fast-SCNN, or ENet from its public checkpoint, as a standard ONNX file (operator set 17):
 * input `image`, uint8 RGB [1, height, width, 3], normalisation included; outputs by the head. ENet
 * was trained at 512×512 and has the head `logits` alone.
 *
 * @throws {ModelError} If the model cannot be loaded.
 * @throws {OutputError} If the output exists and may not be replaced, or cannot be written.
 */
export async function exportModel(
  output: string,
  options: ExportOptions = {},
): Promise<ExportedModel> {
  const { exportModel: run } = await import("./src/model_files.ts");
  return await run(output, options);
}

/**
 * The page. It shows what `segstream bench` prints and more: charts, the frames' waterfall, every
 * sample. It loads nothing, so it can be mailed, and it reads well printed.
 *
 * @param comparison With an older report, where one is to be shown.
 */
export async function benchPage(report: BenchReport, comparison?: Comparison): Promise<string> {
  const { benchPage: run } = await import("./src/report/bench_page.ts");
  return await run(report, comparison);
}

/**
 * Opens cameras that share a model and its workers, fairly: frames are taken from each in turn. They
 * are connected to by `run()` of the result, which goes on until they end or it is told to stop.
 *
 * @throws {ModelError | ProviderError | FfmpegError} If one of those cannot be had.
 * @throws {OutputError} If a recording cannot be written where it is to go.
 * @throws {TypeError | RangeError} If an option is wrong, or two cameras have one name.
 *
 * @example
 * ```ts
 * import { openWatch } from "@segstream/segstream";
 *
 * await using watch = await openWatch([{ name: "gate", input: "rtsp://camera/stream" }]);
 * watch.cameras[0]!.onFrame(({ latencyMs }) => console.log(latencyMs));
 * await watch.run(AbortSignal.timeout(60_000));
 * ```
 */
export async function openWatch(
  cameras: readonly CameraOptions[],
  options: StudioOptions = {},
): Promise<Watch> {
  const { Watch } = await import("./src/watch/watch.ts");
  return await Watch.open(cameras, options);
}

if (import.meta.main) {
  const { runCli } = await import("./src/cli/main.ts");
  await runCli(Deno.args);
}
