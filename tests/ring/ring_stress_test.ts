import assert from "node:assert/strict";
import { FrameRing } from "../../src/ring/ring.ts";
import { canary, FIELD, random, spin } from "./stress_frames.ts";
import type { StressOrder } from "./stress_worker.ts";

const SHAPE = { slots: 5, headerFields: 2, sectionBytes: [4096] };

function startWorker(order: StressOrder): { worker: Worker; ended: Promise<unknown> } {
  const worker = new Worker(new URL("./stress_worker.ts", import.meta.url), { type: "module" });
  const { promise: ended, resolve, reject } = Promise.withResolvers<unknown>();
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  worker.postMessage(order);
  return { worker, ended };
}

function wordsOf(section: Uint8Array): Uint32Array {
  return new Uint32Array(section.buffer, section.byteOffset, section.byteLength / 4);
}

/**
 * Publishes `count` frames, and gives how many there were; with `dropping` it takes the oldest waiting
 * frame when none is free.
 */
async function produce(
  ring: FrameRing,
  options: { count: number | (() => number); seed: number; slowness: number; dropping: boolean },
): Promise<number> {
  const next = random(options.seed);
  const count = () => typeof options.count === "number" ? options.count : options.count();
  let index = 0;
  for (; index < count(); index++) {
    spin(next() % (options.slowness + 1));
    const quick = options.dropping ? ring.tryAcquire() ?? ring.reclaimOldest() : undefined;
    const slot = quick ?? await ring.acquire();
    if (slot === undefined) return index;
    ring.header(slot)[FIELD.index] = index;
    ring.header(slot)[FIELD.mark] = 0;
    const words = wordsOf(ring.section(slot, 0));
    for (let i = 0; i < words.length; i++) words[i] = canary(index, i);
    ring.publish(slot);
  }
  ring.end();
  return index;
}

/** Takes frames until the ring ends; returns their numbers. Checks that each was worked on. */
async function consume(
  ring: FrameRing,
  options: { seed: number; slowness: number; onFrame?: (index: number) => void },
): Promise<number[]> {
  const next = random(options.seed);
  const seen: number[] = [];
  for (;;) {
    const slot = await ring.next();
    if (slot === undefined) return seen;
    const header = ring.header(slot);
    const index = header[FIELD.index]!;
    assert.equal(header[FIELD.mark], -index, `frame ${index} was not worked on`);
    const words = wordsOf(ring.section(slot, 0));
    for (let i = 0; i < words.length; i++) {
      if (words[i] !== ~canary(index, i) >>> 0) assert.fail(`frame ${index} is torn at word ${i}`);
    }
    spin(next() % (options.slowness + 1));
    seen.push(index);
    ring.release(slot);
    options.onFrame?.(index);
  }
}

const SPEEDS = [
  { name: "all are fast", producer: 0, worker: 0, sink: 0 },
  { name: "the producer is slow", producer: 40_000, worker: 0, sink: 0 },
  { name: "the workers are slow", producer: 0, worker: 60_000, sink: 0 },
  { name: "the sink is slow", producer: 0, worker: 0, sink: 40_000 },
  { name: "all are uneven", producer: 20_000, worker: 40_000, sink: 20_000 },
];

for (const speed of SPEEDS) {
  for (const dropping of [false, true]) {
    const policy = dropping ? "drop-oldest" : "wait";
    Deno.test(`FrameRing loses, doubles and tears nothing (${policy}), when ${speed.name}`, async () => {
      const count = 1500;
      const ring = FrameRing.allocate(SHAPE);
      const workers = [0, 1, 2].map((worker) =>
        startWorker({ ring: ring.handle, worker, seed: 77 + worker, slowness: speed.worker })
      );
      const [, seen] = await Promise.all([
        produce(ring, { count, seed: 5, slowness: speed.producer, dropping }),
        consume(ring, { seed: 9, slowness: speed.sink }),
      ]);
      const results = await Promise.all(workers.map(({ ended }) => ended)) as {
        frames: number;
        torn: number;
      }[];
      for (const { worker } of workers) worker.terminate();
      assert.equal(seen.length + ring.dropped, count, "in = out + dropped");
      for (let i = 1; i < seen.length; i++) assert.ok(seen[i]! > seen[i - 1]!, "order");
      assert.equal(results.reduce((sum, result) => sum + result.torn, 0), 0, "torn words");
      assert.equal(results.reduce((sum, result) => sum + result.frames, 0), seen.length);
      if (!dropping) assert.equal(ring.dropped, 0);
    });
  }
}

Deno.test("FrameRing runs a dead worker's frame again, when another worker reclaims it", async () => {
  const ring = FrameRing.allocate(SHAPE);
  // A thread begins when the system lets it: frames come until it has died, and then some more.
  let count = Infinity;
  let last = 0;
  const mortal = startWorker({ ring: ring.handle, worker: 0, seed: 1, slowness: 0, dieAt: 20 });
  const other = startWorker({ ring: ring.handle, worker: 1, seed: 2, slowness: 0 });
  const replaced = mortal.ended.then((message) => {
    assert.equal(message, "died");
    mortal.worker.terminate();
    assert.equal(ring.reclaim(0, 2).requeued.length, 1);
    count = last + 200;
    return startWorker({ ring: ring.handle, worker: 0, seed: 3, slowness: 0 });
  });
  const [produced, seen] = await Promise.all([
    produce(ring, { count: () => count, seed: 5, slowness: 1000, dropping: false }),
    consume(ring, { seed: 9, slowness: 0, onFrame: (index) => last = index }),
  ]);
  assert.deepEqual(seen, Array.from({ length: produced }, (_, i) => i));
  await other.ended;
  other.worker.terminate();
  const successor = await replaced;
  await successor.ended;
  successor.worker.terminate();
});

Deno.test("close() lets every thread go at once, when called in the middle", async () => {
  const ring = FrameRing.allocate(SHAPE);
  const workers = [0, 1].map((worker) =>
    startWorker({ ring: ring.handle, worker, seed: worker, slowness: 2000 })
  );
  const producing = produce(ring, { count: 1e9, seed: 5, slowness: 100, dropping: false });
  const seen = await consume(ring, {
    seed: 9,
    slowness: 0,
    onFrame: (index) => index === 200 && ring.close(),
  });
  assert.deepEqual(seen, Array.from({ length: 201 }, (_, i) => i));
  assert.ok(await producing >= 201);
  await Promise.all(workers.map(({ ended }) => ended));
  for (const { worker } of workers) worker.terminate();
});
