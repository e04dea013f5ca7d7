import assert from "node:assert/strict";
import { WorkerError } from "../../../src/errors.ts";
import { HEADER } from "../../../src/frame/timing.ts";
import { FrameRing } from "../../../src/ring/ring.ts";
import { COUNT } from "./failing_worker.ts";
import { COLOUR, consume, makeStream, produce, run, SIZE, startPool } from "./pool_streams.ts";

const FRAMES = 20;
const ALL = Array.from({ length: FRAMES }, (_, i) => i);

for (const how of ["fail", "throw"] as const) {
  Deno.test(`WorkerPool replaces a worker and runs its frame again, when it ${how}s once`, async () => {
    const reasons: string[] = [];
    const pool = startPool(2, { onReplaced: (reason) => reasons.push(reason) });
    const stream = makeStream(pool, { bad: { frame: 7, how } });
    pool.attach(stream);
    assert.deepEqual(await run(pool, stream.ring, FRAMES), ALL);
    assert.equal(pool.replaced, 1);
    assert.match(reasons.join(), /^(Error: )?it was told to (fail|throw)$/);
    await pool.stop();
  });
}

Deno.test("WorkerPool.failure rejects with WorkerError, when a frame fails twice", async () => {
  const pool = startPool(2);
  const { ring, ...stream } = makeStream(pool, { bad: { frame: 7, how: "fail" }, always: true });
  pool.attach({ ring, ...stream });
  const consuming = consume(ring, 7); // the other worker may still be at one of them
  const producing = produce(ring, 0, FRAMES);
  await assert.rejects(pool.failure, (error) => {
    assert.ok(error instanceof WorkerError);
    assert.equal(error.frame, 7);
    assert.match(error.message, /Cannot segment frame 7: it failed 2 times.*told to fail/);
    return true;
  });
  assert.deepEqual((await consuming).map((header) => header[HEADER.index]), ALL.slice(0, 7));
  const rest = consume(ring);
  ring.close();
  assert.deepEqual(await rest, [], "none is given beyond the one that failed");
  await pool.stop();
  await producing;
});

Deno.test("WorkerPool.failure and ready reject with the reason, when a worker cannot start", async () => {
  const pool = startPool(2);
  const stream = makeStream(pool, { refused: [1, 2] });
  const { ready } = pool.attach(stream);
  await assert.rejects(pool.failure, /told to refuse/);
  await assert.rejects(ready, /told to refuse/);
  await pool.stop();
});

Deno.test("WorkerPool.failure and ready reject with the reason, when an order cannot be sent", async () => {
  const pool = startPool(1);
  const stream = makeStream(pool);
  const cannotBeCloned = { ...stream.networks[0]!, metadata: () => {} };
  const { ready } = pool.attach({ ...stream, networks: [cannotBeCloned] });
  await assert.rejects(ready, /could not be cloned/);
  await assert.rejects(pool.failure, /could not be cloned/);
  await pool.stop();
});

Deno.test("WorkerPool drops a frame that fails twice and goes on, when it is live", async () => {
  const pool = startPool(2, { isLive: true });
  const lost: unknown[] = [];
  const stream = makeStream(pool, { bad: { frame: 7, how: "fail" }, always: true }, {
    onFrameLost: (frame, reason) => lost.push([frame, reason]),
  });
  pool.attach(stream);
  assert.deepEqual(await run(pool, stream.ring, FRAMES), ALL.filter((frame) => frame !== 7));
  await pool.stop(); // a worker's last word comes after all that it has to tell
  assert.deepEqual(lost, [[7, "it was told to fail"]]);
  assert.equal(pool.replaced, 0); // for one bad frame
});

Deno.test("WorkerPool drops a frame that kills two workers and goes on, when it is live", async () => {
  const { promise: bothReplaced, resolve } = Promise.withResolvers<void>();
  const onReplaced = () => pool.replaced === 2 && resolve();
  const pool = startPool(2, { isLive: true, onReplaced });
  const lost: number[] = [];
  const stream = makeStream(pool, { bad: { frame: 7, how: "throw" }, always: true }, {
    onFrameLost: (frame) => lost.push(frame),
  });
  pool.attach(stream);
  assert.deepEqual(await run(pool, stream.ring, FRAMES), ALL.filter((frame) => frame !== 7));
  assert.deepEqual(lost, [7]);
  await bothReplaced; // the second one later, if both times it was the same worker's turn
  await pool.stop();
});

