import assert from "node:assert/strict";
import { FrameRing } from "../../src/ring/ring.ts";
import { shortQueue } from "../../src/watch/short_queue.ts";

function allocate(): FrameRing {
  return FrameRing.allocate({ slots: 8, headerFields: 1, sectionBytes: [] });
}

/** Publishes frames until there is no place for another; gives how many. */
function fill(queue: ReturnType<typeof shortQueue>): number {
  let published = 0;
  for (let slot; (slot = queue.tryAcquire()) !== undefined; published++) queue.publish(slot);
  return published;
}

Deno.test("shortQueue() lets as many frames wait as there are idle workers", () => {
  const ring = allocate();
  const queue = shortQueue(ring, { workers: 3, every: 1 });
  assert.equal(fill(queue), 3);
  ring.tryTake(0);
  assert.equal(fill(queue), 0, "two wait, for the other two");
  ring.tryTake(1);
  assert.equal(ring.slotsIn("ready"), 1);
  assert.equal(fill(queue), 0);
});

Deno.test("shortQueue() lets one frame wait, when every worker has one", () => {
  const ring = allocate();
  const queue = shortQueue(ring, { workers: 2, every: 1 });
  fill(queue);
  const busy = [ring.tryTake(0)!, ring.tryTake(1)!];
  assert.equal(fill(queue), 1);
  // The newest takes the place of the one that waits, never of one that is being worked on.
  const slot = queue.reclaimOldest()!;
  assert.ok(!busy.includes(slot));
  queue.publish(slot);
  assert.equal(ring.slotsIn("ready"), 1);
  assert.equal(ring.dropped, 1);
});

Deno.test("shortQueue() gives the whole ring to who waits for a slot", async () => {
  const ring = allocate();
  const queue = shortQueue(ring, { workers: 1, every: 1 });
  for (let n = 0; n < ring.slots; n++) queue.publish((await queue.acquire())!);
  assert.equal(ring.slotsIn("ready"), ring.slots);
});

Deno.test("shortQueue() lets the frames of a worker's group wait for it", () => {
  const ring = allocate();
  const queue = shortQueue(ring, { workers: 1, every: 4 });
  fill(queue);
  ring.tryTake(0);
  assert.equal(fill(queue), 1);
  assert.equal(ring.slotsIn("ready"), 4);
});
