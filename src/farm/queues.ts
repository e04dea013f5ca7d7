/** The queues, by type, and what their jobs are called. */
import type { CameraJob, ChunkJob, ChunkResult, FileJob, FileResult } from "./jobs.ts";
import { CAMERA_QUEUE, FILE_QUEUE, PREFIX } from "./names.ts";
import { type Job, Queue } from "./queue_packages.ts";
import type { Redis } from "./redis.ts";

/** A job in the queue of files: a file, or a part of one. */
export type WorkJob = Job<FileJob | ChunkJob, FileResult | ChunkResult>;

/** The queue of files and their parts. */
export type FileWorkQueue = Queue<WorkJob>;

/** The queue of cameras. */
export type CameraQueue = Queue<Job<CameraJob, void>>;

/** Both queues on one connection. */
export interface Queues {
  readonly files: FileWorkQueue;
  readonly cameras: CameraQueue;
  close(): Promise<void>;
}

/** Opens the queues; nothing is written before the first job. */
export function openQueues(redis: Redis): Queues {
  const options = { connection: redis, prefix: PREFIX };
  const files: FileWorkQueue = new Queue(FILE_QUEUE, options);
  const cameras: CameraQueue = new Queue(CAMERA_QUEUE, options);
  // What a lost connection means is said by the call that waits for it.
  files.on("error", () => {});
  cameras.on("error", () => {});
  return {
    files,
    cameras,
    close: async () => {
      await Promise.all([files.close(), cameras.close()]);
    },
  };
}

/** The id of a part's job. */
export function chunkId(file: string, part: string): string {
  return `${file}.${part}`;
}
