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
export { benchmark, type BenchmarkOptions } from "./src/bench/bench.ts";
export { compareReports } from "./src/bench/compare.ts";
export type { BenchProviders } from "./src/bench/providers.ts";
export { type Diagnosis, examine, type ExamineOptions } from "./src/doctor/doctor.ts";
export type { Finding, Status } from "./src/doctor/finding.ts";
export * from "./src/errors.ts";
export type { ConfusionMatrix } from "./src/eval/confusion.ts";
export type { DatasetOptions } from "./src/eval/dataset.ts";
export { evaluate, type EvaluateOptions } from "./src/eval/evaluate.ts";
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
export {
  type ExportedModel,
  exportModel,
  type ExportOptions,
  importModel,
  type WriteOptions,
} from "./src/model_files.ts";
export type { EncodeOptions, OutputPaths } from "./src/outputs.ts";
export { type View, VIEWS } from "./src/overlay/blend.ts";
export type { PipelineOptions } from "./src/pipeline.ts";
export type { ComparedRow, Comparison, Verdict } from "./src/report/bench_comparison.ts";
export { benchPage } from "./src/report/bench_page.ts";
export type {
  BenchEnvironment,
  BenchProtocol,
  BenchReport,
  BenchResolution,
  BenchRow,
  Bill,
  Goal,
  Measurement,
  Sample,
  Span,
  Timeline,
} from "./src/report/bench_report.ts";
export { type BenchTextOptions, formatBench, formatComparison } from "./src/report/bench_text.ts";
export type { BusyShares, Side } from "./src/report/bound.ts";
export type { ComparedNetwork } from "./src/report/bench_report.ts";
export type { CpuCost, WorkerTimes } from "./src/report/cpu_cost.ts";
export type { Summary } from "./src/report/histogram.ts";
export type { RunFacts, RunReport } from "./src/report/run_report.ts";
export { formatTable, type TableOptions } from "./src/report/table.ts";
export {
  type QuantizedModel,
  quantizeModel,
  type QuantizeModelOptions,
  type QuantizePart,
} from "./src/quantize.ts";
export { segment, type SegmentedFrame, type SegmentOptions } from "./src/segment.ts";
export {
  type LookOptions,
  type RunResult,
  type RunStart,
  segmentVideo,
  type SegmentVideoOptions,
} from "./src/segment_video.ts";

if (import.meta.main) {
  const { runCli } = await import("./src/cli/main.ts");
  await runCli(Deno.args);
}
