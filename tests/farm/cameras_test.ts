import assert from "node:assert/strict";
import { cancel } from "../../src/farm/cancel.ts";
import { CAMERA_LEASE_MS } from "../../src/farm/cameras.ts";
import { connectRedis, type Redis } from "../../src/farm/redis.ts";
import { submitCameras } from "../../src/farm/submit.ts";
import { type RunningCommand, startCommand } from "../testing/command.ts";
import { statusWhen } from "../testing/farm.ts";
import { redisPresence, startRedis } from "../testing/redis.ts";
import { REPOSITORY, repositoryPath } from "../testing/repository.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary.ts";

const presence = await redisPresence();

/** One line of what a camera wrote down. */
interface Note {
  readonly word: string;
  readonly atMs: number;
  readonly worker: string;
}

async function startCameraWorker(
  redisUrl: string,
  name: string,
  leaseMs: number,
): Promise<RunningCommand> {
  const program = repositoryPath("tests/farm/camera_worker.ts");
  const worker = startCommand(Deno.execPath(), [
    ...["run", "-q", "-P", program, redisUrl, name, String(leaseMs)],
  ], { cwd: REPOSITORY, env: { NO_COLOR: "1" } });
  await worker.stderrMatches(/ready/);
  return worker;
}

async function notesOf(folder: TemporaryDirectory, camera: string): Promise<Note[]> {
  const text = await Deno.readTextFile(folder.join(camera)).catch(() => "");
  return text.trim().split("\n").filter((line) => line !== "").map((line) => {
    const [word, atMs, worker] = line.split(" ") as [string, string, string];
    return { word, atMs: Number(atMs), worker };
  });
}

