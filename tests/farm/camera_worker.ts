/**
 * A worker of cameras as a process of its own, whose cameras only write down that they run: a line
 * "start|beat|end <time in ms> <worker>" in the file that is the camera's URL. So does the worker
 * itself in a file of its own, for as long as it runs.
 */
import { CameraWorker } from "../../src/farm/cameras.ts";
import { connectRedis } from "../../src/farm/redis.ts";

const [redisUrl, name, leaseMs, own] = Deno.args as [string, string, string, string];

/** Between two beats. */
const BEAT_MS = 50;

const noteIn = (file: string, word: string) =>
  Deno.writeTextFileSync(file, `${word} ${Date.now()} ${name}\n`, { append: true });

const end = new AbortController();
Deno.addSignalListener("SIGTERM", () => end.abort(new Error("It was told to stop.")));

const redis = await connectRedis(redisUrl);
const worker = new CameraWorker(redis, {
  name,
  concurrency: 4,
  leaseMs: Number(leaseMs),
  end: end.signal,
  log: (line) => console.error(line),
  run: async ({ url }, signal) => {
    const note = (word: string) => noteIn(url, word);
    note("start");
    const timer = setInterval(() => note("beat"), BEAT_MS);
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    clearInterval(timer);
    note("end");
  },
});
const cancelled = setInterval(() => void worker.endCancelled().catch(() => {}), 200);
const ownBeats = setInterval(() => noteIn(own, "beat"), BEAT_MS);
console.error("ready");

end.signal.addEventListener("abort", async () => {
  for (const timer of [cancelled, ownBeats]) clearInterval(timer);
  await worker.close();
  redis.disconnect();
});
