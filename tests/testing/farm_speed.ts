/** How much faster several workers are than one, each on a core of its own. */
import assert from "node:assert/strict";
import { runCommand, type RunningCommand } from "./command.ts";
import { allEnded, isReady, startWorker } from "./farm.ts";
import { makeClip } from "./media.ts";
import { startRedis } from "./redis.ts";
import { runSegstream } from "./segstream.ts";
import { temporaryDirectory } from "./temporary.ts";

/** What to measure with. */
export interface FarmSpeedOptions {
  /** Parts of four seconds, 100 frames of 640×360 each. */
  readonly parts: number;
  /** How many workers to compare, each pinned to a core from 0 on. */
  readonly workers: readonly number[];
}

const FRAMES_A_PART = 100;

/** What a run took. */
export interface FarmSpeed {
  /** From the submission to the output's last name. */
  readonly seconds: number;
  /**
   * CPU seconds of the worker that used most, its decoders and encoders included: how long the run
   * takes where every worker has a core to itself, whatever else runs on this machine.
   */
  readonly coreSeconds: number;
  /** CPU seconds of all workers together. */
  readonly cpuSeconds: number;
}

/** What the same file takes, by the number of workers. */
export async function measureFarm(options: FarmSpeedOptions): Promise<Map<number, FarmSpeed>> {
  await using folder = await temporaryDirectory();
  const clip = folder.join("clip.mp4");
  await makeClip(clip, {
    size: "640x360",
    frames: options.parts * FRAMES_A_PART,
    args: ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25"],
  });
  const speeds = new Map<number, FarmSpeed>();
  for (const count of options.workers) {
    await using redis = await startRedis();
    const workers: RunningCommand[] = [];
    try {
      for (let core = 0; core < count; core++) {
        workers.push(startWorker({ redis: redis.url, core }));
      }
      await Promise.all(workers.map(isReady));
      const before = await Promise.all(workers.map(cpuSecondsOf));
      const submitted = await runSegstream([
        ...["farm", "submit", clip, "--out", folder.join(`out${count}`), "--chunk", "4s"],
        ...["--resolution", "quarter", "--precision", "fp32", "--redis", redis.url],
      ]);
      assert.equal(submitted.code, 0, submitted.stderr);
      const startMs = performance.now();
      const [file] = await allEnded(redis.url, 600_000);
      assert.equal(file!.state, "done", `${file!.reason}`);
      assert.equal(file!.frames, options.parts * FRAMES_A_PART);
      const seconds = (performance.now() - startMs) / 1000;
      const after = await Promise.all(workers.map(cpuSecondsOf));
      const used = after.map((cpu, index) => cpu - before[index]!);
      const cpuSeconds = used.reduce((sum, cpu) => sum + cpu, 0);
      speeds.set(count, { seconds, coreSeconds: Math.max(...used), cpuSeconds });
    } finally {
      for (const worker of workers) await worker[Symbol.asyncDispose]();
    }
  }
  return speeds;
}

/** proc(5), fields 14 to 17: its own time and that of children that ended, in hundredths. */
async function cpuSecondsOf({ pid }: RunningCommand): Promise<number> {
  const { stdout } = await runCommand("cat", [`/proc/${pid}/stat`]);
  const fields = new TextDecoder().decode(stdout).replace(/^.*\) /s, "").split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
}
