/** Who works: each worker says every few seconds that it is there, what it can do and what it does. */
import { workerKey, WORKERS_KEY } from "./names.ts";
import type { Redis } from "./redis.ts";

/** What a worker says of itself. */
export interface WorkerEntry {
  readonly id: string;
  /** The machine's name, or the one it was given. */
  readonly name: string;
  readonly cores: number;
  readonly provider: string;
  /** Measured at the start: frames of 1280×720 a second at half resolution. */
  readonly fps: number;
  /** Files or parts at the same time. */
  readonly jobs: number;
  /** Cameras at the same time. */
  readonly cameras: number;
  /** Milliseconds of the epoch. */
  readonly startedAt: number;
  /** Frames segmented since then. */
  readonly frames: number;
  /** What it works on, and how many frames of that are done. */
  readonly doing: readonly { readonly id: string; readonly frames: number }[];
  readonly version: string;
}

/** How often a worker says that it is there. */
export const BEAT_MS = 2000;

/** After that a worker that says nothing is no longer listed. */
const SILENCE_MS = 8000;

/** Says what a worker does. */
export async function announce(redis: Redis, entry: WorkerEntry): Promise<void> {
  await redis.multi()
    .set(workerKey(entry.id), JSON.stringify(entry), "PX", SILENCE_MS)
    .sadd(WORKERS_KEY, entry.id)
    .exec();
}

/** Takes a worker off the list. */
export async function signOff(redis: Redis, id: string): Promise<void> {
  await redis.multi().del(workerKey(id)).srem(WORKERS_KEY, id).exec();
}

/** The workers that are there, the longest-standing first; those that are gone are forgotten. */
export async function liveWorkers(redis: Redis): Promise<readonly WorkerEntry[]> {
  const ids = await redis.smembers(WORKERS_KEY);
  if (ids.length === 0) return [];
  const texts = await redis.mget(ids.map(workerKey));
  const gone = ids.filter((_, index) => texts[index] === null);
  if (gone.length > 0) await redis.srem(WORKERS_KEY, ...gone);
  const entries = texts.flatMap((text) => text === null ? [] : JSON.parse(text!) as WorkerEntry);
  return entries.toSorted((a, b) => a.startedAt - b.startedAt);
}