/** Waits until what a camera wrote down is as wanted. */
async function notesWhen(
  folder: TemporaryDirectory,
  camera: string,
  isWanted: (notes: readonly Note[]) => boolean,
): Promise<Note[]> {
  for (const end = performance.now() + 30_000;;) {
    const notes = await notesOf(folder, camera);
    if (isWanted(notes)) return notes;
    assert.ok(performance.now() < end, `${camera} stays as it is: ${JSON.stringify(notes.at(-1))}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function submit(redis: Redis, folder: TemporaryDirectory, names: readonly string[]) {
  return await submitCameras(
    redis,
    names.map((name) => ({ name, url: folder.join(name), segment: {} })),
  );
}

/** Milliseconds during which two workers had the camera at once. */
function overlapMs(notes: readonly Note[]): number {
  const lives = Map.groupBy(notes, ({ worker }) => worker).values()
    .map((own) => [own[0]!.atMs, own.at(-1)!.atMs] as const).toArray();
  let most = 0;
  for (const [index, [start, end]] of lives.entries()) {
    for (const [otherStart, otherEnd] of lives.slice(index + 1)) {
      most = Math.max(most, Math.min(end, otherEnd) - Math.max(start, otherStart));
    }
  }
  return most;
}

Deno.test({
  name: presence.name("cameras of a worker that is killed run on another within 10 s, each once"),
  ignore: presence.ignore,
  async fn() {
    await using server = await startRedis();
    await using folder = await temporaryDirectory();
    await using first = await startCameraWorker(server.url, "first", CAMERA_LEASE_MS);
    const redis = await connectRedis(server.url);
    try {
      await submit(redis, folder, ["gate", "yard"]);
      const both = ["gate", "yard"];
      for (const name of both) await notesWhen(folder, name, (notes) => notes.length > 3);
      await using _second = await startCameraWorker(server.url, "second", CAMERA_LEASE_MS);
      first.kill("SIGKILL");
      const killedAtMs = Date.now();
      for (const name of both) {
        const notes = await notesWhen(
          folder,
          name,
          (notes) => notes.filter(({ worker }) => worker === "second").length > 3,
        );
        const taken = notes.find(({ worker }) => worker === "second")!;
        assert.ok(taken.atMs - killedAtMs < 10_000, `${name}: ${taken.atMs - killedAtMs} ms`);
        assert.equal(notes.filter(({ word }) => word === "start").length, 2);
      }
    } finally {
      redis.disconnect();
    }
  },
});

Deno.test({
  name: presence.name("a camera does not run twice when its worker only seemed dead"),
  ignore: presence.ignore || Deno.build.os === "windows",
  async fn() {
    await using server = await startRedis();
    await using folder = await temporaryDirectory();
    await using first = await startCameraWorker(server.url, "first", 1000);
    const redis = await connectRedis(server.url);
    try {
      await submit(redis, folder, ["gate"]);
      await notesWhen(folder, "gate", (notes) => notes.length > 3);
      await using _second = await startCameraWorker(server.url, "second", 1000);
      first.kill("SIGSTOP");
      await notesWhen(folder, "gate", (notes) => notes.some(({ worker }) => worker === "second"));
      first.kill("SIGCONT");
      const notes = await notesWhen(
        folder,
        "gate",
        (notes) => notes.some(({ word, worker }) => word === "end" && worker === "first"),
      );
      // It wakes up into a lost lease: a beat that was due, and the end.
      const woken = notes.filter(({ worker }) => worker === "first").at(-1)!.atMs;
      const taken = notes.find(({ worker }) => worker === "second")!.atMs;
      const after = notes.filter(({ worker, atMs }) => worker === "first" && atMs > taken);
      assert.ok(after.length <= 3, JSON.stringify(after));
      assert.ok(woken >= taken);
    } finally {
      redis.disconnect();
    }
  },
});

Deno.test({
  name: presence.name(
    "a camera ends before its lease when Redis is away, and goes on when it is back",
  ),
  ignore: presence.ignore,
  async fn() {
    await using server = await startRedis();
    await using folder = await temporaryDirectory();
    await using _first = await startCameraWorker(server.url, "first", 1500);
    const redis = await connectRedis(server.url);
    await submit(redis, folder, ["gate"]);
    await notesWhen(folder, "gate", (notes) => notes.length > 3);
    redis.disconnect();
    // The append-only file is on disk every second.
    const begun = (await notesOf(folder, "gate"))[0]!.atMs;
    await notesWhen(folder, "gate", (notes) => notes.at(-1)!.atMs > begun + 1500);
    await server.kill();
    const killedAtMs = Date.now();
    const notes = await notesWhen(folder, "gate", (notes) => notes.at(-1)?.word === "end");
    assert.ok(notes.at(-1)!.atMs - killedAtMs <= 1500, "it ends within the lease");
    await server.restart();
    const again = await notesWhen(
      folder,
      "gate",
      (notes) => notes.filter(({ word }) => word === "start").length === 2,
    );
    assert.equal(overlapMs(again), 0);
  },
});

Deno.test({
  name: presence.name("a worker that is told to stop gives its camera back, and cancel() ends it"),
  ignore: presence.ignore || Deno.build.os === "windows",
  async fn() {
    await using server = await startRedis();
    await using folder = await temporaryDirectory();
    await using first = await startCameraWorker(server.url, "first", CAMERA_LEASE_MS);
    const redis = await connectRedis(server.url);
    try {
      const [submitted] = await submit(redis, folder, ["gate"]);
      const again = await submit(redis, folder, ["gate"]);
      assert.equal(again[0]!.state, "known");
      await notesWhen(folder, "gate", (notes) => notes.length > 3);
      await using _second = await startCameraWorker(server.url, "second", CAMERA_LEASE_MS);
      first.kill("SIGTERM");
      const stoppedAtMs = Date.now();
      assert.equal((await first.ended).code, 0);
      const notes = await notesWhen(
        folder,
        "gate",
        (notes) => notes.some(({ worker }) => worker === "second"),
      );
      const taken = notes.find(({ worker }) => worker === "second")!;
      // Nobody waits for a lease to run out.
      assert.ok(taken.atMs - stoppedAtMs < CAMERA_LEASE_MS, `${taken.atMs - stoppedAtMs} ms`);
      assert.equal(overlapMs(notes), 0);
      assert.equal(await cancel(redis, submitted!.id), "ending");
      await notesWhen(folder, "gate", (notes) => notes.at(-1)!.word === "end");
      await statusWhen(server.url, ({ cameras }) => cameras.length === 0);
    } finally {
      redis.disconnect();
    }
  },
});
