import { join } from "node:path";
import { REPOSITORY } from "./repository.ts";

/** A file or folder of `../shared`, which lies beside the checkout in some places only. */
export interface SharedFile {
  /** Absolute. */
  readonly path: string;
  readonly present: boolean;
  /** What `Deno.test` takes to skip the test where the file is absent. */
  readonly ignore: boolean;
  /** The test's name; where the file is absent, with the reason for skipping. */
  name(name: string): string;
}

/**
 * Finds `../shared/<path>`:
 *
 * ```ts
 * const clip = shared("data/videos/street.mp4");
 * Deno.test({ name: clip.name("probe() reads the size"), ignore: clip.ignore, async fn() {} });
 * ```
 */
export function shared(path: string): SharedFile {
  const absolute = join(REPOSITORY, "..", "shared", path);
  const present = exists(absolute);
  return {
    path: absolute,
    present,
    ignore: !present,
    name: (name) => present ? name : `${name} (skipped: ../shared/${path} is absent)`,
  };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
