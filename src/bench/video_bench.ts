/** Whole runs, from file to file, one of each kind in turn: segstream's and the naive way's. */
import { join } from "node:path";
import { nowMs } from "../frame/clock.ts";
import type { FfmpegBinary } from "../ffmpeg/binary.ts";
import { revive } from "../infer/pool/messages.ts";
import type { PrecisionChoice } from "../infer/precision.ts";
import type { Provider } from "../infer/providers.ts";
import type { Resolution } from "../model/resolution.ts";
import type { BenchResolution, Sample, Timeline } from "../report/bench_report.ts";
import type { RunReport } from "../report/run_report.ts";
import { segmentVideo, type SegmentVideoOptions } from "../segment_video.ts";
import type { Calibration } from "./calibration.ts";
import type { Clip } from "./clips.ts";
import type { NaiveOrder, NaiveResult } from "./naive_run.ts";
import type { NaiveReply } from "./naive_worker.ts";
import { readTimeline } from "./timeline.ts";

/** A run of the product. */
export interface SegstreamJob {
  /** Tells the kinds apart. */
  readonly kind: "segstream";
  readonly resolution: BenchResolution;
  /** As segmentVideo takes it. */
  readonly wanted: Resolution;
  readonly clip: Clip;
  readonly workers: number;
}

/** A run of the naive way. */
export interface NaiveJob {
  /** Tells the kinds apart. */
  readonly kind: "naive";
  readonly resolution: BenchResolution;
  readonly order: Omit<NaiveOrder, "output" | "ffmpeg">;
}

/** One kind of run. */
export type VideoJob = SegstreamJob | NaiveJob;

/** The runs of one job. */
export interface VideoResult {
  readonly job: VideoJob;
  /** Frames a second by round. */
  readonly fps: readonly Sample[];
  /** By round; empty for the naive way. */
  readonly reports: readonly RunReport[];
}

/** What the runs need. */
export interface VideoBenchOptions {
  readonly rounds: number;
  /** Where the outputs are written. */
  readonly folder: string;
  readonly ffmpeg: FfmpegBinary;
  readonly model: string;
  readonly provider: Provider;
  readonly precision: PrecisionChoice;
  readonly calibration: Calibration;
  /** When the benchmark began, by `performance.now()`. */
  readonly beganMs: number;
  readonly onPhase: (phase: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs every job once a round.
 *
 * @throws {InputError | FfmpegError | ModelError | ProviderError | WorkerError | OutputError}
 */
export async function measureVideos(
  jobs: readonly VideoJob[],
  options: VideoBenchOptions,
): Promise<readonly VideoResult[]> {
  const results = jobs.map((job) => ({
    job,
    fps: [] as Sample[],
    reports: [] as RunReport[],
  }));
  for (let round = 0; round < options.rounds; round++) {
    options.onPhase(`file to file: round ${round + 1} of ${options.rounds}`);
    await options.calibration.measure();
    for (const { job, fps, reports } of results) {
      options.signal?.throwIfAborted();
      const { value, report } = await runJob(job, options);
      fps.push({ atMs: performance.now() - options.beganMs, value });
      if (report) reports.push(report);
    }
  }
  return results;
}

/**
 * A run that is looked at frame by frame. It is the first of the program, so that it also tells
 * what the first frame of a command waits for.
 */
export async function recordTimeline(
  job: SegstreamJob,
  options: VideoBenchOptions,
): Promise<{ readonly timeline: Timeline; readonly report: RunReport }> {
  options.onPhase("file to file: the first run");
  const trace = join(options.folder, "trace.json");
  const report = await runSegstreamJob(job, options, { trace });
  const spans = readTimeline(await Deno.readTextFile(trace));
  return { timeline: { resolution: job.resolution, spans }, report };
}

async function runJob(
  job: VideoJob,
  options: VideoBenchOptions,
): Promise<{ value: number; report?: RunReport }> {
  if (job.kind === "naive") return { value: (await runNaiveJob(job, options)).fps };
  const report = await runSegstreamJob(job, options);
  return { value: report.fps, report };
}

/** One run of the product. */
export async function runSegstreamJob(
  { clip, wanted, workers }: SegstreamJob,
  { folder, ffmpeg, model, provider, precision, signal }: VideoBenchOptions,
  more: Pick<SegmentVideoOptions, "trace" | "onProgress"> = {},
): Promise<RunReport> {
  const { report } = await segmentVideo(clip.path, join(folder, "output.mp4"), {
    resolution: wanted,
    workers,
    provider,
    precision,
    model,
    ffmpeg: ffmpeg.path,
    overwrite: true,
    startedAtMs: nowMs(),
    ...more,
    ...(signal && { signal }),
  });
  return report;
}

function runNaiveJob(
  { order }: NaiveJob,
  { folder, ffmpeg, signal }: VideoBenchOptions,
): Promise<NaiveResult> {
  const { promise, resolve, reject } = Promise.withResolvers<NaiveResult>();
  const worker = new Worker(new URL("./naive_worker.ts", import.meta.url), { type: "module" });
  const onAbort = () => reject(signal!.reason);
  signal?.addEventListener("abort", onAbort);
  worker.onmessage = ({ data }: MessageEvent<NaiveReply>) => {
    if (data.kind === "done") resolve(data.result);
    else reject(revive(data.error, { model: order.graph.name, provider: "cpu" }));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  const message: NaiveOrder = { ...order, ffmpeg, output: join(folder, "naive.mp4") };
  worker.postMessage(message);
  return promise.finally(() => {
    signal?.removeEventListener("abort", onAbort);
    worker.terminate();
  });
}