Deno.test("A stream of which every frame fails costs the others no worker, when the pool is live", async () => {
  const pool = startPool(1, { isLive: true });
  const lost: number[] = [];
  const broken = makeStream(pool, { isBroken: true }, { onFrameLost: (frame) => lost.push(frame) });
  const good = makeStream(pool);
  await Promise.all([pool.attach(broken).ready, pool.attach(good).ready]);
  const [ofBroken, ofGood] = await Promise.all([
    run(pool, broken.ring, FRAMES),
    run(pool, good.ring, FRAMES),
  ]);
  assert.deepEqual(ofBroken, []);
  assert.deepEqual(ofGood, ALL);
  await pool.stop();
  assert.deepEqual(lost, ALL);
  assert.equal(pool.replaced, 0);
});

Deno.test("WorkerPool replaces a worker that can run no stream, when it is live", async () => {
  const { promise: reason, resolve } = Promise.withResolvers<string>();
  const pool = startPool(1, { isLive: true, onReplaced: resolve });
  const streams = [makeStream(pool, { isBroken: true }), makeStream(pool, { isBroken: true })];
  await Promise.all(streams.map((stream) => pool.attach(stream).ready));
  await Promise.all(streams.map(({ ring }) => produce(ring, 0, 2)));
  assert.equal(await reason, "it was told to fail");
  await pool.stop();
});

Deno.test("WorkerPool tries again, when it is live and a replacement cannot start", async () => {
  const reasons: string[] = [];
  const pool = startPool(1, { isLive: true, onReplaced: (reason) => reasons.push(reason) });
  // The first attempt is the worker's that dies, the second and third are its successors'.
  const stream = makeStream(pool, { bad: { frame: 7, how: "throw" }, refused: [2, 3] });
  pool.attach(stream);
  assert.deepEqual(await run(pool, stream.ring, FRAMES), ALL);
  assert.equal(reasons.length, 3);
  assert.match(reasons[0]!, /told to throw/);
  assert.match(reasons[1]!, /told to refuse attempt 2/);
  assert.match(reasons[2]!, /told to refuse attempt 3/);
  await pool.stop();
});

Deno.test("ready resolves when one worker serves the stream, and another takes the place of one that does not, when the pool is live", async () => {
  const { promise: reason, resolve } = Promise.withResolvers<string>();
  const pool = startPool(2, { isLive: true, onReplaced: resolve });
  const stream = makeStream(pool, { refused: [1] });
  await pool.attach(stream).ready;
  assert.equal(await reason, "it was told to refuse attempt 1");
  assert.deepEqual(await run(pool, stream.ring, FRAMES), ALL);
  await pool.stop();
});

Deno.test("WorkerPool refuses one stream and serves the others, when it is live", async () => {
  const pool = startPool(2, { isLive: true });
  const good = makeStream(pool);
  const bad = makeStream(pool, { refused: [1, 2] });
  const attached = pool.attach(good);
  await assert.rejects(pool.attach(bad).ready, /told to refuse/);
  await attached.ready;
  assert.deepEqual(await run(pool, good.ring, FRAMES), ALL);
  assert.equal(pool.replaced, 0);
  await pool.stop();
});

Deno.test("A fast stream does not starve a slow one: a worker takes their frames in turn", async () => {
  const pool = startPool(1);
  const fast = makeStream(pool, { gated: 0 }, { slots: 8 });
  const slow = makeStream(pool, {}, { slots: 8, gauges: fast.gauges });
  await Promise.all([pool.attach(fast).ready, pool.attach(slow).ready]);
  await produce(fast.ring, 0, 8); // the worker takes the first and stops at the gate
  await produce(slow.ring, 0, 3);
  Atomics.store(fast.counts, COUNT.gate, 1);
  Atomics.notify(fast.counts, COUNT.gate);
  const turnsOf = (headers: Float64Array[]) => headers.map((header) => header[HEADER.labelled]);
  const [ofFast, ofSlow] = await Promise.all([consume(fast.ring, 8), consume(slow.ring, 3)]);
  assert.deepEqual(turnsOf(ofSlow), [1, 3, 5]);
  assert.deepEqual(turnsOf(ofFast), [0, 2, 4, 6, 7, 8, 9, 10]);
  await pool.stop();
});

