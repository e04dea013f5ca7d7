/** Which files and cameras were cancelled: workers look whether what they work on is among them. */
import { CANCELLED_KEY } from "./names.ts";
import type { Redis } from "./redis.ts";

/** Marks a file or camera as cancelled. */
export async function markCancelled(redis: Redis, id: string): Promise<void> {
  await redis.sadd(CANCELLED_KEY, id);
}

/** Takes the mark away, when it is submitted again or its end is on record. */
export async function unmarkCancelled(redis: Redis, id: string): Promise<void> {
  await redis.srem(CANCELLED_KEY, id);
}

/** Those of the files and cameras that are cancelled. */
export async function cancelledAmong(
  redis: Redis,
  ids: readonly string[],
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const marks = await redis.smismember(CANCELLED_KEY, ...ids);
  return ids.filter((_, index) => marks[index] === 1);
}
