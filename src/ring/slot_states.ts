import { CONTROL, type RingLayout, SLOT } from "./layout.ts";

/** The low byte of a slot's state word; a BUSY word carries its worker above. */
export const STATE = { free: 0, filling: 1, ready: 2, busy: 3, done: 4, sinking: 5 } as const;

/** The phase of the whole ring. */
export const PHASE = { open: 0, ended: 1, closed: 2 } as const;

/** A counter in the control words that grows with every change somebody may be waiting for. */
export type Epoch = typeof CONTROL.freeEpoch | typeof CONTROL.doneEpoch;

/** Any long time: the timer is there to be pending, not to fire. */
const KEEP_ALIVE_MS = 1_000_000_000;

const STATE_BITS = 8;
const STATE_MASK = (1 << STATE_BITS) - 1;

/** The state word of a slot that `worker` works on. */
export function busyWith(worker: number): number {
  return STATE.busy | (worker << STATE_BITS);
}

/** Whether a state word says BUSY, whoever the worker. */
export function isBusy(state: number): boolean {
  return (state & STATE_MASK) === STATE.busy;
}

/** Whether a slot holds a frame that no worker took yet. */
export function isReady(state: number): boolean {
  return state === STATE.ready;
}

/** Whether a slot holds a published frame that the sink has not begun with. */
export function isInFlight(state: number): boolean {
  const kind = state & STATE_MASK;
  return kind === STATE.ready || kind === STATE.busy || kind === STATE.done;
}

/** The words of a ring: slot states that change by compare-and-swap, and epochs to wait on. */
export class SlotStates {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly #slots: number;
  readonly #first: number;
  readonly #stride: number;

  constructor(buffer: SharedArrayBuffer, layout: RingLayout, slots: number) {
    this.words = new Int32Array(buffer, 0, layout.headers.first / Int32Array.BYTES_PER_ELEMENT);
    this.#slots = slots;
    this.#first = layout.slotWords.first;
    this.#stride = layout.slotWords.stride;
  }

  /** One of PHASE. */
  get phase(): number {
    return Atomics.load(this.words, CONTROL.phase);
  }

  /** The index of one of a slot's words. */
  word(slot: number, word: typeof SLOT[keyof typeof SLOT]): number {
    return this.#first + slot * this.#stride + word;
  }

  state(slot: number): number {
    return Atomics.load(this.words, this.word(slot, SLOT.state));
  }

  sequence(slot: number): number {
    return Atomics.load(this.words, this.word(slot, SLOT.sequence));
  }

  /** Changes the state if it is `from`, and says whether it was. */
  swap(slot: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.words, this.word(slot, SLOT.state), from, to) === from;
  }

  /** @throws {RangeError} If the state is not `from`: the caller does not own the slot. */
  move(slot: number, from: number, to: number): void {
    if (!this.swap(slot, from, to)) throw this.#refusal(slot, from);
  }

  /** @throws {RangeError} If the state is not BUSY, with whichever worker. */
  moveBusy(slot: number, to: number): void {
    const state = this.state(slot);
    this.move(slot, isBusy(state) ? state : STATE.busy, to);
  }

  /** @throws {RangeError} If the state is not `wanted`: the caller does not own the slot. */
  check(slot: number, wanted: number): void {
    if (this.state(slot) !== wanted) throw this.#refusal(slot, wanted);
  }

  #refusal(slot: number, wanted: number): RangeError {
    return new RangeError(
      `Cannot move slot ${slot} on from state ${wanted & STATE_MASK}: ` +
        `it is in state ${this.state(slot) & STATE_MASK}.`,
    );
  }

  /**
   * The slot with the lowest sequence number among those whose state word is wanted, and whose number
   * comes after `after` where that is given.
   */
  oldest(isWanted: (state: number) => boolean, after?: number): number | undefined {
    let oldest: number | undefined;
    let lowest = 0;
    for (let slot = 0; slot < this.#slots; slot++) {
      if (!isWanted(this.state(slot))) continue;
      const sequence = this.sequence(slot);
      // The difference, not the order, is compared: sequence numbers wrap after 2^32 frames.
      if (after !== undefined && ((sequence - after) | 0) <= 0) continue;
      if (oldest === undefined || ((sequence - lowest) | 0) < 0) {
        oldest = slot;
        lowest = sequence;
      }
    }
    return oldest;
  }

  /** How many slots are in one of the states of STATE, BUSY with whichever worker. */
  count(state: number): number {
    let count = 0;
    for (let slot = 0; slot < this.#slots; slot++) {
      if ((this.state(slot) & STATE_MASK) === state) count++;
    }
    return count;
  }

  epoch(epoch: Epoch): number {
    return Atomics.load(this.words, epoch);
  }

  /** Tells those who wait on an epoch to look again. */
  bump(epoch: Epoch): void {
    Atomics.add(this.words, epoch, 1);
    Atomics.notify(this.words, epoch);
  }

  bumpAll(): void {
    this.bump(CONTROL.freeEpoch);
    this.bump(CONTROL.doneEpoch);
  }

  /** Resolves when the epoch is no longer `seen`. */
  async changed(epoch: Epoch, seen: number): Promise<void> {
    const wait = Atomics.waitAsync(this.words, epoch, seen);
    if (!wait.async) return;
    // A pending waitAsync does not count as work: without a timer the event loop may end under it.
    const keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
    try {
      await wait.value;
    } finally {
      clearInterval(keepAlive);
    }
  }
}
