import { WorkerError } from "../errors.ts";
import { HEADER } from "../frame/timing.ts";
import { Bell } from "../ring/bell.ts";
import type { ErrorReport } from "./messages.ts";
import type { StreamOrder } from "./orders.ts";
import { type AttachedStream, Attachment, type PoolStream } from "./pool_stream.ts";
import { type Outcome, PoolThread } from "./pool_thread.ts";
import { spawnWorkers, STOP_TIMEOUT_MS, within, workerModule } from "./threads.ts";

export type { AttachedStream, PoolStream } from "./pool_stream.ts";

/** How often a frame is tried before it is given up. */
const MAX_ATTEMPTS = 2;

/** How long after the failure of a thread that lasted shorter than that its successor is spawned. */
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
const STEADY_MS = 60_000;

/** How a pool works. */
export interface PoolOptions {
  /** What the rings of its streams ring; a new one by default. */
  readonly bell?: Bell;
  /**
   * Whether it is to go on whatever happens: a frame that failed twice is dropped, and a thread that
   * cannot take another's place is tried again, later and later. By default both end the pool.
   */
  readonly isLive?: boolean;
  /** A thread failed, and another takes its place. */
  readonly onReplaced?: (reason: string) => void;
  /** The worker's module, for tests to replace. */
  readonly module?: URL;
}

/**
 * Threads that work on the frames of any number of streams.
 *
 * - Every thread serves every stream, in turn: a fast stream cannot starve a slow one. A network is
 *   loaded once a thread, however many streams it has, and kept when they go.
 * - A thread that fails is replaced, and the frame it had is run again, once.
 * - Streams come and go while others run; to load the networks of a new one holds the others up for
 *   that long.
 */
export class WorkerPool {
  /** For the rings of its streams. */
  readonly bell: Bell;
  /** How many threads there are. */
  readonly size: number;
  /** Rejects when the pool cannot go on; never resolves. */
  readonly failure: Promise<never>;
  readonly #options: PoolOptions;
  readonly #threads: (PoolThread | undefined)[] = [];
  readonly #streams = new Set<Attachment>();
  readonly #fail: (error: Error) => void;
  /** Failures in a row of the thread at each index, and when the last one was. */
  readonly #failures: { count: number; atMs: number }[];
  readonly #retries = new Set<ReturnType<typeof setTimeout>>();
  #lastStream = 0;
  #replaced = 0;
  #isStopping = false;

  /** @param workers From `spawnWorkers`; the pool's from now on. */
  constructor(workers: readonly Worker[], options: PoolOptions = {}) {
    this.bell = options.bell ?? new Bell();
    this.size = workers.length;
    this.#options = options;
    const { promise, reject } = Promise.withResolvers<never>();
    this.failure = promise;
    this.failure.catch(() => {}); // whoever waits on the pool sees it; nobody has to
    this.#fail = reject;
    this.#failures = workers.map(() => ({ count: 0, atMs: 0 }));
    for (const [index, worker] of workers.entries()) this.#start(index, worker);
  }

  /** How many threads took the place of one that failed. */
  get replaced(): number {
    return this.#replaced;
  }

  /**
   * Begins to work on a stream: loads its networks in every thread, all levels, and takes frames.
   *
   * @throws {RangeError} If the ring has another bell, there is no network, or `every` is not valid.
   */
  attach(stream: PoolStream): AttachedStream {
    const { ring, networks, every = 1 } = stream;
    if (ring.handle.bell !== this.bell.buffer) {
      throw new RangeError("Cannot attach a ring with another bell: allocate it with the pool's.");
    }
    if (networks.length === 0) throw new RangeError("Cannot attach a stream without a network.");
    checkEvery(every);
    const attachment = new Attachment(++this.#lastStream, stream, {
      tell: (order) => this.#tell(order),
      forget: () => this.#streams.delete(attachment),
    });
    this.#streams.add(attachment);
    for (const thread of this.#threads) if (thread) void this.#bring(attachment, thread);
    return attachment;
  }

