/** Files that several processes want to write, and one at a time may. */
import { setTimeout as pause } from "node:timers/promises";

/** How often a file that another process has is asked for. */
const INTERVAL_MS = 100;

/**
 * Opens a file to read and write as soon as no other process has it, and creates it where there is
 * none. Until it is closed nobody else gets it from here.
 *
 * The path leads to the file that is given: one that its owner renamed or removed in the end, while
 * others waited for it, is left to be what it became.
 *
 * Rejects with the signal's reason, once it aborts; nothing else ends the wait.
 */
export async function openAlone(path: string, signal?: AbortSignal): Promise<Deno.FsFile> {
  for (;;) {
    const file = await Deno.open(path, { read: true, write: true, create: true });
    try {
      // Asked for again and again: a lock that is waited for in the system cannot be called off.
      while (!await file.tryLock(true)) await pause(INTERVAL_MS, undefined, { signal });
      if (await leadsTo(path, file)) return file;
    } catch (error) {
      file.close();
      signal?.throwIfAborted();
      throw error;
    }
    file.close();
  }
}

async function leadsTo(path: string, file: Deno.FsFile): Promise<boolean> {
  const open = await file.stat();
  const there = await Deno.stat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  return there !== undefined && there.ino === open.ino && there.dev === open.dev;
}
