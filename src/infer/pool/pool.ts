import { WorkerError } from "../../errors.ts";
import { HEADER } from "../../frame/timing.ts";
import { Bell } from "../../ring/bell.ts";
import type { ErrorReport } from "./messages.ts";
import type { StreamOrder } from "./orders.ts";
import { type AttachedStream, Attachment, type PoolStream } from "./pool_stream.ts";
import type { LostFrame, Outcome, PoolThread } from "./pool_thread.ts";
import { Seat } from "./seat.ts";
import { spawnWorkers, STOP_TIMEOUT_MS, within, workerModule } from "./threads.ts";

export type { AttachedStream, PoolStream } from "./pool_stream.ts";

/** How often a frame is tried before it is given up. */
const MAX_ATTEMPTS = 2;

/** How a pool works. */
export interface PoolOptions {
  /** What the rings of its streams ring; a new one by default. */
  readonly bell?: Bell;
  /**
   * Whether it is to go on whatever happens: a frame that failed twice is dropped, a thread that
   * cannot take another's place is tried again, later and later, and a stream needs one thread that
   * serves it. By default a frame, a thread and a stream that fail end the pool.
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
 * - A thread that fails is replaced, and the frame it had is run again, once. In a live pool a thread
 *   outlives frames that fail, unless it can run none: a bad stream costs the others nothing else.
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
  readonly #isLive: boolean;
  readonly #seats: readonly Seat[];
  readonly #streams = new Set<Attachment>();
  readonly #fail: (error: Error) => void;
  #lastStream = 0;
  #replaced = 0;

  /** @param workers From `spawnWorkers`; the pool's from now on. */
  constructor(workers: readonly Worker[], options: PoolOptions = {}) {
    const { bell = new Bell(), isLive = false, onReplaced, module = workerModule() } = options;
    this.bell = bell;
    this.size = workers.length;
    this.#isLive = isLive;
    const { promise, reject } = Promise.withResolvers<never>();
    this.failure = promise;
    this.failure.catch(() => {}); // whoever waits on the pool sees it; nobody has to
    this.#fail = reject;
    const host = {
      ...{ bell, isLive, attempts: isLive ? MAX_ATTEMPTS : undefined },
      spawn: () => spawnWorkers(1, module)[0]!,
      welcome: (thread: PoolThread) => {
        for (const stream of this.#streams) void stream.bring(thread);
      },
      takeBack: (index: number, error: ErrorReport) => this.#takeBack(index, error),
      onLost: (frame: LostFrame) => this.#lose(frame),
      onReplaced: (reason: string) => {
        this.#replaced++;
        onReplaced?.(reason);
      },
      fail: reject,
    };
    this.#seats = workers.map((_, index) => new Seat(index, host));
    for (const seat of this.#seats) seat.take(workers[seat.index]!);
  }

  /** How many threads took the place of one that failed. */
  get replaced(): number {
    return this.#replaced;
  }

  /** How many streams it works on. */
  get streams(): number {
    return this.#streams.size;
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
      isLive: this.#isLive,
      tell: (order) => this.#tell(order),
      forget: () => this.#streams.delete(attachment),
      dismiss: (thread, error) => void this.#seats[thread.index]!.dismiss(thread, error),
      refuse: (error) => this.#isLive || this.#fail(error),
    });
    this.#streams.add(attachment);
    for (const { thread } of this.#seats) if (thread) void attachment.bring(thread);
    return attachment;
  }

  /**
   * Ends every thread as soon as it is through with the frame it has, and frees the networks. Frames
   * that are left stay in their rings. Safe to call twice.
   */
  async stop(): Promise<void> {
    const threads = this.#seats.flatMap((seat) => seat.close());
    const ended = Promise.all(threads.map((thread) => thread.quit())).then(() => {});
    await within(STOP_TIMEOUT_MS, ended, () => {
      for (const thread of threads) thread.terminate();
    });
  }

  async #tell(order: StreamOrder): Promise<readonly Outcome[]> {
    return await Promise.all(this.#seats.map(({ thread }) => thread?.ask(order) ?? "gone"));
  }

  /** Frames that failed for the last time are dropped, or end the pool. */
  #takeBack(index: number, error: ErrorReport): boolean {
    for (const attachment of this.#streams) {
      const { ring } = attachment.stream;
      const { exhausted } = ring.reclaim(index, MAX_ATTEMPTS);
      for (const slot of exhausted) {
        const frame = ring.header(slot)[HEADER.index]!;
        if (!this.#isLive) {
          this.#fail(giveUp(index, frame, error));
          return false;
        }
        ring.discard(slot);
        attachment.lose({ frame, error });
      }
    }
    return true;
  }

  #lose(lost: LostFrame): void {
    for (const attachment of this.#streams) {
      if (attachment.id === lost.stream) attachment.lose(lost);
    }
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
  // What we threw ourselves says what would mend it.
  const reason = error.name === "ModelError"
    ? `. ${error.message}`
    : `, last with "${error.message}". Try another --provider.`;
  return new WorkerError(
    `Cannot segment frame ${frame}: it failed ${MAX_ATTEMPTS} times${reason}`,
    { worker, frame },
    { cause: error },
  );
}
