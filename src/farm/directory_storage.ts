import { dirname, join } from "node:path";
import type { Storage, Workspace } from "./storage.ts";
import { writeError } from "../sink/partial_file.ts";

/** How often a folder is emptied into which others may write meanwhile. */
const MOST_TRIES = 5;

/** A directory that every machine of the farm sees under the same path. */
export class DirectoryStorage implements Storage {
  async exists(name: string): Promise<boolean> {
    return await Deno.stat(name).then(() => true, () => false);
  }

  async readText(name: string): Promise<string | undefined> {
    try {
      return await Deno.readTextFile(name);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return undefined;
      throw cause;
    }
  }

  async writeText(name: string, text: string): Promise<void> {
    const scratch = `${name}.${crypto.randomUUID()}`;
    try {
      await Deno.writeTextFile(scratch, text);
      await Deno.rename(scratch, name);
    } catch (cause) {
      throw writeError(name, cause);
    }
  }

  readable(name: string): Promise<string> {
    return Promise.resolve(name);
  }

  async workspace(folder: string): Promise<Workspace> {
    try {
      await Deno.mkdir(folder, { recursive: true });
    } catch (cause) {
      throw writeError(folder, cause);
    }
    return {
      path: folder,
      // It is the folder itself.
      fetch: () => Promise.resolve(),
      publish: async (file, name) => {
        try {
          // Where the folder itself is gone the file is over: it stays gone.
          if (dirname(name) !== folder) await Deno.mkdir(dirname(name), { recursive: true });
          await Deno.rename(join(folder, file), name);
        } catch (cause) {
          throw writeError(name, cause);
        }
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  async removeFolder(folder: string): Promise<void> {
    // Who still works there, for a file that is over, may add to it while it is being emptied.
    for (let tries = 0; tries < MOST_TRIES && await this.exists(folder); tries++) {
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    }
    // The folder of all folders of work, where this was the last.
    await Deno.remove(dirname(folder)).catch(() => {});
  }
}
