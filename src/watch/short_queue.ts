import type { FrameRing } from "../ring/ring.ts";
import type { LiveSlotFiller } from "../source/source.ts";

/** Who takes the frames of a queue. */
export interface QueueTakers {
  readonly workers: number;
  /** The network runs on every n-th frame, and the worker that has that one takes those between. */
  readonly every: number;
}

/**
 * A ring as a live source is to see it: full when as many frames wait as there are workers free to
 * take them, and one at least. A frame that waits behind others is old when its turn comes, and in
 * the end it would be dropped all the same; the ring's other slots are for frames on their way out.
 */
export function shortQueue(ring: FrameRing, { workers, every }: QueueTakers): LiveSlotFiller {
  const isFull = () => {
    const idle = workers - ring.slotsIn("busy");
    return ring.slotsIn("ready") >= every * Math.max(1, idle);
  };
  return {
    acquire: (signal) => ring.acquire(signal),
    publish: (slot) => ring.publish(slot),
    abandon: (slot) => ring.abandon(slot),
    header: (slot) => ring.header(slot),
    section: (slot, section) => ring.section(slot, section),
    tryAcquire: () => isFull() ? undefined : ring.tryAcquire(),
    reclaimOldest: () => ring.reclaimOldest(),
  };
}
