import assert from "node:assert/strict";
import { Bell } from "../../src/ring/bell.ts";
import { FrameRing } from "../../src/ring/ring.ts";

const SHAPE = { slots: 3, headerFields: 2, sectionBytes: [100, 0, 64] };

/** Publishes a frame whose first byte is `mark`. */
function publish(ring: FrameRing, mark: number): void {
  const slot = ring.tryAcquire();
  assert.notEqual(slot, undefined, "no slot is free");
  ring.section(slot!, 0)[0] = mark;
  ring.publish(slot!);
}

function mark(ring: FrameRing, slot: number | undefined): number | undefined {
  return slot === undefined ? undefined : ring.section(slot, 0)[0];
}

Deno.test("FrameRing gives each slot header and sections of its own, when allocated", () => {
  const ring = FrameRing.allocate(SHAPE);
  const views = [0, 1, 2].flatMap((slot) => [
    ring.header(slot),
    ...[0, 1, 2].map((section) => ring.section(slot, section)),
  ]);
  const spans = views.map((view) => [view.byteOffset, view.byteOffset + view.byteLength] as const)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  for (let i = 1; i < spans.length; i++) assert.ok(spans[i - 1]![1] <= spans[i]![0]);
  assert.deepEqual([0, 1, 2].map((section) => ring.section(1, section).length), [100, 0, 64]);
  assert.equal(ring.header(2).length, 2);
});

Deno.test("FrameRing.allocate() throws RangeError, on shapes that cannot be", () => {
  for (
    const wrong of [{ slots: 0 }, { slots: 1.5 }, { headerFields: -1 }, { sectionBytes: [1.5] }]
  ) {
    assert.throws(() => FrameRing.allocate({ ...SHAPE, ...wrong }), RangeError);
  }
});

Deno.test("FrameRing gives frames back in published order, when they finish in another", async () => {
  const ring = FrameRing.allocate(SHAPE);
  for (const each of [10, 11, 12]) publish(ring, each);
  const [first, second, third] = [ring.take(0)!, ring.take(1)!, ring.take(0)!];
  assert.deepEqual([first, second, third].map((slot) => mark(ring, slot)), [10, 11, 12]);
  for (const slot of [third, first, second]) ring.finish(slot);
  for (const each of [10, 11, 12]) {
    const slot = await ring.next();
    assert.equal(mark(ring, slot), each);
    ring.release(slot!);
  }
});

Deno.test("acquire() waits for a release, when every slot is taken", async () => {
  const ring = FrameRing.allocate({ ...SHAPE, slots: 1 });
  publish(ring, 1);
  assert.equal(ring.tryAcquire(), undefined);
  const waiting = ring.acquire();
  ring.finish(ring.take(0)!);
  ring.release((await ring.next())!);
  assert.equal(await waiting, 0);
});

Deno.test("acquire() gives undefined, when the signal aborts or the ring closes", async () => {
  const ring = FrameRing.allocate({ ...SHAPE, slots: 1 });
  publish(ring, 1);
  const abort = new AbortController();
  const waiting = ring.acquire(abort.signal);
  abort.abort();
  assert.equal(await waiting, undefined);
  const closing = ring.acquire();
  ring.close();
  assert.equal(await closing, undefined);
});

Deno.test("take() and next() drain what was published, after end()", async () => {
  const ring = FrameRing.allocate(SHAPE);
  publish(ring, 1);
  publish(ring, 2);
  ring.end();
  ring.finish(ring.take(0)!);
  ring.finish(ring.take(0)!);
  assert.equal(ring.take(0), undefined);
  const slots = [await ring.next(), await ring.next()];
  assert.deepEqual(slots.map((slot) => mark(ring, slot)), [1, 2]);
  assert.equal(await ring.next(), undefined);
});

Deno.test("take() and next() give undefined at once, after close()", async () => {
  const ring = FrameRing.allocate(SHAPE);
  publish(ring, 1);
  const waiting = ring.next();
  ring.close();
  assert.equal(ring.take(0), undefined);
  assert.equal(await waiting, undefined);
});

Deno.test("reclaimOldest() drops the oldest waiting frame and counts it, when workers lag", async () => {
  const ring = FrameRing.allocate(SHAPE);
  for (const each of [1, 2, 3]) publish(ring, each);
  const busy = ring.take(0)!;
  const slot = ring.reclaimOldest()!;
  assert.equal(mark(ring, slot), 2);
  assert.equal(ring.dropped, 1);
  ring.section(slot, 0)[0] = 4;
  ring.publish(slot);
  ring.finish(busy);
  ring.finish(ring.take(0)!);
  ring.finish(ring.take(0)!);
  const order = [];
  for (let i = 0; i < 3; i++) order.push(mark(ring, await ring.next()));
  assert.deepEqual(order, [1, 3, 4]);
});

Deno.test("reclaimOldest() gives undefined, when workers hold every frame", () => {
  const ring = FrameRing.allocate({ ...SHAPE, slots: 1 });
  publish(ring, 1);
  ring.take(0);
  assert.equal(ring.reclaimOldest(), undefined);
  assert.equal(ring.dropped, 0);
});

Deno.test("reclaim() requeues a dead worker's frame until it was tried often enough", () => {
  const ring = FrameRing.allocate(SHAPE);
  publish(ring, 1);
  publish(ring, 2);
  const lost = ring.take(0)!;
  const kept = ring.take(1)!;
  assert.deepEqual(ring.reclaim(0, 2), { requeued: [lost], exhausted: [] });
  assert.equal(ring.take(0), lost);
  assert.deepEqual(ring.reclaim(0, 2), { requeued: [], exhausted: [lost] });
  ring.finish(kept); // the other worker's slot was left alone
});

