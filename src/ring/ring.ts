import { sharedMemory } from "../wasm/memory.ts";
import { Bell } from "./bell.ts";
import { groupOf, GroupOwners } from "./group_owners.ts";
import {
  CONTROL,
  fitToMemory,
  type RingHandle,
  ringLayout,
  type RingShape,
  SLOT,
} from "./layout.ts";
import { busyWith, isInFlight, isReady, PHASE, SlotStates, STATE } from "./slot_states.ts";
import { type SlotViews, viewSlots } from "./slot_views.ts";

/** What became of the slots a dead worker left behind. */
export interface Reclaimed {
  /** Slots that are READY again. */
  readonly requeued: readonly number[];
  /** Slots that were tried as often as allowed; still BUSY, the caller decides. */
  readonly exhausted: readonly number[];
}

/**
 * A ring of frame slots in shared memory, between one producer, any number of workers and one sink.
 *
 * ```
 *        acquire         publish       tryTake         finish        next           release
 *  FREE ────────► FILLING ────► READY ────────► BUSY ────────► DONE ───────► SINKING ────► FREE
 *                    ▲            │  ▲            │ │
 *                    └ reclaimOldest  └── reclaim ──┘ └── discard ──► FREE
 * ```
 *
 * - Threads: the producer and the sink may block only asynchronously (`Atomics.waitAsync`) and
 *   usually share the main thread; workers block on the bell, which several rings may share, so that
 *   one worker serves them all. One producer, one sink.
 * - Order: `publish` numbers the slots; workers take the oldest READY slot, `next` gives the slots
 *   in the order of their numbers, skipping those that were reclaimed or discarded.
 * - Groups: `every` numbers in a row may be kept for one worker, whichever takes the first of them.
 * - Ownership: between `acquire` and `publish`, `tryTake` and `finish`, `next` and `release` the
 *   slot's header and sections belong to the caller alone. A state change publishes every write
 *   before it. The sink may hold a slot while it waits for the next.
 * - Ending: `end` lets what was published drain; `close` wakes everybody and ends at once. Both are
 *   final.
 * - Allocates nothing per frame: views are made once per slot.
 */
export class FrameRing {
  readonly handle: RingHandle;
  readonly #states: SlotStates;
  readonly #bell: Bell;
  readonly #owners: GroupOwners;
  readonly #slots: readonly SlotViews[];
  /** The number after the one that the sink got last; only the sink's instance uses it. */
  #expected = 0;

  /** Attaches to a ring that was allocated, perhaps by another thread. */
  constructor(handle: RingHandle) {
    const { shape } = handle;
    const buffer = handle.memory.buffer as SharedArrayBuffer;
    const layout = ringLayout(shape);
    if (buffer.byteLength < layout.byteLength) {
      throw new RangeError(
        `Cannot attach a ring of ${layout.byteLength} bytes to a buffer of ${buffer.byteLength}.`,
      );
    }
    this.handle = handle;
    this.#states = new SlotStates(buffer, layout, shape.slots);
    this.#bell = new Bell(handle.bell);
    this.#owners = new GroupOwners(this.#states, shape.slots);
    this.#slots = viewSlots(buffer, layout, shape);
  }

  /** A ring with every slot FREE, fewer where 4 GiB do not hold them. Rings may share a bell. */
  static allocate(asked: RingShape, bell: Bell = new Bell()): FrameRing {
    const shape = fitToMemory(asked);
    const memory = sharedMemory(ringLayout(shape).byteLength);
    return new FrameRing({ memory, shape, bell: bell.buffer });
  }

  /** How many slots there are. */
  get slots(): number {
    return this.handle.shape.slots;
  }

  /** How many slots are not FREE. */
  get slotsInUse(): number {
    return this.slots - this.slotsIn("free");
  }

  /** How many slots are in a state now. */
  slotsIn(state: keyof typeof STATE): number {
    return this.#states.count(STATE[state]);
  }

