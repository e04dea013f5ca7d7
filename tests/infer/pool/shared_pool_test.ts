/** The pool with its real worker, real networks and several streams. */
import assert from "node:assert/strict";
import { HEADER, HEADER_FIELDS } from "../../../src/frame/timing.ts";
import { GAUGES } from "../../../src/infer/pool/messages.ts";
import { type PoolStream, WorkerPool } from "../../../src/infer/pool/pool.ts";
import { spawnWorkers } from "../../../src/infer/pool/threads.ts";
import type { Network } from "../../../src/model/network.ts";
import { FrameRing } from "../../../src/ring/ring.ts";
import { SECTION } from "../../../src/ring/sections.ts";
import { COLOUR, fillFrame, tinyNetworks } from "../tiny_networks.ts";

const SIZES = [{ width: 64, height: 32 }, { width: 96, height: 48 }] as const;

function makeStream(
  pool: WorkerPool,
  networks: readonly Network[],
  source: typeof SIZES[number],
): PoolStream {
  const pixels = source.width * source.height;
  const shape = {
    slots: 4,
    headerFields: HEADER_FIELDS,
    sectionBytes: [pixels * 3 / 2, pixels, 0, 0],
  };
  return {
    ring: FrameRing.allocate(shape, pool.bell),
    networks,
    segmenter: { source, colour: COLOUR, provider: "cpu", threads: 1 },
    overlay: undefined,
    gauges: new SharedArrayBuffer(8 * GAUGES),
  };
}

/** Sends frames of these colours through; gives the class that each was labelled. */
async function run(
  pool: WorkerPool,
  { ring, segmenter }: PoolStream,
  colours: readonly number[],
): Promise<number[]> {
  const produce = async () => {
    for (const [index, colour] of colours.entries()) {
      const slot = (await ring.acquire())!;
      ring.header(slot)[HEADER.index] = index;
      ring.section(slot, SECTION.pixels).set(fillFrame(segmenter.source, colour));
      ring.publish(slot);
    }
  };
  const consume = async () => {
    const labels: number[] = [];
    while (labels.length < colours.length) {
      const slot = (await ring.next())!;
      const seen = new Set(ring.section(slot, SECTION.labels));
      labels.push(seen.size === 1 ? [...seen][0]! : -1);
      ring.release(slot);
    }
    return labels;
  };
  // A pool that gives up must fail the test, not leave it waiting for frames that never come.
  const [, labels] = await Promise.race([Promise.all([produce(), consume()]), pool.failure]);
  return labels;
}

const COLOURS = Array.from({ length: 30 }, (_, i) => [0, 1, 2, 1, 1, 0][i % 6]!);

Deno.test("WorkerPool serves streams of several sizes at once, at every level, as they come and go", async () => {
  const networks = await tinyNetworks(64, 32);
  const pool = new WorkerPool(spawnWorkers(2));
  const streams = SIZES.map((size) => makeStream(pool, networks, size));
  const attached = streams.map((stream) => pool.attach(stream));
  const runAll = () => Promise.all(streams.map((stream) => run(pool, stream, COLOURS)));
  assert.deepEqual(await runAll(), [COLOURS, COLOURS]);
  attached[0]!.level = 1;
  assert.equal(attached[0]!.level, 1);
  assert.deepEqual(await runAll(), [COLOURS, COLOURS]);
  streams[1]!.ring.end();
  await attached[1]!.detach();
  assert.deepEqual(await run(pool, streams[0]!, COLOURS), COLOURS);
  const again = makeStream(pool, networks, SIZES[1]);
  await pool.attach(again).ready;
  assert.deepEqual(await run(pool, again, COLOURS), COLOURS);
  assert.equal(pool.replaced, 0);
  await pool.stop();
});

Deno.test("ready rejects and the pool serves other streams, when a network cannot be loaded", async () => {
  const [network] = await tinyNetworks(64) as [Network];
  const pool = new WorkerPool(spawnWorkers(1), { isLive: true });
  const broken = { ...network, onnx: network.onnx.slice(0, 100) };
  const stream = makeStream(pool, [broken], SIZES[0]);
  await assert.rejects(pool.attach(stream).ready, { name: "ModelError" });
  const good = makeStream(pool, [network], SIZES[0]);
  await pool.attach(good).ready;
  assert.deepEqual(await run(pool, good, COLOURS), COLOURS);
  await pool.stop();
});
