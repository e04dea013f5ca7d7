/** What is left of a run when workers and Redis die under it: all of it, once. */
import assert from "node:assert/strict";
import type { RunningCommand } from "../testing/command.ts";
import { allEnded, isReady, startWorker, statusWhen } from "../testing/farm.ts";
import { ffmpeg, makeClip } from "../testing/media.ts";
import { redisPresence, startRedis } from "../testing/redis.ts";
import { runSegstream } from "../testing/segstream.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary.ts";

const presence = await redisPresence();

const SMALL = ["--resolution", "64x32", "--precision", "fp32"];

const FRAMES_A_PART = 3;

/** How long a run may take here, where other tests run beside it. */
const PATIENCE_MS = 300_000;

/** Workers that are killed through the longest run, each time when as many parts more are done. */
const KILLS = 8;

/** A clip with so many keyframes, one a second. */
async function makeLongClip(path: string, parts: number): Promise<void> {
  const args = ["-c:v", "libx264", "-preset", "ultrafast", "-g", String(FRAMES_A_PART)];
  await makeClip(path, { size: "64x48", rate: FRAMES_A_PART, frames: parts * FRAMES_A_PART, args });
}

async function submit(redisUrl: string, clip: string, out: string): Promise<void> {
  const args = ["--out", out, "--masks", "--chunk", "1s", "--redis", redisUrl, ...SMALL];
  const result = await runSegstream(["farm", "submit", clip, ...args]);
  assert.equal(result.code, 0, result.stderr);
}

/** Resolves once so many parts of the only file are done. */
async function partsDone(redisUrl: string, count: number): Promise<void> {
  await statusWhen(redisUrl, ({ files }) => (files[0]?.parts?.done ?? 0) >= count, PATIENCE_MS);
}

/** Holds that a farm's output is that of one machine that was left in peace. */
async function checkOutput(folder: TemporaryDirectory, clip: string, parts: number) {
  const out = folder.join("out");
  const names = [...Deno.readDirSync(out)].map(({ name }) => name).toSorted();
  assert.deepEqual(names, ["long.segmented.masks.mkv", "long.segmented.mp4"]);
  const alone = folder.join("alone.mp4");
  const maps = folder.join("alone.mkv");
  const run = await runSegstream([
    ...[clip, "-o", alone, "--masks", maps, ...SMALL, "--provider", "cpu", "--quiet"],
  ]);
  assert.equal(run.code, 0, run.stderr);
  const hashes = await frames(`${out}/long.segmented.masks.mkv`);
  assert.equal(hashes.length, parts * FRAMES_A_PART);
  assert.deepEqual(hashes, await frames(maps));
  const times = (await frames(`${out}/long.segmented.mp4`)).map((line) => line.split(",")[2]);
  assert.deepEqual(times, (await frames(alone)).map((line) => line.split(",")[2]));
}

/** Stream, times, duration, size and hash of each frame. */
async function frames(path: string): Promise<string[]> {
  const out = ["-map", "0:v", "-vsync", "passthrough", "-f", "framemd5", "-"];
  const text = new TextDecoder().decode(await ffmpeg(["-copyts", "-i", path, ...out]));
  return text.split("\n").filter((line) => /^\d/.test(line));
}

/** A small generator of numbers below a bound, the same on every run (Numerical Recipes' LCG). */
function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

Deno.test({
  name: presence.name(
    "workers are killed again and again through 200 parts: nothing lost or doubled",
  ),
  ignore: presence.ignore,
  async fn() {
    const parts = 200;
    await using redis = await startRedis();
    await using folder = await temporaryDirectory();
    const clip = folder.join("long.mp4");
    await makeLongClip(clip, parts);
    const workers: RunningCommand[] = [];
    const start = async (index: number) => {
      workers[index] = startWorker({ redis: redis.url });
      await isReady(workers[index]);
    };
    const random = seeded(8);
    try {
      await Promise.all([0, 1, 2].map(start));
      await submit(redis.url, clip, folder.join("out"));
      for (let kill = 1; kill <= KILLS; kill++) {
        await partsDone(redis.url, kill * parts / (KILLS + 1));
        const index = random(workers.length);
        workers[index]!.kill("SIGKILL");
        await start(index);
      }
      const [file] = await allEnded(redis.url, PATIENCE_MS);
      assert.equal(file!.state, "done", `${file!.reason}`);
      assert.deepEqual(file!.parts, { done: parts, all: parts });
      assert.equal(file!.frames, parts * FRAMES_A_PART);
    } finally {
      for (const worker of workers) await worker[Symbol.asyncDispose]();
    }
    await checkOutput(folder, clip, parts);
  },
});

Deno.test({
  name: presence.name(
    "Redis is killed in the middle and started again with its file: the run finishes",
  ),
  ignore: presence.ignore,
  async fn() {
    const parts = 40;
    await using redis = await startRedis();
    await using folder = await temporaryDirectory();
    const clip = folder.join("long.mp4");
    await makeLongClip(clip, parts);
    await using _a = startWorker({ redis: redis.url });
    await using _b = startWorker({ redis: redis.url });
    await submit(redis.url, clip, folder.join("out"));
    await partsDone(redis.url, parts / 4);
    await redis.kill();
    await redis.restart();
    const [file] = await allEnded(redis.url, PATIENCE_MS);
    assert.equal(file!.state, "done", `${file!.reason}`);
    assert.deepEqual(file!.parts, { done: parts, all: parts });
    await checkOutput(folder, clip, parts);
  },
});

Deno.test({
  name: presence.name("all workers are gone for a while: Redis alone knows where to go on"),
  ignore: presence.ignore,
  async fn() {
    const parts = 20;
    await using redis = await startRedis();
    await using folder = await temporaryDirectory();
    const clip = folder.join("long.mp4");
    await makeLongClip(clip, parts);
    await submit(redis.url, clip, folder.join("out"));
    {
      await using worker = startWorker({ redis: redis.url });
      await partsDone(redis.url, parts / 4);
      worker.kill("SIGKILL");
    }
    await redis.kill();
    await redis.restart();
    await using _next = startWorker({ redis: redis.url });
    const [file] = await allEnded(redis.url, PATIENCE_MS);
    assert.equal(file!.state, "done", `${file!.reason}`);
    await checkOutput(folder, clip, parts);
  },
});
