/** The rows from file to file: segstream's and the naive way's, and the bill of each resolution. */
import { join } from "node:path";
import { probe } from "../ffmpeg/probe.ts";
import type { Size } from "../frame/geometry.ts";
import type { Ratio } from "../frame/stream.ts";
import { modelSize, type Resolution } from "../model/resolution.ts";
import type {
  BenchResolution,
  BenchRow,
  Bill,
  Measurement,
  Timeline,
} from "../report/bench_report.ts";
import type { RunReport } from "../report/run_report.ts";
import { isStreet } from "../source/open.ts";
import { type Clip, CLIP_RATE, cutClip, drawClip } from "./clips.ts";
import { naiveContestant, sampleFrame } from "./contestant.ts";
import type { BenchContext } from "./context.ts";
import { clipFrames, naiveFrames } from "./protocol.ts";
import { countWorkers, type RowHead, slackOf } from "./rows.ts";
import { measurement, median } from "./statistics.ts";
import {
  measureVideos,
  recordTimeline,
  runSegstreamJob,
  type SegstreamJob,
  type VideoBenchOptions,
  type VideoJob,
  type VideoResult,
} from "./video_bench.ts";

/** What was measured. */
export interface VideoRows {
  readonly rows: readonly BenchRow[];
  readonly bills: readonly Bill[];
  readonly timeline: Timeline | undefined;
  /** Peak memory of 3,000 frames over that of 300, where it was asked for. */
  readonly memoryGrowth: number | undefined;
}

/** What the runs read, and what the user asked for. */
export interface VideoContext extends BenchContext {
  /** A file, a URL, or `street:`. */
  readonly input: string;
  /** Whether to compare a long run's memory with a short one's. */
  readonly memory: boolean;
  /** How long the program took to start, before anything was measured. */
  readonly startUpMs: number;
}

const NOTHING: VideoRows = {
  rows: [],
  bills: [],
  timeline: undefined,
  memoryGrowth: undefined,
};

/** Frames of the runs whose memory is compared. */
const MEMORY_FRAMES = { short: 300, long: 3000 } as const;

/** Frames between two looks at the memory. */
const MEMORY_STRIDE = 5;

