/** The farm as a user runs it: a real Redis, workers as processes of their own, real files. */
import assert from "node:assert/strict";
import { findFfprobe } from "../../src/ffmpeg/binary.ts";
import { cancel } from "../../src/farm/cancel.ts";
import { connectRedis } from "../../src/farm/redis.ts";
import { allEnded, isReady, startWorker, statusWhen } from "../testing/farm.ts";
import { runCommand } from "../testing/command.ts";
import { ffmpeg, makeClip, probeFile } from "../testing/media.ts";
import { redisPresence, startRedis, type TestRedis } from "../testing/redis.ts";
import { S3_LOGIN, startS3 } from "../testing/s3_server.ts";
import { runSegstream } from "../testing/segstream.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary.ts";
import { holdEncoder } from "./encoders.ts";

const presence = await redisPresence();

const SMALL = ["--resolution", "128x96", "--precision", "fp32"];

const CLIP = { size: "96x64", rate: 25, frames: 100 };

/** A keyframe each second, and frames out of order in between. */
const X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-bf", "2"];

/** Longer than any test: nobody gets what another has because that one was slow. */
const LONG_LEASE = ["--lease", "3600"];

/** How long a run may take here, where other tests run beside it. */
const PATIENCE_MS = 240_000;

async function submit(
  redis: TestRedis,
  folder: TemporaryDirectory,
  inputs: readonly string[],
  args: readonly string[] = [],
): Promise<string> {
  const out = ["--out", folder.join("out"), "--redis", redis.url, "--attempts", "2"];
  const result = await runSegstream(["farm", "submit", ...inputs, ...out, ...SMALL, ...args]);
  assert.equal(result.code, 0, result.stderr);
  return new TextDecoder().decode(result.stdout);
}

/** Each packet's stream, times and duration; what players go by. */
async function packetTimes(path: string): Promise<string[]> {
  const result = await runCommand(await findFfprobe(), [
    ...["-v", "error", "-of", "csv=p=0"],
    ...["-show_entries", "packet=stream_index,pts,dts,duration", path],
  ]);
  assert.equal(result.code, 0, result.stderr);
  return new TextDecoder().decode(result.stdout).trim().split("\n");
}

/** Time and content of each frame. */
async function frameHashes(path: string): Promise<string[]> {
  const out = ["-map", "0:v", "-vsync", "passthrough", "-f", "framemd5", "-"];
  const text = new TextDecoder().decode(await ffmpeg(["-copyts", "-i", path, ...out]));
  return text.split("\n").filter((line) => /^\d/.test(line));
}

Deno.test({
  name: presence.name(
    "a file cut into parts comes out as from one machine: frames, times, sound, maps",
  ),
  ignore: presence.ignore,
  async fn() {
    await using redis = await startRedis();
    await using folder = await temporaryDirectory();
    const clip = folder.join("drive.mp4");
    await makeClip(clip, { ...CLIP, audio: true, args: X264 });
    await using _a = startWorker({ redis: redis.url, args: LONG_LEASE });
    await using _b = startWorker({ redis: redis.url, args: LONG_LEASE });
    await submit(redis, folder, [clip], ["--chunk", "1s", "--masks"]);
    const [file] = await allEnded(redis.url, PATIENCE_MS);
    assert.equal(file!.state, "done", `${file!.reason}`);
    assert.deepEqual(file!.parts, { done: 4, all: 4 });
    assert.equal(file!.frames, CLIP.frames);
    const alone = folder.join("alone.mp4");
    const maps = folder.join("alone.masks.mkv");
    const single = await runSegstream([
      ...[clip, "-o", alone, "--masks", maps, ...SMALL, "--provider", "cpu", "--quiet"],
    ]);
    assert.equal(single.code, 0, single.stderr);
    const joined = folder.join("out", "drive.segmented.mp4");
    const [video, sound] = (await probeFile(joined)).streams;
    assert.equal(video!.nb_read_frames, String(CLIP.frames));
    assert.equal(sound!.codec_name, "aac");
    assert.deepEqual(await packetTimes(joined), await packetTimes(alone));
    const joinedMaps = folder.join("out", "drive.segmented.masks.mkv");
    assert.deepEqual(await frameHashes(joinedMaps), await frameHashes(maps));
    // Nothing else is left there.
    const names = [...Deno.readDirSync(folder.join("out"))].map(({ name }) => name).toSorted();
    assert.deepEqual(names, ["drive.segmented.masks.mkv", "drive.segmented.mp4"]);
  },
});