Deno.test("publish(), finish() and release() throw RangeError, on a slot they do not own", () => {
  const ring = FrameRing.allocate(SHAPE);
  assert.throws(() => ring.publish(0), RangeError);
  assert.throws(() => ring.finish(0), RangeError);
  assert.throws(() => ring.release(0), RangeError);
});

Deno.test("abandon() frees the slot, when nothing came", () => {
  const ring = FrameRing.allocate({ ...SHAPE, slots: 1 });
  ring.abandon(ring.tryAcquire()!);
  assert.equal(ring.tryAcquire(), 0);
});

Deno.test("tryAcquire() and then reclaimOldest() keep the newest frames, when nobody takes any", () => {
  const ring = FrameRing.allocate(SHAPE);
  for (const each of [1, 2, 3, 4, 5]) {
    const slot = (ring.tryAcquire() ?? ring.reclaimOldest())!;
    ring.section(slot, 0)[0] = each;
    ring.publish(slot);
  }
  assert.equal(ring.dropped, 2);
  assert.deepEqual([0, 1, 2].map((worker) => mark(ring, ring.tryTake(worker))), [3, 4, 5]);
  // Every slot is in a worker's hands: now it is the newest frame that has no room.
  assert.equal(ring.tryAcquire() ?? ring.reclaimOldest(), undefined);
});

Deno.test("next() gives the next frame, while the sink holds the one before", async () => {
  const ring = FrameRing.allocate({ ...SHAPE, slots: 2 });
  let held: number | undefined;
  for (const each of [1, 2, 3, 4]) {
    publish(ring, each);
    ring.finish(ring.tryTake(0)!);
    const slot = (await ring.next())!;
    assert.equal(mark(ring, slot), each);
    if (held !== undefined) {
      assert.equal(mark(ring, held), each - 1, "what is held is left alone");
      ring.release(held);
    }
    held = slot;
  }
  const waiting = ring.next();
  ring.end();
  assert.equal(await waiting, undefined);
});

Deno.test("slotsInUse counts the slots that are not free, whatever their state", async () => {
  const ring = FrameRing.allocate({ ...SHAPE, slots: 5 });
  const seen = [ring.slotsInUse];
  for (const each of [1, 2, 3, 4]) publish(ring, each);
  ring.tryAcquire();
  ring.finish(ring.tryTake(0)!);
  ring.finish(ring.tryTake(0)!);
  ring.tryTake(0);
  const slot = (await ring.next())!;
  seen.push(ring.slotsInUse); // one of each: sinking, done, busy, ready, filling
  ring.release(slot);
  seen.push(ring.slotsInUse);
  assert.deepEqual(seen, [0, 5, 4]);
});

Deno.test("tryTake() leaves a group to the worker that has its first frame", () => {
  const ring = FrameRing.allocate({ ...SHAPE, slots: 6 });
  for (const each of [0, 1, 2, 3, 4, 5]) publish(ring, each);
  const take = (worker: number) => {
    const slot = ring.tryTake(worker, 3);
    return slot === undefined ? undefined : [mark(ring, slot), ring.group(slot, 3)];
  };
  assert.deepEqual(take(0), [0, 0]);
  assert.deepEqual(take(1), [3, 1]);
  assert.deepEqual(take(1), [4, 1]);
  assert.equal(take(2), undefined);
  assert.deepEqual(take(0), [1, 0]);
  assert.deepEqual(take(0), [2, 0]);
  assert.equal(take(0), undefined);
  assert.deepEqual(take(1), [5, 1]);
});

Deno.test("tryTake() gives a group to whoever takes the first frame that is left of it", () => {
  const ring = FrameRing.allocate({ ...SHAPE, slots: 2 });
  for (const each of [0, 1]) publish(ring, each);
  ring.publish(ring.reclaimOldest()!); // frame 0 is dropped, frame 2 comes
  assert.equal(ring.group(ring.tryTake(1, 2)!, 2), 0);
  assert.equal(ring.group(ring.tryTake(0, 2)!, 2), 1);
});

Deno.test("reclaim() frees the groups of a dead worker, so that others go on with them", () => {
  const ring = FrameRing.allocate(SHAPE);
  for (const each of [0, 1, 2]) publish(ring, each);
  assert.equal(mark(ring, ring.tryTake(0, 3)), 0);
  assert.equal(ring.tryTake(1, 3), undefined);
  ring.reclaim(0, 2);
  assert.deepEqual([0, 1, 2].map(() => mark(ring, ring.tryTake(1, 3))), [0, 1, 2]);
});

Deno.test("discard() frees a frame that nobody can work on, and the sink goes on without it", async () => {
  const ring = FrameRing.allocate(SHAPE);
  for (const each of [1, 2]) publish(ring, each);
  const bad = ring.tryTake(0)!;
  ring.finish(ring.tryTake(1)!);
  const waiting = ring.next();
  ring.discard(bad);
  assert.equal(mark(ring, await waiting), 2);
  assert.equal(ring.slotsInUse, 1);
  assert.throws(() => ring.discard(bad), RangeError);
});

Deno.test("Bell.wait() returns at once, when it was rung since its epoch was read", () => {
  const bell = new Bell();
  const rings = [0, 1].map(() => FrameRing.allocate(SHAPE, bell));
  for (
    const happens of [
      () => publish(rings[1]!, 1),
      () => rings[0]!.end(),
      () => rings[1]!.close(),
      () => rings[0]!.reclaim(0, 2),
    ]
  ) {
    const { epoch } = bell;
    happens();
    bell.wait(epoch); // it would block this thread for ever
    assert.notEqual(bell.epoch, epoch);
  }
});
