import assert from "node:assert/strict";
import fc from "fast-check";
import { HEADER, HEADER_FIELDS } from "../../../src/frame/timing.ts";
import { FrameRing } from "../../../src/ring/ring.ts";
import { SECTION } from "../../../src/ring/sections.ts";
import { type ArrivingFrame, type DropPolicy, Intake } from "../../../src/source/live/intake.ts";
import type { LiveSlotFiller } from "../../../src/source/source.ts";

const FOREVER = new AbortController().signal;
const BYTES = 6;

function allocate(slots = 3): FrameRing {
  return FrameRing.allocate({ slots, headerFields: HEADER_FIELDS, sectionBytes: [BYTES] });
}

/** A frame whose pixels are its number. */
function frame(number: number, isWhole = true): ArrivingFrame {
  return {
    arrivalMs: number,
    byteLength: BYTES,
    read: (pixels) => {
      pixels.fill(number);
      return Promise.resolve(isWhole);
    },
    skip: () => Promise.resolve(isWhole),
  };
}

/** Takes and shows what is in the ring: [index, pixel] of each frame, the oldest first. */
async function empty(ring: FrameRing): Promise<[index: number, pixel: number][]> {
  const shown: [number, number][] = [];
  for (let slot; (slot = ring.tryTake(0)) !== undefined;) {
    shown.push([ring.header(slot)[HEADER.index]!, ring.section(slot, SECTION.pixels)[BYTES - 1]!]);
    ring.finish(slot);
    ring.release((await ring.next())!);
  }
  return shown;
}

Deno.test("Intake keeps the newest frames and counts the others, when nobody empties the ring", async () => {
  const ring = allocate();
  const intake = new Intake(ring, "oldest");
  for (let n = 0; n < 100; n++) assert.ok(await intake.take(frame(n), 0, FOREVER));
  assert.equal(intake.framesIn, 100);
  assert.deepEqual(intake.dropped, { oldest: 97, newest: 0 });
  assert.deepEqual(await empty(ring), [[97, 97], [98, 98], [99, 99]]);
});

Deno.test("Intake keeps the oldest frames and counts the others, by `newest`", async () => {
  const ring = allocate();
  const intake = new Intake(ring, "newest");
  for (let n = 0; n < 100; n++) assert.ok(await intake.take(frame(n), 0, FOREVER));
  assert.equal(intake.framesIn, 100);
  assert.deepEqual(intake.dropped, { oldest: 0, newest: 97 });
  assert.deepEqual(await empty(ring), [[0, 0], [1, 1], [2, 2]]);
});

Deno.test("Intake drops the frame that comes, when every other is being worked on", async () => {
  const ring = allocate();
  const intake = new Intake(ring, "oldest");
  for (let n = 0; n < 3; n++) await intake.take(frame(n), 0, FOREVER);
  const busy = [ring.tryTake(0), ring.tryTake(1)];
  assert.ok(!busy.includes(undefined));
  await intake.take(frame(3), 0, FOREVER); // frame 2 gives way
  assert.ok(ring.tryTake(2) !== undefined);
  await intake.take(frame(4), 0, FOREVER); // none can
  assert.deepEqual(intake.dropped, { oldest: 1, newest: 1 });
  assert.equal(intake.framesIn, 5);
});

Deno.test("Intake keeps the frame that comes, when workers and sink empty the ring meanwhile", async () => {
  const ring = allocate();
  const intake = new Intake(hurried(ring), "oldest");
  for (let n = 0; n < 3; n++) await intake.take(frame(n), 0, FOREVER);
  assert.ok(await intake.take(frame(3), 0, FOREVER));
  assert.deepEqual(intake.dropped, { oldest: 0, newest: 0 });
  assert.deepEqual(await empty(ring), [[3, 3]]);
});

/** A ring of which every frame is worked on and shown between a look for a slot and the next. */
function hurried(ring: FrameRing): LiveSlotFiller {
  return {
    acquire: (signal) => ring.acquire(signal),
    tryAcquire: () => ring.tryAcquire(),
    reclaimOldest() {
      for (let slot = ring.tryTake(0); slot !== undefined; slot = ring.tryTake(0)) {
        ring.discard(slot);
      }
      return ring.reclaimOldest();
    },
    publish: (slot) => ring.publish(slot),
    abandon: (slot) => ring.abandon(slot),
    header: (slot) => ring.header(slot),
    section: (slot, section) => ring.section(slot, section),
  };
}

Deno.test("Intake waits for a slot, by `wait`, until the signal aborts", async () => {
  const ring = allocate();
  const intake = new Intake(ring, "wait");
  for (let n = 0; n < 3; n++) await intake.take(frame(n), 0, FOREVER);
  const waiting = intake.take(frame(3), 0, FOREVER);
  assert.deepEqual(await empty(ring), [[0, 0], [1, 1], [2, 2]]);
  assert.ok(await waiting);
  const abort = new AbortController();
  await intake.take(frame(4), 0, FOREVER);
  await intake.take(frame(5), 0, FOREVER);
  const inVain = intake.take(frame(6), 0, abort.signal);
  abort.abort();
  assert.equal(await inVain, false);
  assert.ok(intake.isClosed);
  assert.equal(intake.framesIn, 6, "frame 6 was not read");
  assert.deepEqual(intake.dropped, { oldest: 0, newest: 0 });
});

Deno.test("Intake counts no frame of which only a part came, and gives its slot back", async () => {
  const ring = allocate();
  const intake = new Intake(ring, "oldest");
  assert.equal(await intake.take(frame(0, false), 0, FOREVER), false);
  const broken = { ...frame(0), read: () => Promise.reject(new Error("no")) };
  await assert.rejects(() => intake.take(broken, 0, FOREVER));
  assert.equal(intake.framesIn, 0);
  for (let n = 0; n < 3; n++) await intake.take(frame(n), 0, FOREVER);
  assert.equal((await empty(ring)).length, 3);
});

Deno.test("Intake loses no frame from its count, whatever workers and sink do meanwhile", async () => {
  const step = fc.constantFrom("frame", "half", "take", "finish", "show");
  const policy = fc.constantFrom<DropPolicy>("oldest", "newest");
  await fc.assert(
    fc.asyncProperty(policy, fc.array(step, { maxLength: 200 }), async (by, given) => {
      const ring = allocate();
      const intake = new Intake(ring, by);
      const busy: number[] = [];
      let [whole, shown, done] = [0, 0, 0];
      for (const each of given) {
        if (each === "frame" && await intake.take(frame(whole), 0, FOREVER)) whole++;
        if (each === "half") await intake.take(frame(whole, false), 0, FOREVER);
        if (each === "take") {
          const slot = ring.tryTake(0);
          if (slot !== undefined) busy.push(slot);
        }
        if (each === "finish" && busy.length > 0) {
          ring.finish(busy.shift()!);
          done++;
        }
        if (each === "show" && shown < done) {
          ring.release((await ring.next())!);
          shown++;
        }
      }
      const waiting = (() => {
        let count = 0;
        while (ring.tryTake(1) !== undefined) count++;
        return count;
      })();
      const { oldest, newest } = intake.dropped;
      assert.equal(intake.framesIn, whole);
      assert.equal(ring.dropped, oldest);
      assert.equal(whole, done + busy.length + waiting + oldest + newest);
    }),
  );
});
