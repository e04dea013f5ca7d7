import { BackOff } from "../../frame/back_off.ts";
import type { ErrorReport } from "./messages.ts";
import { PoolThread, type PoolThreadOptions } from "./pool_thread.ts";

/** How long after the failure of a thread that lasted shorter than that its successor is spawned. */
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
const STEADY_MS = 60_000;

/** What a seat needs of its pool. */
export interface SeatHost extends Pick<PoolThreadOptions, "bell" | "attempts" | "onLost"> {
  /** Whether a thread that cannot take another's place is tried again, later and later. */
  readonly isLive: boolean;
  /** Starts a thread. */
  spawn(): Worker;
  /** Tells a thread that has just sat down what to serve. */
  welcome(thread: PoolThread): void;
  /** Takes back the slots that a thread held which is gone; says whether the pool goes on. */
  takeBack(index: number, error: ErrorReport): boolean;
  /** A successor has sat down. */
  onReplaced(reason: string): void;
  /** There is no successor, and no use in one. */
  fail(error: Error): void;
}

/**
 * A place in a pool for one thread at a time: whoever sits there has its number, and a successor sits
 * down only when the one before is gone and its slots are taken back.
 */
export class Seat {
  readonly index: number;
  readonly #host: SeatHost;
  readonly #backOff = new BackOff({
    firstMs: FIRST_RETRY_MS,
    capMs: LONGEST_RETRY_MS,
    soundMs: STEADY_MS,
  });
  #thread: PoolThread | undefined;
  /** Told to quit, and not gone yet. */
  #leaving: PoolThread | undefined;
  #seatedAtMs = 0;
  #successors = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** Empty. */
  constructor(index: number, host: SeatHost) {
    this.index = index;
    this.#host = host;
  }

  /** Who takes orders; undefined while there is nobody, or somebody who is leaving. */
  get thread(): PoolThread | undefined {
    return this.#thread;
  }

  /** A thread sits down. */
  take(worker: Worker): void {
    const { bell, attempts, onLost } = this.#host;
    const thread: PoolThread = new PoolThread(worker, {
      ...{ index: this.index, bell, attempts, onLost },
      onFailure: (error) => this.#bury(thread, error),
    });
    this.#thread = thread;
    this.#seatedAtMs = performance.now();
    this.#host.welcome(thread);
  }

  /** Has a thread go as soon as it can, and another one sit down. Does nothing if it does not sit. */
  async dismiss(thread: PoolThread, error: ErrorReport): Promise<void> {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    this.#leaving = thread;
    await thread.quit();
    this.#leaving = undefined;
    this.#succeed(error);
  }

  /** Nobody sits down any more; gives those that are still there, to be ended. */
  close(): readonly PoolThread[] {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    return [this.#thread, this.#leaving].filter((thread) => thread !== undefined);
  }

  /** One that fails while it is leaving is gone like any that leaves. */
  #bury(thread: PoolThread, error: ErrorReport): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    if (this.#isClosed) return;
    if (thread.hasAnswered || (this.#host.isLive && this.#successors > 0)) this.#succeed(error);
    else this.#host.fail(new Error(error.message, { cause: error }));
  }

  /** At once; in a live pool, later and later while one after the other fails. */
  #succeed(error: ErrorReport): void {
    if (this.#isClosed || !this.#host.takeBack(this.index, error)) return;
    const delayMs = this.#host.isLive
      ? this.#backOff.delayAfter(performance.now() - this.#seatedAtMs)
      : 0;
    if (delayMs === 0) this.#replace(error);
    else this.#retry = setTimeout(() => this.#replace(error), delayMs);
  }

  #replace({ message }: ErrorReport): void {
    this.#successors++;
    this.take(this.#host.spawn());
    this.#host.onReplaced(message);
  }
}
