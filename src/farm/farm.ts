/** One machine's part in the farm, from its first look at itself to its last job. */
import type { CameraRunner } from "./cameras.ts";
import { CameraWorker } from "./cameras.ts";
import { cameraRunner } from "./run_camera.ts";
import { examineMachine, type Machine, type MachineOptions } from "./machine.ts";
import type { Redis } from "./redis.ts";
import { announce, BEAT_MS, signOff, type WorkerEntry } from "./roster.ts";
import type { Storages } from "./storages.ts";
import { FileWorker } from "./worker.ts";
import { VERSION } from "../version.ts";

/** How to work. */
export interface WorkOptions extends Omit<MachineOptions, "signal"> {
  /** What this machine is called in the status. */
  readonly name: string;
  /** Cameras at the same time; by the measured speed by default. */
  readonly cameras?: number | undefined;
  /** What runs a camera; what `segstream <camera>` does by default. */
  readonly runCamera?: CameraRunner | undefined;
  /** How long a file's job is held without a sign of life. */
  readonly leaseMs: number;
  readonly storages: Storages;
  /** Ends the work when what is in hand is done. */
  readonly stop: AbortSignal;
  /** Gives back what is in hand. */
  readonly kill: AbortSignal;
  /** Lines for the log. */
  readonly log: (line: string) => void;
  /** Called once jobs are taken. */
  readonly onReady?: ((entry: WorkerEntry) => void) | undefined;
}

/** Frames a second of a usual camera. */
const CAMERA_FPS = 25;

/** A live run wants air: what a camera may use of what was measured. */
const CAMERA_SHARE = 0.7;

/**
 * Works until it is told to stop.
 *
 * @throws {ProviderError | FfmpegError | ModelError} If this machine cannot segment at all.
 */
export async function work(redis: Redis, options: WorkOptions): Promise<void> {
  const { stop, kill, log } = options;
  const machine = await examineMachine({ ...options, signal: AbortSignal.any([stop, kill]) });
  const id = crypto.randomUUID();
  const cameraCount = options.cameras ?? camerasOf(machine);
  const startedAt = Date.now();
  const files = machine.jobs === 0 ? undefined : new FileWorker(redis, { ...options, machine });
  const cameras = cameraCount === 0 ? undefined : new CameraWorker(redis, {
    name: options.name,
    concurrency: cameraCount,
    run: options.runCamera ?? cameraRunner({
      provider: machine.provider,
      ffmpeg: machine.ffmpeg,
      threads: Math.max(1, Math.floor(machine.cores / cameraCount)),
      log,
    }),
    end: AbortSignal.any([stop, kill]),
    log,
    // Who watches a camera takes no new file: live goes first.
    onCount: (count) => void files?.pause(count > 0),
  });
  const entry = (): WorkerEntry => ({
    id,
    name: options.name,
    cores: machine.cores,
    provider: machine.provider,
    fps: machine.fps,
    jobs: machine.jobs,
    cameras: cameraCount,
    startedAt,
    frames: files?.frames ?? 0,
    doing: [...files?.doing ?? [], ...cameras?.doing ?? []],
    version: VERSION,
  });
  const beat = async () => {
    // A Redis that is away is waited for by the next beat.
    if (redis.status !== "ready") return;
    await announce(redis, entry());
    await Promise.all([files?.endCancelled(), cameras?.endCancelled()]);
  };
  await beat();
  options.onReady?.(entry());
  const timer = setInterval(() => void beat().catch(() => {}), BEAT_MS);
  try {
    await aborted(stop, kill);
    await Promise.all([files?.close(), cameras?.close()]);
  } finally {
    clearInterval(timer);
    if (redis.status === "ready") await signOff(redis, id);
  }
}

/** How many cameras of a usual rate this machine keeps up with, one at the least. */
function camerasOf({ fps }: Machine): number {
  return Math.max(1, Math.floor(fps * CAMERA_SHARE / CAMERA_FPS));
}

function aborted(...signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals]);
  if (any.aborted) return Promise.resolve();
  return new Promise((resolve) => any.addEventListener("abort", () => resolve(), { once: true }));
}