/** Measures whole runs. Leaves nothing on the disk. */
export async function benchVideos(context: VideoContext): Promise<VideoRows> {
  const { providers, ffmpeg, model, signal, onPhase } = context;
  if (providers.chosen !== "cpu" && providers.adapter?.isSoftware) {
    context.onNote("File to file is left out: a software adapter is slower than the CPU by far.");
    return NOTHING;
  }
  const folder = await Deno.makeTempDir({ prefix: "segstream_bench_" });
  try {
    onPhase("making the clips");
    const clips = await makeClips(folder, context);
    const options: VideoBenchOptions = {
      ...context,
      ...{ folder, ffmpeg, model: model.name, provider: providers.chosen, signal },
      rounds: context.protocol.videoRounds,
    };
    // The first run of the program tells what the first frame waits for: nothing is warm yet.
    const jobs = jobsOf(clips, context);
    const middle = jobs.find(({ resolution }) => resolution.name === "half") ?? jobs[0]!;
    const { timeline, report } = await recordTimeline(middle as SegstreamJob, options);
    const memoryGrowth = context.memory ? await measureMemory(options, context) : undefined;
    const results = await measureVideos(jobs, options);
    return {
      rows: [
        ...results.map((result) => fpsRow(result, context)),
        ...results.flatMap((result) => detailRows(result, context)),
        firstFrameRow(report, context),
      ],
      bills: results.flatMap((result) => billOf(result, context)),
      timeline,
      memoryGrowth,
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A clip for each resolution; where the street is drawn, it has the network's size. */
interface ResolutionClip {
  readonly wanted: Resolution;
  readonly resolution: BenchResolution;
  readonly clip: Clip;
  readonly frameRate: Ratio;
}

async function makeClips(folder: string, context: VideoContext): Promise<ResolutionClip[]> {
  const { input, ffmpeg, protocol, resolutions, signal } = context;
  const clips: ResolutionClip[] = [];
  if (isStreet(input)) {
    for (const { wanted, resolution } of resolutions) {
      const { size, name } = resolution;
      const frames = clipFrames(size.width * size.height, protocol);
      const path = join(folder, `${name}.mp4`);
      const clip = await drawClip(ffmpeg, path, { size, frames, signal });
      clips.push({ wanted, resolution, clip, frameRate: CLIP_RATE });
    }
    return clips;
  }
  const { size, frameRate, videoIndex } = await probe(input, { ffmpeg: ffmpeg.path, signal });
  for (const { wanted, resolution } of resolutions) {
    const network = modelSize(size, wanted);
    const frames = clipFrames(Math.max(pixelsOf(network), pixelsOf(size) / 2), protocol);
    const path = join(folder, `${resolution.name}.mkv`);
    const clip = await cutClip(ffmpeg, path, { input, videoIndex, frames, signal });
    clips.push({ wanted, resolution: { ...resolution, size: network }, clip, frameRate });
  }
  return clips;
}

/** In the order of a round. One worker alone is run at half only: that is what a goal speaks of. */
function jobsOf(clips: readonly ResolutionClip[], context: VideoContext): VideoJob[] {
  const { workers, model } = context;
  const kind = "segstream";
  const ours = clips.map(({ clip, wanted, resolution }): VideoJob => ({
    ...{ kind, resolution, wanted, clip, workers },
  }));
  const alone = clips.filter(({ resolution }) => workers > 1 && resolution.name === "half")
    .map(({ clip, wanted, resolution }): VideoJob => ({
      ...{ kind, resolution, wanted, clip, workers: 1 },
    }));
  const naive = clips.map(({ clip, resolution, frameRate }): VideoJob => {
    const { size } = resolution;
    const { graph } = naiveContestant(model, size, sampleFrame(size));
    const frames = naiveFrames(clip.frames);
    const order = { clip: clip.path, frames, size, frameRate, graph };
    return { kind: "naive", resolution, order };
  });
  return [...ours, ...alone, ...naive];
}

function fpsRow({ job, fps }: VideoResult, { protocol, providers }: VideoContext): BenchRow {
  const isNaive = job.kind === "naive";
  const name = isNaive ? "naive" : job.workers;
  const place = providers.chosen === "cpu" ? "" : ` on ${providers.chosen}`;
  return {
    ...videoRow(`video/fps/${name}/${job.resolution.name}`, job.resolution),
    series: isNaive ? "naive, 1 thread" : `segstream${place}, ${countWorkers(job.workers)}`,
    metric: "frames a second",
    unit: "fps",
    better: "higher",
    slack: slackOf("video", protocol),
    ...measurement(fps),
  };
}

/** What a run costs and how long a frame takes, for the runs that use the whole machine. */
function detailRows({ job, fps, reports }: VideoResult, context: VideoContext): BenchRow[] {
  if (job.kind === "naive" || job.workers !== context.workers) return [];
  const { protocol } = context;
  const { resolution } = job;
  const over = (value: (report: RunReport) => number): Measurement =>
    measurement(
      reports.map((report, round) => ({ atMs: fps[round]!.atMs, value: value(report) })),
    );
  const lower = { better: "lower" } as const;
  return [
    {
      ...videoRow(`video/cpu/${resolution.name}`, resolution),
      ...lower,
      ...{ series: "CPU time of a frame", metric: "CPU time", unit: "ms" },
      slack: slackOf("video", protocol),
      ...over(({ cpuMs }) => Object.values(cpuMs).reduce((sum: number, ms) => sum + ms, 0)),
    },
    {
      ...videoRow(`video/latency/${resolution.name}`, resolution),
      ...lower,
      ...{ series: "median latency", metric: "latency", unit: "ms" },
      slack: slackOf("latency", protocol),
      ...over(({ latency }) => latency.p50),
    },
    {
      ...videoRow(`video/memory/${resolution.name}`, resolution),
      ...lower,
      ...{ series: "peak memory", metric: "memory", unit: "MiB" },
      slack: slackOf("memory", protocol),
      // The first run's: the program's memory does not shrink again between the runs.
      ...measurement([{ atMs: fps[0]!.atMs, value: reports[0]!.peakRssBytes / 2 ** 20 }]),
    },
  ];
}

function videoRow(id: string, resolution: BenchResolution): Pick<
  RowHead,
  "id" | "part" | "resolution" | "usesAllCores"
> {
  return { id, part: "video", resolution, usesAllCores: true };
}

function firstFrameRow(report: RunReport, context: VideoContext): BenchRow {
  const { beganMs, startUpMs, protocol } = context;
  const value = startUpMs + (report.firstFrameMs ?? 0);
  return {
    id: "start-up/first-frame",
    part: "other",
    usesAllCores: true,
    series: "first frame encoded",
    metric: "start-up",
    unit: "ms",
    better: "lower",
    slack: slackOf("startUp", protocol),
    ...measurement([{ atMs: performance.now() - beganMs, value }]),
  };
}

/** The run that stands for its rounds: the one whose fps is nearest to their median. */
function billOf({ job, reports }: VideoResult, { workers }: VideoContext): Bill[] {
  if (job.kind === "naive" || job.workers !== workers) return [];
  const middle = median(reports.map(({ fps }) => fps));
  const report = reports.reduce((a, b) =>
    Math.abs(b.fps - middle) < Math.abs(a.fps - middle) ? b : a
  );
  return [{ resolution: job.resolution, report }];
}

/**
 * One long run: its largest resident set over that of its first frames. What earlier runs left in
 * the program is in both.
 */
async function measureMemory(options: VideoBenchOptions, context: VideoContext): Promise<number> {
  const size = { width: 1024, height: 512 };
  options.onPhase(`memory of ${MEMORY_FRAMES.long} frames`);
  const clip = await drawClip(options.ffmpeg, join(options.folder, "memory.mp4"), {
    ...{ size, frames: MEMORY_FRAMES.long, signal: options.signal },
  });
  const job: SegstreamJob = {
    ...{ kind: "segstream", wanted: "half", clip, workers: context.workers },
    resolution: { name: "half", size },
  };
  const peak = { short: 0, long: 0 };
  await runSegstreamJob(job, options, {
    onProgress({ frames }) {
      if (frames % MEMORY_STRIDE !== 0) return;
      peak.long = Math.max(peak.long, Deno.memoryUsage().rss);
      if (frames <= MEMORY_FRAMES.short) peak.short = peak.long;
    },
  });
  return peak.long / peak.short;
}

function pixelsOf({ width, height }: Size): number {
  return width * height;
}
