/** Puts files and cameras into the queue. */
import { createHash } from "node:crypto";
import { parse } from "node:path";
import { hasCredentials, redact } from "../ffmpeg/redact.ts";
import { containerOfFile } from "../sink/containers.ts";
import { unmarkCancelled } from "./cancelled.ts";
import type { CameraJob, FileJob } from "./jobs.ts";
import { JOB } from "./names.ts";
import { openQueues } from "./queues.ts";
import type { Redis } from "./redis.ts";

/** A file to segment; ids and times are given here. */
export type FileRequest = Omit<FileJob, "submittedAt" | "plan" | "result">;

/** What became of a request. */
export interface Submitted {
  readonly id: string;
  readonly input: string;
  /** Absent for a camera without recordings. */
  readonly output: string | undefined;
  /** `known` when the same is queued or being worked on already. */
  readonly state: "queued" | "known";
}

/** How hard to try. */
export interface SubmitOptions {
  /** How often a file or part is tried before it counts as failed; 3 by default. */
  readonly attempts?: number;
}

const ATTEMPTS = 3;

/** Between two tries; twice as long each time. */
const BACKOFF_MS = 2000;

/** A camera's pause after it failed. It never counts as failed. */
const CAMERA_BACKOFF_MS = 5000;

/** What is done is remembered for a week, so that a second submission finds it. */
const REMEMBERED_S = 7 * 24 * 3600;

/** As many tries as a number in Redis' scripts can count. */
const FOREVER = 2 ** 31;

/**
 * Queues files. One that is queued or being worked on, with the same output and the same options,
 * stays as it is; one that has ended is queued again.
 *
 * @throws {TypeError} If a name carries a password, or two files have one output.
 * @throws {OutputError} If an output's extension is none that can be written.
 */
export async function submitFiles(
  redis: Redis,
  requests: readonly FileRequest[],
  options: SubmitOptions = {},
): Promise<readonly Submitted[]> {
  const owners = new Map<string, string>();
  for (const { input, output } of requests) {
    checkNoCredentials(input);
    containerOfFile(output);
    const owner = owners.get(output);
    if (owner !== undefined) {
      throw new TypeError(
        `Cannot write ${JSON.stringify(owner)} and ${JSON.stringify(input)} both to ` +
          `${JSON.stringify(output)}. Submit them with an --out each.`,
      );
    }
    owners.set(output, input);
  }
  const queues = openQueues(redis);
  try {
    const submitted: Submitted[] = [];
    for (const request of requests) {
      const { input, output } = request;
      const id = idOf(parse(input).name, [request]);
      const state = await renew(redis, queues.files, id);
      if (state === "queued") {
        const job: FileJob = { ...request, submittedAt: Date.now() };
        await queues.files.add(JOB.file, job, {
          jobId: id,
          attempts: options.attempts ?? ATTEMPTS,
          backoff: { type: "exponential", delay: BACKOFF_MS },
          removeOnComplete: { age: REMEMBERED_S },
          removeOnFail: { age: REMEMBERED_S },
          stackTraceLimit: 0,
        });
      }
      submitted.push({ id, input, output, state });
    }
    return submitted;
  } finally {
    await queues.close();
  }
}

/**
 * Queues cameras; each runs until it is cancelled.
 *
 * @throws {TypeError} If a URL carries a password.
 */
export async function submitCameras(
  redis: Redis,
  cameras: readonly CameraJob[],
): Promise<readonly Submitted[]> {
  for (const { url, output = "" } of cameras) [url, output].forEach(checkNoCredentials);
  const queues = openQueues(redis);
  try {
    const submitted: Submitted[] = [];
    for (const camera of cameras) {
      // By its name: the same camera with other options is not a second one.
      const id = idOf(camera.name, [camera.name]);
      const state = await renew(redis, queues.cameras, id);
      if (state === "queued") {
        await queues.cameras.add("camera", camera, {
          jobId: id,
          attempts: FOREVER,
          backoff: { type: "fixed", delay: CAMERA_BACKOFF_MS },
          removeOnComplete: true,
          removeOnFail: { age: REMEMBERED_S },
          stackTraceLimit: 0,
        });
      }
      submitted.push({ id, input: camera.url, output: camera.output, state });
    }
    return submitted;
  } finally {
    await queues.close();
  }
}

/** A queue, as far as it does not matter what its jobs are. */
interface AnyQueue {
  getJob(
    id: string,
  ): Promise<{ getState(): Promise<string>; remove(): Promise<unknown> } | undefined>;
}

/** Makes room for a job whose namesake has ended. */
async function renew(redis: Redis, queue: AnyQueue, id: string): Promise<Submitted["state"]> {
  const job = await queue.getJob(id);
  if (job !== undefined) {
    const state = await job.getState();
    if (state !== "completed" && state !== "failed") return "known";
    await job.remove();
  }
  await unmarkCancelled(redis, id);
  return "queued";
}

/** A name that people can read, and that is the same for the same request. */
function idOf(name: string, request: readonly unknown[]): string {
  const hash = createHash("sha256").update(JSON.stringify(request)).digest("hex").slice(0, 10);
  const word = name.replace(/[^\w-]+/g, "_").slice(0, 40);
  return `${word}-${hash}`;
}

function checkNoCredentials(name: string): void {
  if (!hasCredentials(name)) return;
  throw new TypeError(
    `Cannot queue ${JSON.stringify(redact(name))}: it carries a password, which has no place in ` +
      "the queue. Leave it out, and set SEGSTREAM_CAMERA_LOGIN=user:password where the workers run.",
  );
}