Deno.test({
  name: presence.name("a poison input fails with its one line after its tries, and the rest go on"),
  ignore: presence.ignore,
  async fn() {
    await using redis = await startRedis();
    await using folder = await temporaryDirectory();
    await Deno.writeTextFile(folder.join("poison.mp4"), "this is no video");
    for (const name of ["a", "b"]) {
      await makeClip(folder.join(`${name}.mp4`), { ...CLIP, frames: 10, args: X264 });
    }
    const inputs = ["a.mp4", "poison.mp4", "b.mp4"].map((name) => folder.join(name));
    await submit(redis, folder, inputs);
    await using worker = startWorker({ redis: redis.url, args: LONG_LEASE });
    const files = await allEnded(redis.url, PATIENCE_MS);
    const states = files.map(({ input, state }) => [input.split("/").at(-1), state]).toSorted();
    assert.deepEqual(states, [["a.mp4", "done"], ["b.mp4", "done"], ["poison.mp4", "failed"]]);
    const { reason } = files.find(({ state }) => state === "failed")!;
    assert.match(
      reason!,
      /^Cannot open ".*poison\.mp4": it is not a video that ffmpeg knows\..*\.$/,
    );
    const names = [...Deno.readDirSync(folder.join("out"))].map(({ name }) => name).toSorted();
    assert.deepEqual(names, ["a.segmented.mp4", "b.segmented.mp4"]);
    // The same again changes nothing: what is done stays, what failed fails again.
    const before = await Deno.stat(folder.join("out", "a.segmented.mp4"));
    await submit(redis, folder, inputs);
    const again = await allEnded(redis.url, PATIENCE_MS);
    assert.deepEqual(again.map(({ state }) => state).toSorted(), ["done", "done", "failed"]);
    assert.match(again.find(({ input }) => input.endsWith("a.mp4"))!.notes[0]!, /was left alone/);
    const after = await Deno.stat(folder.join("out", "a.segmented.mp4"));
    assert.deepEqual(after.mtime, before.mtime);
    worker.kill("SIGTERM");
    assert.equal((await worker.ended).code, 0);
    await statusWhen(redis.url, ({ workers }) => workers.length === 0, PATIENCE_MS);
  },
});

Deno.test({
  name: presence.name("Ctrl-C twice gives a part back, and another worker finishes the file"),
  ignore: presence.ignore || Deno.build.os === "windows",
  async fn() {
    await using redis = await startRedis();
    await using folder = await temporaryDirectory();
    const clip = folder.join("long.mp4");
    // Parts of 800 frames take seconds everywhere: time to find the encoder of one.
    await makeClip(clip, { ...CLIP, size: "640x360", frames: 1600, args: X264 });
    await using first = await isReady(startWorker({ redis: redis.url, args: LONG_LEASE }));
    await submit(redis, folder, [clip], ["--chunk", "32s"]);
    using _held = await holdEncoder([first]);
    first.kill("SIGINT");
    await first.stderrMatches(/Finishing what is in hand/);
    first.kill("SIGINT");
    assert.equal((await first.ended).code, 130);
    const { files, waitingParts } = await statusWhen(redis.url, () => true);
    const { all, done } = files[0]!.parts!;
    assert.equal(waitingParts, all - done, "the part in hand waits with the others");
    await using _second = startWorker({ redis: redis.url, args: LONG_LEASE });
    const [file] = await allEnded(redis.url, PATIENCE_MS);
    assert.equal(file!.state, "done", `${file!.reason}`);
    assert.equal(file!.frames, 1600);
  },
});

