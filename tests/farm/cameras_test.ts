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

/** Starts a worker; it writes down its own beats in a file of its name. */
async function startCameraWorker(
  redisUrl: string,
  folder: TemporaryDirectory,
  name: string,
  leaseMs = CAMERA_LEASE_MS,
): Promise<RunningCommand> {
  const program = repositoryPath("tests/farm/camera_worker.ts");
  const worker = startCommand(Deno.execPath(), [
    ...["run", "-q", "-P", program, redisUrl, name, String(leaseMs), folder.join(name)],
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

/** How long a wait for a camera may last here, where other tests run beside it. */
const PATIENCE_MS = 120_000;

/** Waits until what a camera wrote down is as wanted. */
async function notesWhen(
  folder: TemporaryDirectory,
  camera: string,
  isWanted: (notes: readonly Note[]) => boolean,
): Promise<Note[]> {
  for (const end = performance.now() + PATIENCE_MS;;) {
    const notes = await notesOf(folder, camera);
    if (isWanted(notes)) return notes;
    assert.ok(performance.now() < end, `${camera} stays as it is: ${JSON.stringify(notes.at(-1))}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Whether that worker has the camera and shows it. */
function isWatchedBy(worker: string): (notes: readonly Note[]) => boolean {
  return (notes) => {
    const own = notes.slice(notes.findLastIndex(({ word }) => word === "start"));
    return own.length > 3 && own.every((note) => note.worker === worker && note.word !== "end");
  };
}

async function submit(redis: Redis, folder: TemporaryDirectory, names: readonly string[]) {
  return await submitCameras(
    redis,
    names.map((name) => ({ name, url: folder.join(name), segment: {} })),
  );
}

/** A camera's time with a worker: from a start to its end, or as far as it wrote anything down. */
function livesIn(notes: readonly Note[]): readonly (readonly Note[])[] {
  const lives: Note[][] = [];
  for (const note of notes) {
    if (note.word === "start") lives.push([note]);
    else lives.findLast(([start]) => start!.worker === note.worker)!.push(note);
  }
  return lives;
}

/**
 * What a camera wrote down while another worker had it already. A process that was stopped finds out
 * when it runs again: what was due then, a beat and its end, comes late.
 */
function lateNotes(notes: readonly Note[]): readonly Note[] {
  return livesIn(notes).flatMap((life, index, lives) => {
    const next = lives[index + 1]?.[0];
    return next === undefined ? [] : life.filter(({ atMs }) => atMs > next.atMs);
  });
}

const MOST_LATE = 2;

/** Until a camera runs on another worker, when its own is killed: the goal of the project. */
const TAKEN_WITHIN_MS = 10_000;

/** Between two beats of a worker: tests/farm/camera_worker.ts. */
const BEAT_MS = 50;

Deno.test({
  name: presence.name("cameras of a worker that is killed run on another within 10 s, each once"),
  ignore: presence.ignore,
  async fn() {
    await using server = await startRedis();
    await using folder = await temporaryDirectory();
    await using first = await startCameraWorker(server.url, folder, "first");
    const redis = await connectRedis(server.url);
    try {
      const both = ["gate", "yard"];
      await submit(redis, folder, both);
      for (const name of both) await notesWhen(folder, name, isWatchedBy("first"));
      await using _second = await startCameraWorker(server.url, folder, "second");
      for (const name of both) await notesWhen(folder, name, isWatchedBy("first"));
      first.kill("SIGKILL");
      const killedAtMs = Date.now();
      for (const name of both) {
        const notes = await notesWhen(folder, name, isWatchedBy("second"));
        const takenAtMs = notes.find(({ worker }) => worker === "second")!.atMs;
        // By its own beats: a machine that stands still for a while makes none. A lease and two
        // checks are 7.5 s of them; with BullMQ's own interval between checks it could be 35.
        const beats = (await notesOf(folder, "second"))
          .filter(({ atMs }) => atMs > killedAtMs && atMs < takenAtMs).length;
        assert.ok(beats * BEAT_MS < TAKEN_WITHIN_MS, `${name}: ${beats} beats`);
        assert.deepEqual(livesIn(notes).map(([start]) => start!.worker), ["first", "second"]);
        assert.deepEqual(lateNotes(notes), []);
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
    await using first = await startCameraWorker(server.url, folder, "first");
    const redis = await connectRedis(server.url);
    try {
      await submit(redis, folder, ["gate"]);
      await using _second = await startCameraWorker(server.url, folder, "second");
      await notesWhen(folder, "gate", isWatchedBy("first"));
      first.kill("SIGSTOP");
      await notesWhen(folder, "gate", isWatchedBy("second"));
      first.kill("SIGCONT");
      const notes = await notesWhen(
        folder,
        "gate",
        (notes) => notes.some(({ word, worker }) => word === "end" && worker === "first"),
      );
      const late = lateNotes(notes);
      assert.equal(late.at(-1)?.word, "end");
      assert.ok(late.length <= MOST_LATE, JSON.stringify(late));
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
    await using _first = await startCameraWorker(server.url, folder, "first");
    const redis = await connectRedis(server.url);
    await submit(redis, folder, ["gate"]);
    await notesWhen(folder, "gate", isWatchedBy("first"));
    // What was answered waits for a disk that is busy: this says how much of it does.
    while (!/^aof_buffer_length:0\r$/m.test(await redis.info("persistence")));
    redis.disconnect();
    await server.kill();
    const killedAtMs = Date.now();
    const notes = await notesWhen(folder, "gate", (notes) => notes.at(-1)?.word === "end");
    // From then on another could have it: what was due while the machine stood still comes late.
    const late = notes.filter(({ atMs }) => atMs > killedAtMs + CAMERA_LEASE_MS);
    assert.ok(late.length <= MOST_LATE, JSON.stringify(late));
    await server.restart();
    const again = await notesWhen(
      folder,
      "gate",
      (now) => isWatchedBy("first")(now) && livesIn(now).length > livesIn(notes).length,
    );
    for (const life of livesIn(again).slice(0, -1)) assert.equal(life.at(-1)!.word, "end");
    assert.deepEqual(lateNotes(again), []);
  },
});

/** Longer than any test waits: whoever has a camera after that did not wait for it. */
const LONG_LEASE_MS = 10 * PATIENCE_MS;

Deno.test({
  name: presence.name("a worker that is told to stop gives its camera back, and cancel() ends it"),
  ignore: presence.ignore || Deno.build.os === "windows",
  async fn() {
    await using server = await startRedis();
    await using folder = await temporaryDirectory();
    await using first = await startCameraWorker(server.url, folder, "first", LONG_LEASE_MS);
    const redis = await connectRedis(server.url);
    try {
      const [submitted] = await submit(redis, folder, ["gate"]);
      const again = await submit(redis, folder, ["gate"]);
      assert.equal(again[0]!.state, "known");
      await notesWhen(folder, "gate", isWatchedBy("first"));
      await using _second = await startCameraWorker(server.url, folder, "second", LONG_LEASE_MS);
      first.kill("SIGTERM");
      assert.equal((await first.ended).code, 0);
      const notes = await notesWhen(folder, "gate", isWatchedBy("second"));
      assert.deepEqual(livesIn(notes).map(([start]) => start!.worker), ["first", "second"]);
      assert.equal(livesIn(notes)[0]!.at(-1)!.word, "end");
      assert.deepEqual(lateNotes(notes), []);
      assert.equal(await cancel(redis, submitted!.id), "ending");
      await notesWhen(folder, "gate", (notes) => notes.at(-1)!.word === "end");
      await statusWhen(server.url, ({ cameras }) => cameras.length === 0, PATIENCE_MS);
    } finally {
      redis.disconnect();
    }
  },
});
