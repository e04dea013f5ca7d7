import assert from "node:assert/strict";
import { FrameRing } from "../../src/ring/ring.ts";
import { LiveFrames } from "../../src/watch/frames.ts";

function ringWithFrame(): { ring: FrameRing; publish(): number } {
  const ring = FrameRing.allocate({ slots: 4, headerFields: 1, sectionBytes: [16] });
  return {
    ring,
    publish() {
      const slot = ring.tryAcquire()!;
      ring.publish(slot);
      ring.finish(ring.take(0)!);
      return slot;
    },
  };
}

Deno.test("LiveFrames.next() holds the newest slot until the next has come", async () => {
  const { ring, publish } = ringWithFrame();
  const frames = new LiveFrames(ring, 40);
  const first = publish();
  assert.deepEqual(await frames.next(), { kind: "frame", slot: first });
  assert.equal(ring.slotsInUse, 1);
  const second = publish();
  assert.deepEqual(await frames.next(), { kind: "frame", slot: second });
  assert.equal(ring.slotsInUse, 1, "the first is free again");
  ring.end();
  assert.deepEqual(await frames.next(), { kind: "end" });
  assert.equal(ring.slotsInUse, 0);
});

Deno.test("LiveFrames.next() gives the last frame again after a silence, and frames when they come", async () => {
  const { ring, publish } = ringWithFrame();
  const frames = new LiveFrames(ring, 40);
  const slot = publish();
  await frames.next();
  assert.deepEqual(await frames.next(), { kind: "held", slot });
  assert.deepEqual(await frames.next(), { kind: "held", slot });
  const next = publish();
  assert.deepEqual(await frames.next(), { kind: "frame", slot: next });
  ring.close();
});

Deno.test("LiveFrames.next() does not call a slow camera silent before three of its frames", async () => {
  const { ring, publish } = ringWithFrame();
  const frames = new LiveFrames(ring, 1000); // silent after 3 s
  publish();
  await frames.next();
  const timer = setTimeout(publish, 1500);
  assert.equal((await frames.next()).kind, "frame");
  clearTimeout(timer);
  ring.close();
});