Deno.test({
  name: presence.name("cancel() ends a file that is being worked on, and leaves nothing of it"),
  ignore: presence.ignore,
  async fn() {
    await using redis = await startRedis();
    await using folder = await temporaryDirectory();
    const clip = folder.join("long.mp4");
    await makeClip(clip, { ...CLIP, size: "640x360", frames: 2000, args: X264 });
    await submit(redis, folder, [clip], ["--chunk", "40s"]);
    await using worker = startWorker({ redis: redis.url, args: LONG_LEASE });
    using _held = await holdEncoder([worker]);
    const { files } = await statusWhen(redis.url, () => true);
    const connection = await connectRedis(redis.url);
    try {
      assert.equal(await cancel(connection, files[0]!.id), "ending");
      const [file] = await allEnded(redis.url, PATIENCE_MS);
      assert.equal(file!.state, "failed");
      assert.equal(file!.reason, "It was cancelled.");
      assert.equal(await cancel(connection, file!.id), "ended");
      assert.equal(await cancel(connection, "nobody"), "unknown");
    } finally {
      connection.disconnect();
    }
    assert.deepEqual([...Deno.readDirSync(folder.join("out"))], []);
  },
});

Deno.test({
  name: presence.name("a file in an S3-compatible store is cut, segmented and joined there"),
  ignore: presence.ignore,
  async fn() {
    await using redis = await startRedis();
    await using store = startS3();
    await using folder = await temporaryDirectory();
    const clip = folder.join("drive.mp4");
    await makeClip(clip, { ...CLIP, audio: true, args: X264 });
    const env = {
      AWS_ENDPOINT_URL: store.url,
      AWS_ACCESS_KEY_ID: S3_LOGIN.accessKey,
      AWS_SECRET_ACCESS_KEY: S3_LOGIN.secretKey,
      AWS_REGION: S3_LOGIN.region,
    };
    (store.objects as Map<string, Uint8Array>).set("films/drive.mp4", await Deno.readFile(clip));
    await using _worker = startWorker({ redis: redis.url, args: LONG_LEASE, env });
    const submitted = await runSegstream([
      ...["farm", "submit", "s3://films/drive.mp4", "s3://films/none.mp4"],
      ...["--out", "s3://films/out", "--chunk", "1s", "--redis", redis.url, "--attempts", "1"],
      ...SMALL,
    ]);
    assert.equal(submitted.code, 0, submitted.stderr);
    const files = await allEnded(redis.url, PATIENCE_MS);
    const done = files.find(({ state }) => state === "done");
    assert.equal(done?.frames, CLIP.frames, JSON.stringify(files));
    assert.equal(
      files.find(({ state }) => state === "failed")!.reason,
      'Cannot open "s3://films/none.mp4": there is no such object. Check the name.',
    );
    assert.equal(store.refused, 0);
    assert.deepEqual([...store.objects.keys()].toSorted(), [
      "films/drive.mp4",
      "films/out/drive.segmented.mp4",
    ]);
    const joined = folder.join("joined.mp4");
    await Deno.writeFile(joined, store.objects.get("films/out/drive.segmented.mp4")!);
    const [video, sound] = (await probeFile(joined)).streams;
    assert.equal(video!.nb_read_frames, String(CLIP.frames));
    assert.equal(sound!.codec_name, "aac");
    // Nothing in Redis tells a key.
    const connection = await connectRedis(redis.url);
    const keys = await connection.keys("*");
    const dump = (await Promise.all(keys.map((key) => connection.dumpBuffer(key)))).join("\n");
    connection.disconnect();
    assert.ok(dump.includes("drive.mp4"));
    assert.ok(!dump.includes(S3_LOGIN.secretKey) && !dump.includes(S3_LOGIN.accessKey));
  },
});
