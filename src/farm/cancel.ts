/** Takes files and cameras out of the farm. */
import { markCancelled, unmarkCancelled } from "./cancelled.ts";
import { openQueues } from "./queues.ts";
import type { Redis } from "./redis.ts";

/** What a cancellation met. */
export type CancelOutcome = "removed" | "ending" | "ended" | "unknown";

/**
 * Cancels a file or a camera.
 *
 * - `removed`: nobody had begun with it.
 * - `ending`: the workers that have it leave it within seconds, and leave nothing behind.
 * - `ended`: it was done or had failed before.
 */
export async function cancel(redis: Redis, id: string): Promise<CancelOutcome> {
  const queues = openQueues(redis);
  try {
    const job = await queues.files.getJob(id) ?? await queues.cameras.getJob(id);
    if (job === undefined) return "unknown";
    const state = await job.getState();
    if (state === "completed" || state === "failed") return "ended";
    await markCancelled(redis, id);
    if (state === "waiting-children") {
      // Its job wakes up when no part is left, and finds the mark.
      await job.removeUnprocessedChildren();
      return "ending";
    }
    if (state === "active") return "ending";
    await job.remove();
    await unmarkCancelled(redis, id);
    return "removed";
  } catch (cause) {
    // A worker took it up at this very moment; it looks at the mark first.
    if (cause instanceof Error && /locked/.test(cause.message)) return "ending";
    throw cause;
  } finally {
    await queues.close();
  }
}
