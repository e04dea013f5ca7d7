/**
 * Cameras as jobs that do not end. A worker holds a camera by a lease in Redis and renews it; when it
 * dies, the lease runs out and another takes the camera.
 */
import { oneLine } from "../ffmpeg/redact.ts";
import { cancelledAmong, unmarkCancelled } from "./cancelled.ts";
import type { CameraJob } from "./jobs.ts";
import { Lease, LOST } from "./lease.ts";
import { CAMERA_QUEUE, PREFIX } from "./names.ts";
import { type Job, UnrecoverableError, WaitingError, Worker } from "./queue_packages.ts";
import type { Redis } from "./redis.ts";

/**
 * Watches a camera until the signal aborts, and then ends within a second or so. Rejecting means that
 * it cannot go on: the camera is tried again, here or elsewhere, after a pause.
 */
export type CameraRunner = (camera: CameraJob, signal: AbortSignal) => Promise<void>;

/** How a worker watches cameras. */
export interface CameraWorkerOptions {
  /** What the queue's dashboards show. */
  readonly name: string;
  /** Cameras at the same time. */
  readonly concurrency: number;
  readonly run: CameraRunner;
  /** Gives the cameras back. */
  readonly end: AbortSignal;
  /** Lines for the log. */
  readonly log: (line: string) => void;
  /** Called when there are more or fewer cameras, with how many. */
  readonly onCount?: ((count: number) => void) | undefined;
  /** {@link CAMERA_LEASE_MS} by default. */
  readonly leaseMs?: number | undefined;
}

/**
 * How long a camera is held without a sign of life. Its loss is seen up to two checks later, so that
 * after a death another worker has it within 8 s.
 */
export const CAMERA_LEASE_MS = 5000;

/** How many checks for lost cameras there are in the time of a lease. */
const CHECKS_A_LEASE = 4;

/** A worker's death is no fault of the camera. */
const MOST_DEATHS = 2 ** 31;

/** A camera that is being watched. */
interface Running {
  readonly end: AbortController;
  /** Resolves once nothing of it runs any more. */
  readonly over: Promise<void>;
}

/** Takes cameras from the queue and watches them. */
export class CameraWorker {
  readonly #options: CameraWorkerOptions;
  readonly #redis: Redis;
  readonly #worker: Worker<CameraJob, void>;
  readonly #running = new Map<string, Running>();

  /** Starts to take cameras. */
  constructor(redis: Redis, options: CameraWorkerOptions) {
    // Redis counts in whole milliseconds, and refuses anything else.
    const leaseMs = Math.ceil(options.leaseMs ?? CAMERA_LEASE_MS);
    this.#options = options;
    this.#redis = redis;
    this.#worker = new Worker(
      CAMERA_QUEUE,
      (job, token) => this.#process(job, token!, leaseMs),
      {
        connection: redis,
        prefix: PREFIX,
        name: options.name,
        concurrency: options.concurrency,
        lockDuration: leaseMs,
        // The lease is renewed here, where its end also ends the camera.
        skipLockRenewal: true,
        stalledInterval: Math.ceil(leaseMs / CHECKS_A_LEASE),
        maxStalledCount: MOST_DEATHS,
        runRetryDelay: 1000,
      },
    );
    this.#worker.on("error", () => {}); // a Redis that is away; the leases deal with it
    options.end.addEventListener("abort", () => {
      for (const { end } of this.#running.values()) end.abort(options.end.reason);
    });
  }

  /** What is being watched. */
  get doing(): readonly { readonly id: string; readonly frames: number }[] {
    return [...this.#running.keys()].map((id) => ({ id, frames: 0 }));
  }

  /** Ends cameras that were cancelled meanwhile. Called now and then. */
  async endCancelled(): Promise<void> {
    for (const id of await cancelledAmong(this.#redis, [...this.#running.keys()])) {
      this.#running.get(id)?.end.abort(new UnrecoverableError("It was cancelled."));
    }
  }

  /** Takes no more cameras; those in hand end by the `end` signal. */
  async close(): Promise<void> {
    await this.#worker.close();
  }

  async #process(job: Job<CameraJob, void>, token: string, leaseMs: number): Promise<void> {
    const { run, end, log, onCount } = this.#options;
    const id = job.id!;
    const { name } = job.data;
    const stop = new AbortController();
    const { promise: over, resolve: tellOver } = Promise.withResolvers<void>();
    const before = this.#running.get(id);
    const running: Running = { end: stop, over };
    this.#running.set(id, running);
    onCount?.(this.#running.size);
    if (end.aborted) stop.abort(end.reason);
    const lease = new Lease(leaseMs, () => job.extendLock(token, leaseMs), (reason) => {
      log(`Camera ${name}: ${reason}`);
      stop.abort(new Error(reason));
    });
    try {
      // Its lease was lost here, and this very worker has it again: what is left of it ends first.
      before?.end.abort(new Error(LOST));
      await before?.over;
      if ((await cancelledAmong(this.#redis, [id])).length > 0) {
        stop.abort(new UnrecoverableError("It was cancelled."));
      }
      stop.signal.throwIfAborted();
      log(`Camera ${name}: watched here now.`);
      await run(job.data, stop.signal);
      stop.signal.throwIfAborted();
      throw new Error("The camera's run ended by itself.");
    } catch (error) {
      // It is moved on now; a renewal after that would find it gone.
      lease.end();
      const cause = stop.signal.aborted ? stop.signal.reason : error;
      if (cause === end.reason && end.aborted) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      if (cause instanceof UnrecoverableError) {
        await unmarkCancelled(this.#redis, id);
        log(`Camera ${name}: cancelled.`);
        return;
      }
      const line = oneLine(cause instanceof Error ? cause.message : String(cause));
      log(`Camera ${name}: ${line}`);
      throw new Error(line);
    } finally {
      lease.end();
      if (this.#running.get(id) === running) this.#running.delete(id);
      tellOver();
      onCount?.(this.#running.size);
    }
  }
}