Deno.test("WorkerPool has one worker run all frames of a group", async () => {
  const pool = startPool(2);
  const stream = makeStream(pool, { bad: { frame: 10, how: "fail" } }, { every: 3, slots: 10 });
  await pool.attach(stream).ready;
  const producing = produce(stream.ring, 0, 30).then(() => stream.ring.end());
  const headers = await Promise.race([consume(stream.ring), pool.failure]);
  await producing;
  assert.deepEqual(headers.map((header) => header[HEADER.index]), [...Array(30).keys()]);
  for (let group = 0; group < 10; group++) {
    const workers = headers.slice(3 * group, 3 * group + 3).map((each) => each[HEADER.worker]);
    if (group === 3) continue; // its worker died in the middle: another one may have gone on
    assert.equal(new Set(workers).size, 1, `group ${group}: ${workers}`);
  }
  await pool.stop();
});

Deno.test("draw() reaches workers that wait for frames, and says when one refuses", async () => {
  const pool = startPool(2);
  const stream = makeStream(pool);
  const attached = pool.attach(stream);
  const look = { size: SIZE, colour: COLOUR };
  await attached.draw(look);
  assert.equal(stream.counts[COUNT.drawn], 2);
  await assert.rejects(attached.draw({ ...look, alpha: 7 }), (error) => {
    assert.ok(error instanceof RangeError);
    assert.match(error.message, /told to refuse/);
    return true;
  });
  assert.deepEqual(await run(pool, stream.ring, FRAMES), ALL);
  await pool.stop();
});

Deno.test("A worker that takes another's place draws as before, when drawings were refused", async () => {
  const pool = startPool(1);
  const stream = makeStream(pool, { bad: { frame: 7, how: "fail" } });
  const attached = pool.attach(stream);
  const look = { size: SIZE, colour: COLOUR };
  // Both are asked for before either is answered.
  const refused = [attached.draw({ ...look, alpha: 7 }), attached.draw({ ...look, alpha: 7 })];
  for (const drawn of refused) await assert.rejects(drawn, RangeError);
  assert.deepEqual(await run(pool, stream.ring, FRAMES), ALL);
  assert.equal(pool.replaced, 1);
  await pool.stop();
});

Deno.test("detach() frees what the workers hold, and the others go on", async () => {
  const pool = startPool(2);
  const [gone, stays] = [makeStream(pool), makeStream(pool)];
  const attached = pool.attach(gone);
  pool.attach(stays);
  assert.deepEqual(await run(pool, gone.ring, FRAMES), ALL);
  await attached.detach();
  assert.equal(gone.counts[COUNT.closed], 2);
  assert.deepEqual(await run(pool, stays.ring, FRAMES), ALL);
  const again = makeStream(pool);
  pool.attach(again);
  assert.deepEqual(await run(pool, again.ring, FRAMES), ALL);
  await pool.stop();
  assert.equal(stays.counts[COUNT.closed], 2);
});

Deno.test("stop() ends the workers with frames left in an open ring, and is safe twice", async () => {
  const pool = startPool(2);
  const stream = makeStream(pool);
  await pool.attach(stream).draw({ size: SIZE, colour: COLOUR }); // every worker has the stream
  await produce(stream.ring, 0, 3);
  await Promise.all([pool.stop(), pool.stop()]);
  assert.equal(stream.counts[COUNT.closed], 2);
  await produce(stream.ring, 3, 4);
  assert.equal(stream.ring.slotsInUse, 4);
});

Deno.test("attach() and level throw RangeError, on what cannot be", async () => {
  const pool = startPool(1);
  const stream = makeStream(pool);
  const { ring: { handle } } = stream;
  const foreign = FrameRing.allocate(handle.shape);
  for (
    const wrong of [{ ring: foreign }, { networks: [] }, { every: 0 }, { every: 1.5 }]
  ) {
    assert.throws(() => pool.attach({ ...stream, ...wrong }), RangeError);
  }
  const attached = pool.attach(stream);
  assert.equal(attached.level, 0);
  assert.throws(() => attached.level = 1, RangeError);
  await pool.stop();
});
