import assert from "node:assert/strict";
import { allEnded, isReady, startWorker, statusWhen } from "../testing/farm.ts";
import { makeClip } from "../testing/media.ts";
import { redisPresence, startRedis } from "../testing/redis.ts";
import { runSegstream } from "../testing/segstream.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { holdEncoder } from "./encoders.ts";

const presence = await redisPresence();

/** Frames of a part, and parts of the file. */
const [FRAMES, PARTS] = [50, 12];

/** Longer than the test: nobody gets a part twice because its worker was slow. */
const LEASE_S = "3600";

const PATIENCE_MS = 240_000;

// How much faster two are is a matter of the machine: `tests/hard/farm_speed.ts` measures it.
Deno.test({
  name: presence.name(
    "two workers share a file: both are at it at once, and no part is done twice",
  ),
  ignore: presence.ignore || Deno.build.os === "windows",
  async fn() {
    await using redis = await startRedis();
    await using folder = await temporaryDirectory();
    const clip = folder.join("clip.mp4");
    await makeClip(clip, {
      size: "640x360",
      frames: PARTS * FRAMES,
      args: ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25"],
    });
    const start = () => startWorker({ redis: redis.url, args: ["--lease", LEASE_S] });
    await using first = start();
    await using second = start();
    await Promise.all([first, second].map(isReady));
    const submitted = await runSegstream([
      ...["farm", "submit", clip, "--out", folder.join("out"), "--chunk", `${FRAMES / 25}s`],
      ...["--resolution", "quarter", "--precision", "fp32", "--redis", redis.url],
    ]);
    assert.equal(submitted.code, 0, submitted.stderr);
    {
      // Whoever has a part is held there: then the other one has another of the same file.
      using held = await holdEncoder([first, second]);
      using _other = await holdEncoder([held.worker === first ? second : first]);
    }
    const [file] = await allEnded(redis.url, PATIENCE_MS);
    assert.equal(file!.state, "done", `${file!.reason}`);
    assert.deepEqual(file!.parts, { done: PARTS, all: PARTS });
    assert.equal(file!.frames, PARTS * FRAMES);
    // Each tells of itself every two seconds.
    const { workers } = await statusWhen(
      redis.url,
      ({ workers }) => workers.reduce((sum, { frames }) => sum + frames, 0) >= PARTS * FRAMES,
    );
    const frames = workers.map((worker) => worker.frames);
    assert.equal(frames[0]! + frames[1]!, PARTS * FRAMES);
    assert.ok(frames.every((count) => count >= FRAMES), `${frames}`);
  },
});
