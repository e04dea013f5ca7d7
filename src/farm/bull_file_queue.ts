import type { FileQueue, PartsInQueue } from "./file_job.ts";
import { nameOf } from "./file_job.ts";
import type { ChunkJob, ChunkResult, FileJob } from "./jobs.ts";
import { JOB } from "./names.ts";
import { WaitingChildrenError } from "./queue_packages.ts";
import { chunkId, type FileWorkQueue, type WorkJob } from "./queues.ts";
import { liveWorkers } from "./roster.ts";
import type { Redis } from "./redis.ts";

/** The job of one file in BullMQ: its parts are the children of a flow. */
export class BullFileQueue implements FileQueue {
  readonly #job: WorkJob;
  readonly #token: string;
  readonly #queue: FileWorkQueue;
  readonly #redis: Redis;

  /** Wraps an active job of the kind `file`, held by `token`. */
  constructor(job: WorkJob, token: string, queue: FileWorkQueue, redis: Redis) {
    this.#job = job;
    this.#token = token;
    this.#queue = queue;
    this.#redis = redis;
  }

  async save(known: Pick<FileJob, "plan" | "result">): Promise<void> {
    await this.#job.updateData({ ...this.#job.data as FileJob, ...known });
  }

  async parts(): Promise<PartsInQueue> {
    const [values, failures] = await Promise.all([
      this.#job.getChildrenValues<ChunkResult>(),
      this.#job.getFailedChildrenValues(),
    ]);
    // Children go by "prefix:queue:id".
    const before = `${this.#job.queueQualifiedName}:${chunkId(this.#job.id!, "")}`;
    const results = Object.entries(values).map(([key, value]) =>
      [key.slice(before.length), value] as const
    );
    return { results: new Map(results), failure: Object.values(failures)[0] };
  }

  async addParts(parts: readonly ChunkJob[]): Promise<void> {
    const { attempts, backoff } = this.#job.opts;
    const parent = { id: this.#job.id!, queue: this.#job.queueQualifiedName };
    const jobs = parts.map((data) => ({
      name: JOB.chunk,
      data,
      opts: {
        jobId: chunkId(data.file, nameOf(data)),
        parent,
        // The file's job wakes up to fail, with the reason.
        continueParentOnFailure: true,
        ...(attempts !== undefined && { attempts }),
        ...(backoff !== undefined && { backoff }),
        // A file that was begun is finished before the next is.
        lifo: true,
        // What became of a part is kept with its file.
        removeOnComplete: true,
        removeOnFail: true,
        stackTraceLimit: 0,
      },
    }));
    // The last that is added comes first.
    await this.#queue.addBulk(jobs.toReversed());
  }

  async waitForParts(): Promise<void> {
    if (await this.#job.moveToWaitingChildren(this.#token)) throw new WaitingChildrenError();
  }

  async dropParts(): Promise<void> {
    await this.#job.removeUnprocessedChildren();
  }

  async isAllCpu(): Promise<boolean> {
    return (await liveWorkers(this.#redis)).every(({ provider }) => provider === "cpu");
  }
}
