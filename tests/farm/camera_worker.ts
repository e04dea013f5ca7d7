/**
 * A worker of cameras as a process of its own, whose cameras only write down that they run: a line
 * "start|beat|end <time in ms> <worker>" in the file that is the camera's URL.
 */
import { CameraWorker } from "../../src/farm/cameras.ts";
import { connectRedis } from "../../src/farm/redis.ts";

const [redisUrl, name, leaseMs] = Deno.args as [string, string, string];

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
    const note = (word: string) =>
      Deno.writeTextFileSync(url, `${word} ${Date.now()} ${name}\n`, { append: true });
    note("start");
    const timer = setInterval(() => note("beat"), 50);
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    clearInterval(timer);
    note("end");
  },
});
const cancelled = setInterval(() => void worker.endCancelled().catch(() => {}), 200);
console.error("ready");

end.signal.addEventListener("abort", async () => {
  clearInterval(cancelled);
  await worker.close();
  redis.disconnect();
});
