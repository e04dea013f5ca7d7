import assert from "node:assert/strict";
import { WorkerError } from "../../src/errors.ts";
import { HEADER, HEADER_FIELDS } from "../../src/frame/timing.ts";
import { GAUGES } from "../../src/infer/messages.ts";
import { spawnWorkers, WorkerPool } from "../../src/infer/pool.ts";
import type { Network } from "../../src/model/network.ts";
import { FrameRing } from "../../src/ring/ring.ts";

const MODULE = new URL("./failing_worker.ts", import.meta.url);
const FRAMES = 20;

function startPool(behaviour: string): { pool: WorkerPool; ring: FrameRing } {
  const ring = FrameRing.allocate({ slots: 4, headerFields: HEADER_FIELDS, sectionBytes: [8] });
  const size = { width: 2, height: 2 };
  const network: Network = {
    name: behaviour,
    onnx: new Uint8Array(),
    inputSize: size,
    input: { kind: "i420", luma: "y", chroma: "uv" },
    output: { kind: "logits", name: "logits", grid: size, alignCorners: false },
    classes: [],
  };
  const pool = new WorkerPool(spawnWorkers(2, MODULE), {
    ring,
    network,
    segmenter: {
      source: size,
      colour: { matrix: "bt709", range: "limited" },
      provider: "cpu",
      threads: 1,
    },
    overlay: undefined,
    gauges: new SharedArrayBuffer(8 * GAUGES),
  }, MODULE);
  return { pool, ring };
}

async function produce(ring: FrameRing): Promise<void> {
  for (let index = 0; index < FRAMES; index++) {
    const slot = await ring.acquire();
    if (slot === undefined) return;
    ring.header(slot)[HEADER.index] = index;
    ring.section(slot, 0)[0] = 0;
    ring.publish(slot);
  }
  ring.end();
}

async function consume(ring: FrameRing): Promise<number[]> {
  const seen: number[] = [];
  for (;;) {
    const slot = await ring.next();
    if (slot === undefined) return seen;
    seen.push(ring.header(slot)[HEADER.index]!);
    ring.release(slot);
  }
}

for (const how of ["fail", "throw"]) {
  Deno.test(`WorkerPool replaces a worker and runs its frame again, when it ${how}s once`, async () => {
    const { pool, ring } = startPool(`${how} 7 once`);
    // A pool that gives up must fail the test, not leave it waiting for frames that never come.
    const running = Promise.all([produce(ring), consume(ring)]);
    const [, seen] = await Promise.race([running, pool.failure]);
    assert.deepEqual(seen, Array.from({ length: FRAMES }, (_, i) => i));
    await pool.drained();
    assert.equal(pool.replaced, 1);
    await pool.stop();
  });
}

Deno.test("WorkerPool.failure rejects with WorkerError, when a frame fails twice", async () => {
  const { pool, ring } = startPool("fail 7 always");
  const consuming = consume(ring);
  const producing = produce(ring);
  await assert.rejects(pool.failure, (error) => {
    assert.ok(error instanceof WorkerError);
    assert.equal(error.frame, 7);
    assert.match(error.message, /Cannot segment frame 7: it failed 2 times.*told to fail/);
    return true;
  });
  ring.close();
  await pool.stop();
  assert.deepEqual(await consuming, [0, 1, 2, 3, 4, 5, 6]);
  await producing;
});

Deno.test("WorkerPool.failure rejects with the worker's reason, when it cannot start", async () => {
  const { pool, ring } = startPool("refuse");
  await assert.rejects(pool.failure, /it was told to fail/);
  ring.close();
  await pool.stop();
});
