/**
 * Orders for a thread that blocks: a message is seen only when the thread's event loop turns, so a
 * counter in shared memory says how many there are, and the bell wakes it.
 */
import type { Bell } from "../../ring/bell.ts";

/** The sender's side. */
export class Outbox<Order> {
  /** The counter; the thread gets it with its first order. */
  readonly counter = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  readonly #sent = new Int32Array(this.counter);
  readonly #worker: Pick<Worker, "postMessage">;
  readonly #bell: Bell;

  constructor(worker: Pick<Worker, "postMessage">, bell: Bell) {
    this.#worker = worker;
    this.#bell = bell;
  }

  /** Sends an order and wakes the thread. */
  post(order: Order): void {
    this.#worker.postMessage(order); // first: who sees the counter waits until the message is there
    Atomics.add(this.#sent, 0, 1);
    this.#bell.ring();
  }
}

/** The thread's side. */
export class Inbox<Order> {
  readonly #orders: Order[] = [];
  #sent: Int32Array<SharedArrayBuffer> | undefined;
  /** Orders that were taken out since there is a counter. */
  #taken = 0;
  #onOrder: (() => void) | undefined;

  /** Begins to count: every order after this belongs to the counter's outbox. */
  connect(counter: SharedArrayBuffer): void {
    this.#sent = new Int32Array(counter);
    this.#taken = 0;
  }

  /** For the thread's `onmessage`. */
  put(order: Order): void {
    this.#orders.push(order);
    this.#onOrder?.();
  }

  /** Whether an order was sent that was not taken out yet, arrived or not. */
  get hasMail(): boolean {
    return this.#sent !== undefined && Atomics.load(this.#sent, 0) !== this.#taken;
  }

  /** The next order, as soon as it arrives. */
  async next(): Promise<Order> {
    while (this.#orders.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onOrder = resolve;
      await promise;
    }
    this.#taken = (this.#taken + 1) | 0;
    return this.#orders.shift()!;
  }
}
