/** What this machine can do, found out once: where the network runs, and how many frames a second. */
import { findFfmpeg, findFfprobe } from "../ffmpeg/binary.ts";
import type { CutTools } from "../ffmpeg/cuts.ts";
import type { ProviderChoice } from "../infer/providers.ts";
import { segmentVideo } from "../segment_video.ts";

/** How to work. */
export interface MachineOptions {
  /** Where the network runs; `auto` by default. */
  readonly provider?: ProviderChoice | undefined;
  /** The ffmpeg to run; as everywhere by default. */
  readonly ffmpeg?: string | undefined;
  /** Inference threads over all jobs; one a core by default. */
  readonly threads?: number | undefined;
  /** Frames a second that are taken for measured; measured by default, in two seconds. */
  readonly fps?: number | undefined;
  /** Files or parts of files at the same time; by cores and provider by default. */
  readonly jobs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What this machine can do. */
export interface Machine {
  readonly cores: number;
  readonly provider: ProviderChoice;
  readonly ffmpeg: string | undefined;
  readonly tools: CutTools;
  /** Files or parts of files at the same time. */
  readonly jobs: number;
  /** Inference threads of each of them. */
  readonly threads: number;
  /** Measured: frames of 1280×720 a second, with the network at half resolution. */
  readonly fps: number;
}

/** One job keeps that many cores busy; more of them wait for its decoder and its encoder. */
const CORES_A_JOB = 8;

/** On an accelerator one job starts while another runs. */
const ACCELERATOR_JOBS = 2;

/** A clip that costs next to nothing to draw. */
const CLIP = "lavfi:testsrc2=size=1280x720:rate=25:duration=60,format=yuv420p";

/** Frames before the clock starts: sessions warm up. */
const WARM_UP_FRAMES = 4;

/** Enough to tell a fast machine from a slow one. */
const MEASURED_MS = 1500;

/**
 * Looks at this machine: runs the shipped network on a drawn clip for a second or two.
 *
 * @throws {ProviderError | FfmpegError | ModelError} If it cannot segment at all.
 */
export async function examineMachine(options: MachineOptions = {}): Promise<Machine> {
  const cores = navigator.hardwareConcurrency;
  const { ffmpeg, signal } = options;
  const [binary, ffprobe] = await Promise.all([
    findFfmpeg({ path: ffmpeg }),
    findFfprobe({ ffmpeg }),
  ]);
  const known = options.provider !== undefined && options.provider !== "auto" &&
    options.fps !== undefined;
  const { provider, fps } = known
    ? { provider: options.provider, fps: options.fps }
    : await measure(options);
  const jobs = options.jobs ??
    (provider === "cpu" ? Math.max(1, Math.round(cores / CORES_A_JOB)) : ACCELERATOR_JOBS);
  const threads = Math.max(1, Math.ceil((options.threads ?? cores) / Math.max(1, jobs)));
  return {
    cores,
    provider,
    ffmpeg,
    tools: { ffmpeg: binary, ffprobe, signal },
    jobs,
    threads,
    fps: options.fps ?? fps,
  };
}

async function measure(
  { provider, ffmpeg, threads, signal }: MachineOptions,
): Promise<{ provider: ProviderChoice; fps: number }> {
  const stop = new AbortController();
  let chosen: ProviderChoice = provider ?? "auto";
  let startMs = 0;
  let fps = 0;
  await segmentVideo(CLIP, undefined, {
    ...(provider && { provider }),
    ...(ffmpeg && { ffmpeg }),
    ...(threads && { workers: threads }),
    ...(signal && { signal }),
    stop: stop.signal,
    onStart: (start) => chosen = start.provider.provider,
    onProgress: ({ frames }) => {
      if (frames === WARM_UP_FRAMES) startMs = performance.now();
      if (frames <= WARM_UP_FRAMES || stop.signal.aborted) return;
      const tookMs = performance.now() - startMs;
      fps = (frames - WARM_UP_FRAMES) * 1000 / tookMs;
      if (tookMs >= MEASURED_MS) stop.abort();
    },
  });
  return { provider: chosen, fps: Math.round(fps * 10) / 10 };
}