  /** How many published frames were reclaimed before a worker took them. */
  get dropped(): number {
    return Atomics.load(this.#states.words, CONTROL.dropped);
  }

  /** The float64 header of a slot. */
  header(slot: number): Float64Array {
    return this.#slots[slot]!.header;
  }

  /** A byte section of a slot. */
  section(slot: number, section: number): Uint8Array {
    return this.#slots[slot]!.sections[section]!;
  }

  // Producer ─────────────────────────────────────────────────────────────────────────────────────

  /** FREE → FILLING: a slot to fill, or undefined when none is free right now. */
  tryAcquire(): number | undefined {
    for (let slot = 0; slot < this.slots; slot++) {
      if (this.#states.swap(slot, STATE.free, STATE.filling)) return slot;
    }
    return undefined;
  }

  /**
   * FREE → FILLING, as soon as a slot is free: a full ring is the back-pressure of the pipeline.
   *
   * @returns The slot, or undefined once the signal aborts or the ring is closed.
   */
  async acquire(signal?: AbortSignal): Promise<number | undefined> {
    const wake = () => this.#states.bump(CONTROL.freeEpoch);
    signal?.addEventListener("abort", wake, { once: true });
    try {
      for (;;) {
        const epoch = this.#states.epoch(CONTROL.freeEpoch);
        if (signal?.aborted || this.#states.phase === PHASE.closed) return undefined;
        const slot = this.tryAcquire();
        if (slot !== undefined) return slot;
        await this.#states.changed(CONTROL.freeEpoch, epoch);
      }
    } finally {
      signal?.removeEventListener("abort", wake);
    }
  }

  /** READY → FILLING: takes the oldest frame that no worker took yet back, and counts the drop. */
  reclaimOldest(): number | undefined {
    for (;;) {
      const slot = this.#states.oldest(isReady);
      if (slot === undefined) return undefined;
      if (!this.#states.swap(slot, STATE.ready, STATE.filling)) continue;
      Atomics.add(this.#states.words, CONTROL.dropped, 1);
      this.#states.bump(CONTROL.doneEpoch); // the sink may be waiting for just this frame
      return slot;
    }
  }

  /** FILLING → READY: the frame is there, with the next sequence number. */
  publish(slot: number): void {
    this.#states.check(slot, STATE.filling); // before its number is changed
    Atomics.store(this.#states.words, this.#states.word(slot, SLOT.attempts), 0);
    const sequence = Atomics.add(this.#states.words, CONTROL.nextSequence, 1);
    Atomics.store(this.#states.words, this.#states.word(slot, SLOT.sequence), sequence);
    this.#states.move(slot, STATE.filling, STATE.ready);
    this.#bell.ring();
  }

  /** FILLING → FREE: nothing came after all. */
  abandon(slot: number): void {
    this.#states.move(slot, STATE.filling, STATE.free);
    this.#states.bump(CONTROL.freeEpoch);
  }

  // Worker ───────────────────────────────────────────────────────────────────────────────────────

  /**
   * READY → BUSY: the oldest frame that this worker may take, or undefined when there is none now.
   *
   * @param every Frames of a group; a frame whose group is another worker's is left to that one.
   */
  tryTake(worker: number, every = 1): number | undefined {
    if (this.#states.phase === PHASE.closed) return undefined;
    const busy = busyWith(worker);
    let after: number | undefined;
    for (;;) {
      const slot = this.#states.oldest(isReady, after);
      if (slot === undefined) return undefined;
      const sequence = this.#states.sequence(slot);
      if (every > 1 && !this.#owners.claim(groupOf(sequence, every), worker)) after = sequence;
      else if (this.#states.swap(slot, STATE.ready, busy)) return slot;
      // Otherwise another worker was faster, or the producer took the frame back.
    }
  }

  /**
   * READY → BUSY: blocks this thread until a frame is there and takes the oldest.
   *
   * @returns The slot, or undefined once the ring ended and is drained, or is closed.
   */
  take(worker: number): number | undefined {
    for (;;) {
      const { epoch } = this.#bell;
      const { phase } = this.#states;
      const slot = this.tryTake(worker);
      if (slot !== undefined || phase !== PHASE.open) return slot;
      this.#bell.wait(epoch);
    }
  }

  /** The group of the frame in a slot: frames in a row, `every` of them. */
  group(slot: number, every: number): number {
    return groupOf(this.#states.sequence(slot), every);
  }

  /** BUSY → DONE. */
  finish(slot: number): void {
    this.#states.moveBusy(slot, STATE.done);
    this.#states.bump(CONTROL.doneEpoch);
  }

  /** BUSY → FREE, whoever holds it: nobody can work on this frame, the sink goes on without it. */
  discard(slot: number): void {
    this.#states.moveBusy(slot, STATE.free);
    this.#states.bump(CONTROL.doneEpoch); // the sink may be waiting for just this frame
    this.#states.bump(CONTROL.freeEpoch);
  }

  /**
   * BUSY → READY for every slot that a dead worker held, unless its frame was tried `maxAttempts`
   * times; its groups are free for others. Call it only when the worker cannot touch the ring any
   * more.
   */
  reclaim(worker: number, maxAttempts: number): Reclaimed {
    const busy = busyWith(worker);
    const requeued: number[] = [];
    const exhausted: number[] = [];
    for (let slot = 0; slot < this.slots; slot++) {
      if (this.#states.state(slot) !== busy) continue;
      const attempts = Atomics.add(this.#states.words, this.#states.word(slot, SLOT.attempts), 1) +
        1;
      if (attempts >= maxAttempts) {
        exhausted.push(slot);
        continue;
      }
      this.#states.move(slot, busy, STATE.ready);
      requeued.push(slot);
    }
    this.#owners.forget(worker);
    this.#bell.ring();
    return { requeued, exhausted };
  }

  // Sink ─────────────────────────────────────────────────────────────────────────────────────────

  /**
   * DONE → SINKING: the next frame in order, as soon as it is done.
   *
   * @returns The slot, or undefined once the ring ended and is drained, or is closed.
   */
  async next(): Promise<number | undefined> {
    for (;;) {
      const epoch = this.#states.epoch(CONTROL.doneEpoch);
      const phase = this.#states.phase;
      if (phase === PHASE.closed) return undefined;
      let slot = this.#states.oldest(isInFlight);
      if (slot !== undefined && this.#states.sequence(slot) !== this.#expected) {
        // A gap: frames were reclaimed, or one was published behind the scan's back. What the first
        // scan found was published after all before it, so a second scan sees every one of them.
        slot = this.#states.oldest(isInFlight);
      }
      if (slot !== undefined) {
        const sequence = this.#states.sequence(slot);
        if (this.#states.swap(slot, STATE.done, STATE.sinking)) {
          this.#expected = (sequence + 1) | 0;
          return slot;
        }
      } else if (phase === PHASE.ended) {
        return undefined;
      }
      await this.#states.changed(CONTROL.doneEpoch, epoch);
    }
  }

  /** SINKING → FREE. */
  release(slot: number): void {
    this.#states.move(slot, STATE.sinking, STATE.free);
    this.#states.bump(CONTROL.freeEpoch);
  }

  // Ending ───────────────────────────────────────────────────────────────────────────────────────

  /** The producer is done: workers and sink drain what was published and then get undefined. */
  end(): void {
    Atomics.compareExchange(this.#states.words, CONTROL.phase, PHASE.open, PHASE.ended);
    this.#states.bumpAll();
    this.#bell.ring();
  }

  /** Everybody gets undefined from now on; frames in flight are lost. */
  close(): void {
    Atomics.store(this.#states.words, CONTROL.phase, PHASE.closed);
    this.#states.bumpAll();
    this.#bell.ring();
  }
}
