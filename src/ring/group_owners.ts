import { SLOT } from "./layout.ts";
import type { SlotStates } from "./slot_states.ts";

/** The low byte of a row says whose the group is: the worker's number + 1, or 0 for nobody. */
const OWNER_BITS = 8;
const OWNER_MASK = (1 << OWNER_BITS) - 1;
const TAG_MASK = (1 << 24) - 1;

/** The group of a sequence number, which counts up to 2^32 in a signed word. */
export function groupOf(sequence: number, every: number): number {
  return Math.floor((sequence >>> 0) / every);
}

/**
 * Which worker has the frames of a group: a small table in shared memory, for frames that are to be
 * worked on by one and the same thread.
 *
 * A row belongs to one group at a time, and later groups take rows over. There are as many rows as
 * slots, so groups that are in the ring together have a row each, unless frames between them were
 * dropped; then a group may be claimed twice, which costs the second owner a run of the network.
 */
export class GroupOwners {
  readonly #states: SlotStates;
  readonly #rows: number;

  constructor(states: SlotStates, slots: number) {
    this.#states = states;
    this.#rows = slots;
  }

  /** Makes the group the worker's if it is nobody's; says whether it is the worker's now. */
  claim(group: number, worker: number): boolean {
    const word = this.#word(group % this.#rows);
    const claim = rowOf(group, worker);
    for (;;) {
      const row = Atomics.load(this.#states.words, word);
      if (row === claim) return true;
      const isAnothers = row >>> OWNER_BITS === claim >>> OWNER_BITS && (row & OWNER_MASK) !== 0;
      if (isAnothers) return false;
      if (Atomics.compareExchange(this.#states.words, word, row, claim) === row) return true;
    }
  }

  /** Lets others claim the groups of a worker that is gone. */
  forget(worker: number): void {
    for (let index = 0; index < this.#rows; index++) {
      const word = this.#word(index);
      const row = Atomics.load(this.#states.words, word);
      if ((row & OWNER_MASK) === worker + 1) {
        Atomics.compareExchange(this.#states.words, word, row, row & ~OWNER_MASK);
      }
    }
  }

  #word(row: number): number {
    return this.#states.word(row, SLOT.groupOwner);
  }
}

function rowOf(group: number, worker: number): number {
  return (group & TAG_MASK) << OWNER_BITS | worker + 1;
}