  /**
   * Ends every thread as soon as it is through with the frame it has, and frees the networks. Frames
   * that are left stay in their rings. Safe to call twice.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const timer of this.#retries) clearTimeout(timer);
    const threads = this.#threads.filter((thread) => thread !== undefined);
    const ended = Promise.all(threads.map((thread) => thread.quit())).then(() => {});
    await within(STOP_TIMEOUT_MS, ended, () => {
      for (const thread of threads) thread.terminate();
    });
  }

  async #tell(order: StreamOrder): Promise<readonly Outcome[]> {
    return await Promise.all(this.#threads.map((thread) => thread?.ask(order) ?? "gone"));
  }

  #start(index: number, worker: Worker): void {
    const isReplacement = this.#failures[index]!.count > 0;
    const thread: PoolThread = new PoolThread(worker, {
      index,
      bell: this.bell,
      onFailure: (error) => this.#bury(thread, isReplacement, error),
    });
    this.#threads[index] = thread;
    for (const stream of this.#streams) void this.#bring(stream, thread);
  }

  /** Has a thread serve a stream. */
  async #bring(stream: Attachment, thread: PoolThread): Promise<void> {
    const outcome = await thread.ask(stream.order);
    if (outcome === "gone") return;
    if (outcome === "done") {
      stream.accept();
    } else if (this.#options.isLive && stream.isReady) {
      if (this.#threads[thread.index] !== thread) return; // it refused another stream too
      this.#threads[thread.index] = undefined;
      await thread.quit();
      this.#replace(thread.index, outcome.message); // others serve it, so may this one, later
    } else {
      const error = stream.refuse(outcome);
      if (!this.#options.isLive) this.#fail(error);
    }
  }

  #bury(thread: PoolThread, isReplacement: boolean, error: ErrorReport): void {
    const { isLive = false } = this.#options;
    this.#threads[thread.index] = undefined;
    if (this.#isStopping) return;
    for (const { stream } of this.#streams) {
      const { exhausted } = stream.ring.reclaim(thread.index, MAX_ATTEMPTS);
      for (const slot of exhausted) {
        const frame = stream.ring.header(slot)[HEADER.index]!;
        if (!isLive) {
          this.#fail(giveUp(thread.index, frame, error));
          return;
        }
        stream.ring.discard(slot);
        stream.onFrameLost?.(frame);
      }
    }
    if (thread.hasAnswered || (isLive && isReplacement)) {
      this.#replace(thread.index, error.message);
    } else {
      this.#fail(new Error(error.message, { cause: error }));
    }
  }

  /** At once; in a live pool, later and later while it fails again and again. */
  #replace(index: number, reason: string): void {
    if (this.#isStopping) return;
    const now = performance.now();
    const failures = this.#failures[index]!;
    if (now - failures.atMs > STEADY_MS) failures.count = 0;
    failures.count++;
    failures.atMs = now;
    const spawn = () => {
      this.#replaced++;
      const [worker] = spawnWorkers(1, this.#options.module ?? workerModule());
      this.#start(index, worker!);
      this.#options.onReplaced?.(reason);
    };
    if (!this.#options.isLive || failures.count === 1) return spawn();
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** (failures.count - 2), LONGEST_RETRY_MS);
    const timer = setTimeout(() => {
      this.#retries.delete(timer);
      spawn();
    }, delayMs);
    this.#retries.add(timer);
  }
}

/** @throws {RangeError} If the network cannot run on one frame of so many. */
export function checkEvery(every: number): void {
  if (Number.isInteger(every) && every >= 1) return;
  throw new RangeError(
    `Cannot run the network on one frame of ${every}: it must be a whole number from 1.`,
  );
}

function giveUp(worker: number, frame: number, error: ErrorReport): WorkerError {
  return new WorkerError(
    `Cannot segment frame ${frame}: it failed ${MAX_ATTEMPTS} times, last with ` +
      `"${error.message}". Try another --provider.`,
    { worker, frame },
    { cause: error },
  );
}
