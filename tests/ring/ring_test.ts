import assert from "node:assert/strict";
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
