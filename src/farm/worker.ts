/** A machine of the farm: takes files and parts of files from the queue while it has room. */
import { oneLine } from "../ffmpeg/redact.ts";
import { BullFileQueue } from "./bull_file_queue.ts";
import { cancelledAmong } from "./cancelled.ts";
import { runChunk, type WorkContext } from "./chunk.ts";
import { PartFailedError, runFile, workFolder } from "./file_job.ts";
import type { ChunkJob, ChunkResult, FileJob, FileResult } from "./jobs.ts";
import { LOST } from "./lease.ts";
import type { Machine } from "./machine.ts";
import { FILE_QUEUE, JOB, PREFIX } from "./names.ts";
import { DelayedError, UnrecoverableError, WaitingError, Worker } from "./queue_packages.ts";
import { openQueues, type Queues, type WorkJob } from "./queues.ts";
import type { Redis } from "./redis.ts";
import type { Storages } from "./storages.ts";

/** How a worker of files works. */
export interface FileWorkerOptions {
  readonly machine: Machine;
  readonly storages: Storages;
  /** What the queue's dashboards show. */
  readonly name: string;
  /** How long a job is held without a sign of life before another worker gets it. */
  readonly leaseMs: number;
  /** Gives back what is being worked on, at once. */
  readonly kill: AbortSignal;
  /** Lines for the log. */
  readonly log: (line: string) => void;
}

/** A job that is being worked on. */
interface Running {
  /** Of the file. */
  readonly file: string;
  frames: number;
  readonly end: AbortController;
}

/** Workers that die under a job more often than this were killed by it. */
const MOST_DEATHS = 10;

/** How many checks for lost jobs there are in the time of a lease. */
const CHECKS_A_LEASE = 3;

/** The pause before a job is taken up anew whose last run here has not come to its end yet. */
const PAUSE_MS = 1000;

const CANCELLED = "It was cancelled.";

/** Takes files and parts of files from the queue. */
export class FileWorker {
  readonly #options: FileWorkerOptions;
  readonly #redis: Redis;
  readonly #queues: Queues;
  readonly #worker: Worker<FileJob | ChunkJob, FileResult | ChunkResult>;
  readonly #running = new Map<string, Running>();
  #frames = 0;

  /** Starts to take jobs. */
  constructor(redis: Redis, options: FileWorkerOptions) {
    const { log } = options;
    // Redis counts in whole milliseconds, and refuses anything else.
    const leaseMs = Math.ceil(options.leaseMs);
    this.#options = options;
    this.#redis = redis;
    this.#queues = openQueues(redis);
    this.#worker = new Worker(
      FILE_QUEUE,
      (job, token, signal) => this.#process(job as WorkJob, token!, signal!),
      {
        connection: redis,
        prefix: PREFIX,
        name: options.name,
        concurrency: options.machine.jobs,
        lockDuration: leaseMs,
        stalledInterval: Math.ceil(leaseMs / CHECKS_A_LEASE),
        maxStalledCount: MOST_DEATHS,
        runRetryDelay: 1000,
      },
    );
    let lastError = "";
    this.#worker.on("error", (error) => {
      const line = oneLine(error.message);
      // A Redis that is away says so again and again.
      if (line !== lastError) log(`The queue: ${line}`);
      lastError = line;
    });
    this.#worker.on("completed", () => lastError = "");
    // Somebody else may have the job by now: what is done here would be done twice.
    this.#worker.on("lockRenewalFailed", (ids) => {
      for (const id of ids) this.#running.get(id)?.end.abort(new Error(LOST));
    });
    options.kill.addEventListener("abort", () => {
      for (const { end } of this.#running.values()) end.abort(options.kill.reason);
    });
  }

  /** Frames segmented so far. */
  get frames(): number {
    return this.#frames;
  }

  /** What is being worked on. */
  get doing(): readonly { readonly id: string; readonly frames: number }[] {
    return [...this.#running].map(([id, { frames }]) => ({ id, frames }));
  }

  /** Ends what was cancelled meanwhile. Called now and then. */
  async endCancelled(): Promise<void> {
    const files = [...new Set([...this.#running.values()].map(({ file }) => file))];
    for (const file of await cancelledAmong(this.#redis, files)) {
      for (const running of this.#running.values()) {
        if (running.file === file) running.end.abort(new UnrecoverableError(CANCELLED));
      }
    }
  }

  /** Takes no more jobs while it is paused; those in hand go on. */
  async pause(isPaused: boolean): Promise<void> {
    if (isPaused === this.#worker.isPaused()) return;
    if (isPaused) await this.#worker.pause(true);
    else this.#worker.resume();
  }

  /** Takes no more jobs and waits for those in hand. */
  async close(): Promise<void> {
    await this.#worker.close();
    await this.#queues.close();
  }

  async #process(
    job: WorkJob,
    token: string,
    lost: AbortSignal,
  ): Promise<FileResult | ChunkResult> {
    const id = job.id!;
    const before = this.#running.get(id);
    if (before !== undefined) {
      // Its lease was lost here, and this very worker has it again: what is left of it ends first.
      before.end.abort(new Error(LOST));
      await job.moveToDelayed(Date.now() + PAUSE_MS, token);
      throw new DelayedError();
    }
    const file = job.name === JOB.chunk ? (job.data as ChunkJob).file : id;
    const running: Running = { file, frames: 0, end: new AbortController() };
    this.#running.set(id, running);
    const { kill } = this.#options;
    try {
      if ((await cancelledAmong(this.#redis, [file])).length > 0) {
        throw new UnrecoverableError(CANCELLED);
      }
      const signal = AbortSignal.any([running.end.signal, lost]);
      if (kill.aborted) running.end.abort(kill.reason);
      return await this.#run(job, token, running, signal);
    } catch (error) {
      // The queue's own ways to put a job aside: it is done with here, whatever was asked meanwhile.
      if (error instanceof Error && /^Waiting(Children)?Error$/.test(error.name)) throw error;
      const cause = running.end.signal.aborted ? running.end.signal.reason : error;
      if (kill.aborted && cause === kill.reason) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      throw await this.#failure(job, cause);
    } finally {
      this.#running.delete(id);
      this.#frames += running.frames;
    }
  }

  async #run(job: WorkJob, token: string, running: Running, signal: AbortSignal) {
    const { machine, storages, log } = this.#options;
    const context: WorkContext = {
      machine,
      storages,
      signal,
      onFrames: (frames) => running.frames = frames,
    };
    if (job.name === JOB.chunk) return await runChunk(job.data as ChunkJob, context);
    const queue = new BullFileQueue(job, token, this.#queues.files, this.#redis);
    const result = await runFile(job.id!, job.data as FileJob, queue, context);
    log(`${(job.data as FileJob).output}: done, ${result.frames} frames.`);
    return result;
  }

  /** What the queue keeps of an error: its one line. A file that fails for good leaves nothing. */
  async #failure(job: WorkJob, error: unknown): Promise<Error> {
    const message = error instanceof Error ? error.message : String(error);
    const line = this.#options.storages.withNames(oneLine(message));
    const isFinal = error instanceof UnrecoverableError || error instanceof PartFailedError ||
      job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
    if (job.name === JOB.file && isFinal) {
      const { output } = job.data as FileJob;
      await this.#options.storages.of(output).removeFolder(workFolder(output, job.id!))
        .catch(() => {});
    }
    this.#options.log(`${job.id}: ${line}`);
    return isFinal ? new UnrecoverableError(line) : new Error(line);
  }
}
