/** What the farm calls its things in Redis. Every key begins with the prefix. */

/** Of every key: an access list can allow `segstream:*` and nothing else. */
export const PREFIX = "segstream";

/** Files and their parts. */
export const FILE_QUEUE = "files";

/** Cameras: jobs that end only when they are cancelled. */
export const CAMERA_QUEUE = "cameras";

/** The kinds of jobs in the queue of files. */
export const JOB = { file: "file", chunk: "chunk" } as const;

/** A set of the ids of workers that said they are there. */
export const WORKERS_KEY = `${PREFIX}:workers`;

/** A set of the ids of files and cameras that somebody cancelled. */
export const CANCELLED_KEY = `${PREFIX}:cancelled`;

/** What a worker says of itself; expires when it says nothing more. */
export function workerKey(id: string): string {
  return `${PREFIX}:worker:${id}`;
}

/** BullMQ's list of the jobs in a state: by how long it is a cluster knows how many workers it needs. */
export function listKey(queue: string, state: "wait" | "active"): string {
  return `${PREFIX}:${queue}:${state}`;
}
