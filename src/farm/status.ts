/** What the farm is doing, as data. */
import type { CameraJob, FileJob, FileResult } from "./jobs.ts";
import { JOB } from "./names.ts";
import type { Queue } from "./queue_packages.ts";
import { openQueues, type Queues, type WorkJob } from "./queues.ts";
import type { Redis } from "./redis.ts";
import { liveWorkers, type WorkerEntry } from "./roster.ts";

/** Where a file is. */
export interface FileStatus {
  readonly id: string;
  readonly input: string;
  readonly output: string;
  readonly state: "waiting" | "running" | "retrying" | "done" | "failed";
  /** Parts that are done, and all of them; undefined until the file was looked into. */
  readonly parts: { readonly done: number; readonly all: number } | undefined;
  /** As the container says, until the file is done. */
  readonly frames: number | undefined;
  /** Why it failed, or was tried again. */
  readonly reason: string | undefined;
  readonly notes: readonly string[];
}

/** Where a camera is. */
export interface CameraStatus {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly state: "waiting" | "running" | "retrying" | "failed";
  /** The worker that has it. */
  readonly worker: string | undefined;
  readonly reason: string | undefined;
}

/** The farm at one moment. Plain data. */
export interface FarmStatus {
  readonly workers: readonly WorkerEntry[];
  /** How many files there are in each state. */
  readonly counts: Readonly<Record<FileStatus["state"], number>>;
  /** Parts that wait for a worker. */
  readonly waitingParts: number;
  /** Those being worked on and those that failed, then the newest of the others. */
  readonly files: readonly FileStatus[];
  readonly cameras: readonly CameraStatus[];
}

/** Of each state so many files are looked at: the table is for people. */
const MOST_FILES = 200;

/** BullMQ's states by ours. */
const STATES = {
  "active": "running",
  "waiting-children": "running",
  "delayed": "retrying",
  "failed": "failed",
  "wait": "waiting",
  "completed": "done",
} as const;

type BullState = keyof typeof STATES;

/** Asks Redis what the farm is doing. */
export async function farmStatus(redis: Redis): Promise<FarmStatus> {
  const queues = openQueues(redis);
  try {
    const [workers, files, cameras] = await Promise.all([
      liveWorkers(redis),
      fileStates(queues),
      cameraStates(queues),
    ]);
    const doing = new Map(workers.flatMap(({ name, doing }) => doing.map(({ id }) => [id, name])));
    return {
      workers,
      ...files,
      cameras: cameras.map((camera) => ({ ...camera, worker: doing.get(camera.id) })),
    };
  } finally {
    await queues.close();
  }
}

type Files = Pick<FarmStatus, "counts" | "files" | "waitingParts">;

async function fileStates({ files: queue }: Queues): Promise<Files> {
  const counts = { waiting: 0, running: 0, retrying: 0, done: 0, failed: 0 };
  const files: FileStatus[] = [];
  let waitingParts = 0;
  for (const [type, ids] of await idsByState(queue, Object.keys(STATES) as BullState[])) {
    const state = STATES[type];
    const jobs = await Promise.all(
      ids.map((id) => queue.getJob(id) as Promise<WorkJob | undefined>),
    );
    const those = jobs.filter((job) => job?.name === JOB.file) as WorkJob[];
    if (type === "wait") waitingParts = jobs.filter((job) => job?.name === JOB.chunk).length;
    counts[state] += those.length;
    if (ids.length === MOST_FILES) {
      // Beyond what was looked at everything counts as files, which nearly all of them are.
      counts[state] += Math.max(0, await queue.getJobCountByTypes(type) - MOST_FILES);
    }
    for (const job of those) files.push(await fileStatus(job, state));
  }
  return { counts, files, waitingParts };
}

/**
 * The jobs in each state, all of one moment: asked for one after the other, a job that moves on
 * meanwhile would be in none of them, or in two.
 */
async function idsByState<S extends BullState>(
  queue: Queue,
  states: readonly S[],
): Promise<readonly (readonly [S, readonly string[]])[]> {
  const lists = await queue.getBackend().getRanges([...states], 0, MOST_FILES - 1);
  return states.map((state, index) => [state, lists[index] ?? []]);
}

async function fileStatus(job: WorkJob, state: FileStatus["state"]): Promise<FileStatus> {
  const { input, output, plan } = job.data as FileJob;
  const result = state === "done" ? job.returnvalue as FileResult : undefined;
  const all = plan === undefined ? undefined : plan.cutsUs.length + 1;
  let done = 0;
  if (state === "done") done = result?.parts ?? all ?? 0;
  else if (all !== undefined && all > 1) {
    done = (await job.getDependenciesCount({ processed: true })).processed ?? 0;
  }
  return {
    id: job.id!,
    input,
    output,
    state,
    parts: all === undefined ? undefined : { done: Math.min(done, all), all },
    frames: result?.frames ?? plan?.frameCount,
    reason: state === "failed" || state === "retrying" ? job.failedReason : undefined,
    notes: result?.notes ?? [],
  };
}

async function cameraStates({ cameras: queue }: Queues): Promise<CameraStatus[]> {
  const cameras: CameraStatus[] = [];
  for (const [type, ids] of await idsByState(queue, ["active", "delayed", "wait", "failed"])) {
    for (const job of await Promise.all(ids.map((id) => queue.getJob(id)))) {
      if (job === undefined) continue;
      const { name, url } = job.data as CameraJob;
      const { id, failedReason } = job;
      const state = STATES[type];
      const reason = state === "running" ? undefined : failedReason;
      cameras.push({ id: id!, name, url, state, worker: undefined, reason });
    }
  }
  return cameras;
}
