import type { Bell } from "../../ring/bell.ts";
import { Outbox } from "./mail.ts";
import { type ErrorReport, reportOf, type WorkerMessage } from "./messages.ts";
import type { Order, ServeOrder, StreamOrder } from "./orders.ts";
import { reportOfEvent, stillbirthOf } from "./threads.ts";

/** What became of an order: carried out, refused for a reason, or the thread ended before it could. */
export type Outcome = "done" | "gone" | ErrorReport;

/** A frame that was given up. */
export type LostFrame = Extract<WorkerMessage, { readonly kind: "lost" }>;

/** What a thread is given. */
export interface PoolThreadOptions {
  /** The number that marks the slots it holds. */
  readonly index: number;
  readonly bell: Bell;
  /** How often it tries a frame; undefined if it is to fail at the first that fails. */
  readonly attempts: number | undefined;
  /** Called once, later, if the thread fails; not when it was told to quit and did. */
  readonly onFailure: (error: ErrorReport) => void;
  readonly onLost: (frame: LostFrame) => void;
}

/** One thread of a pool, from when it is told to serve until it is gone. */
export class PoolThread {
  /** The number that marks the slots it holds. */
  readonly index: number;
  /** Resolves when it is gone, for whatever reason. */
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  readonly #outbox: Outbox<Order>;
  readonly #pending = new Map<number, (outcome: Outcome) => void>();
  readonly #onFailure: (error: ErrorReport) => void;
  readonly #onLost: (frame: LostFrame) => void;
  readonly #end: () => void;
  #lastId = 0;
  #hasAnswered = false;
  #isGone = false;

  constructor(worker: Worker, options: PoolThreadOptions) {
    const { index, bell, attempts, onFailure, onLost } = options;
    this.index = index;
    this.#worker = worker;
    this.#onFailure = onFailure;
    this.#onLost = onLost;
    this.#outbox = new Outbox(worker, bell);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
    const stillbirth = stillbirthOf(worker);
    if (stillbirth !== undefined) queueMicrotask(() => this.#fail(stillbirth));
    worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => this.#hear(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(reportOfEvent(event));
    };
    const { counter } = this.#outbox;
    const mail = { bell: bell.buffer, mail: counter };
    const order: ServeOrder = { kind: "serve", worker: index, ...mail, attempts };
    worker.postMessage(order);
  }

  /** Whether it ever answered: from then on it has loaded everything, and may be cut off. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** Sends an order; resolves when it is carried out or cannot be. Never rejects. */
  ask(order: StreamOrder): Promise<Outcome> {
    if (this.#isGone) return Promise.resolve("gone");
    const id = ++this.#lastId;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    try {
      this.#outbox.post({ ...order, id });
    } catch (error) {
      return Promise.resolve(reportOf(error)); // no memory for a copy of the networks
    }
    this.#pending.set(id, resolve);
    return promise;
  }

  /** Tells it to end as soon as it is through with the frame it has; resolves when it is gone. */
  quit(): Promise<void> {
    if (!this.#isGone) this.#outbox.post({ kind: "quit" });
    return this.ended;
  }

  /** Cuts it off, whatever it is doing. */
  terminate(): void {
    this.#worker.terminate();
    this.#leave();
  }

  #hear(message: WorkerMessage): void {
    switch (message.kind) {
      case "done":
      case "refused":
        this.#hasAnswered = true;
        this.#pending.get(message.id)?.(message.kind === "done" ? "done" : message.error);
        this.#pending.delete(message.id);
        break;
      case "lost":
        this.#onLost(message);
        break;
      case "failed":
        this.#hasAnswered = true;
        this.#fail(message.error);
        break;
      case "stopped":
        this.#leave();
        break;
    }
  }

  #fail(error: ErrorReport): void {
    if (this.#isGone) return;
    this.terminate();
    this.#onFailure(error);
  }

  #leave(): void {
    this.#isGone = true;
    for (const settle of this.#pending.values()) settle("gone");
    this.#pending.clear();
    this.#end();
  }
}
