/** What a worker does that loses a lease and is the first to get the same job again. */
import assert from "node:assert/strict";
import { BullFileQueue } from "../../src/farm/bull_file_queue.ts";
import { CameraWorker } from "../../src/farm/cameras.ts";
import { markCancelled } from "../../src/farm/cancelled.ts";
import type { FileJob } from "../../src/farm/jobs.ts";
import type { Machine } from "../../src/farm/machine.ts";
import { CAMERA_QUEUE, FILE_QUEUE, JOB, PREFIX } from "../../src/farm/names.ts";
import { openQueues } from "../../src/farm/queues.ts";
import { connectRedis, type Redis } from "../../src/farm/redis.ts";
import type { Storages } from "../../src/farm/storages.ts";
import { submitCameras } from "../../src/farm/submit.ts";
import { FileWorker } from "../../src/farm/worker.ts";
import { redisPresence, startRedis } from "../testing/redis.ts";

const presence = await redisPresence();

/** Of no whole milliseconds, and its third and its quarter are none either: Redis takes no others. */
const LEASE_MS = 2001.5;

/** Lost jobs are looked for several times in the time of a lease. */
const PATIENCE_MS = 60_000;

/** BullMQ's word for how often a job was begun. */
const STARTS = "ats";

/** Runs of one job: each goes on until the test ends it, whoever asks it to end before. */
class Runs {
  readonly #ends = new Set<() => void>();
  #begun = Promise.withResolvers<void>();
  /** At the same time. */
  most = 0;

  /** What is run. */
  async run(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ends.add(resolve);
    this.most = Math.max(this.most, this.#ends.size);
    this.#begun.resolve();
    await promise;
    this.#ends.delete(resolve);
  }

  /** Resolves when a run has begun. */
  async begun(): Promise<void> {
    await this.#begun.promise;
    this.#begun = Promise.withResolvers();
  }

  /** Ends what runs. */
  end(): void {
    for (const end of this.#ends) end();
  }
}

/** Takes the lease of a job that was begun once away; resolves when it was taken again. */
async function loseLease(redis: Redis, queue: string, id: string): Promise<void> {
  const key = `${PREFIX}:${queue}:${id}`;
  await redis.del(`${key}:lock`);
  for (const end = performance.now() + PATIENCE_MS; Number(await redis.hget(key, STARTS)) < 2;) {
    assert.ok(performance.now() < end, "nobody takes a job whose lease is gone");
  }
  // The worker asks on this connection too: what it goes on with is on its way before these are back.
  for (let asked = 0; asked < 20; asked++) await redis.ping();
}

Deno.test({
  name: presence.name("CameraWorker ends what is left of a camera before it watches it anew"),
  ignore: presence.ignore,
  async fn() {
    await using server = await startRedis();
    const redis = await connectRedis(server.url);
    const end = new AbortController();
    const runs = new Runs();
    const worker = new CameraWorker(redis, {
      ...{ name: "w", concurrency: 2, leaseMs: LEASE_MS, end: end.signal, log: () => {} },
      run: () => runs.run(),
    });
    try {
      const [camera] = await submitCameras(redis, [{ name: "gate", url: "u", segment: {} }]);
      await runs.begun();
      await loseLease(redis, CAMERA_QUEUE, camera!.id);
      assert.equal(runs.most, 1);
      runs.end();
      await runs.begun();
      // The end of the first is not taken for that of the second.
      assert.deepEqual(worker.doing.map(({ id }) => id), [camera!.id]);
    } finally {
      end.abort(new Error("It was told to stop."));
      runs.end();
      await worker.close();
      redis.disconnect();
    }
  },
});

/** As much of a worker as a file needs whose output is there, once `runs` are over, or is not. */
function startFileWorker(
  redis: Redis,
  runs: Runs | false,
  options: { kill: AbortSignal; log: (line: string) => void },
): FileWorker {
  const storage = {
    exists: async () => {
      if (runs) await runs.run();
      return runs !== false;
    },
    removeFolder: () => Promise.resolve(),
  };
  return new FileWorker(redis, {
    ...{ name: "w", leaseMs: LEASE_MS, ...options },
    machine: { jobs: runs ? 2 : 1 } as Machine,
    storages: { of: () => storage, withNames: (text: string) => text } as unknown as Storages,
  });
}

const FILE: FileJob = {
  ...{ input: "in.mp4", output: "out/out.mp4", chunkMs: 1000, overwrite: false },
  ...{ segment: {}, submittedAt: 0 },
};

Deno.test({
  name: presence.name("FileWorker ends what is left of a file before it goes on with it anew"),
  ignore: presence.ignore,
  async fn() {
    await using server = await startRedis();
    const redis = await connectRedis(server.url);
    const queues = openQueues(redis);
    const kill = new AbortController();
    const runs = new Runs();
    const worker = startFileWorker(redis, runs, { kill: kill.signal, log: () => {} });
    try {
      const job = await queues.files.add(JOB.file, FILE, { jobId: "film-1" });
      await runs.begun();
      await loseLease(redis, FILE_QUEUE, "film-1");
      assert.equal(runs.most, 1);
      runs.end();
      await runs.begun();
      assert.deepEqual(worker.doing.map(({ id }) => id), ["film-1"]);
      runs.end();
      await worker.close();
      assert.equal(await job.getState(), "completed");
    } finally {
      kill.abort(new Error("It was stopped."));
      runs.end();
      await worker.close();
      await queues.close();
      redis.disconnect();
    }
  },
});

Deno.test({
  name: presence.name("FileWorker leaves a file to its parts, when it is cancelled at that moment"),
  ignore: presence.ignore,
  async fn() {
    await using server = await startRedis();
    const redis = await connectRedis(server.url);
    const queues = openQueues(redis);
    const kill = new AbortController();
    const log: string[] = [];
    const worker = startFileWorker(redis, false, { kill: kill.signal, log: (l) => log.push(l) });
    const { waitForParts } = BullFileQueue.prototype;
    const left = Promise.withResolvers<void>();
    BullFileQueue.prototype.waitForParts = async function () {
      try {
        await waitForParts.call(this);
      } finally {
        left.resolve(worker.close());
        await markCancelled(redis, "film-1");
        await worker.endCancelled();
      }
    };
    try {
      const plan = { originUs: 0, cutsUs: [1e6], precision: "fp32", frameCount: 50 } as const;
      const job = await queues.files.add(JOB.file, { ...FILE, plan }, { jobId: "film-1" });
      await left.promise;
      assert.equal(await job.getState(), "waiting-children");
      // Its end is told by whoever has it when its parts are over.
      assert.deepEqual(log, []);
    } finally {
      BullFileQueue.prototype.waitForParts = waitForParts;
      await worker.close();
      await queues.close();
      redis.disconnect();
    }
  },
});
