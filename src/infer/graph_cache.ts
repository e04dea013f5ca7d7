/**
 * Built graphs, kept in the user's cache folder from run to run: to quantise a million weights takes
 * a tenth of a second of every start, to read the result some milliseconds.
 */
import { createHash, randomUUID } from "node:crypto";
import { join } from "node:path";
import { cacheFolder } from "../model/cache_folder.ts";

/** Graphs that are kept; beyond, the one that was written first goes. */
const MOST_GRAPHS = 16;

const DIGEST_BYTES = 32;

const EXTENSION = ".graph";

/** What is still being written ends in this, and is no graph: removed, its writer would lose it. */
const PART = ".part";

/** A part that was begun longer ago than that is nobody's any more. */
const LONGEST_WRITE_MS = 3_600_000;

/** Where built graphs are kept; undefined where no folder is known or it may not be used. */
export function graphCacheFolder(): string | undefined {
  const folder = cacheFolder();
  if (folder === undefined) return undefined;
  const path = join(folder, "graphs");
  const isAllowed = (["read", "write"] as const).every((name) =>
    Deno.permissions.querySync({ name, path }).state === "granted"
  );
  return isAllowed ? path : undefined;
}

/**
 * The graph that belongs to `key`: as it was kept, or built and kept.
 *
 * - A file is its content's SHA-256 and the content; one that does not agree with itself (cut off,
 *   damaged) is built anew and replaced.
 * - It is written under a name of its own and renamed, so readers see all of it or nothing, and
 *   several processes may write at once.
 * - A cache that cannot be read or written is none.
 *
 * @param key Everything that the graph depends on.
 * @param folder From {@link graphCacheFolder}; undefined to keep nothing.
 */
export async function keptGraph(
  key: string,
  folder: string | undefined,
  build: () => Uint8Array,
): Promise<Uint8Array> {
  if (folder === undefined) return build();
  const path = join(folder, digestOf(key).toString("hex") + EXTENSION);
  const kept = await Deno.readFile(path).catch(() => undefined);
  const graph = kept?.subarray(DIGEST_BYTES);
  if (kept && graph && digestOf(graph).equals(kept.subarray(0, DIGEST_BYTES))) return graph;
  const built = build();
  await keep(path, folder, built).catch(() => {});
  return built;
}

async function keep(path: string, folder: string, graph: Uint8Array): Promise<void> {
  const part = join(folder, randomUUID() + PART);
  await Deno.mkdir(folder, { recursive: true });
  try {
    const file = new Uint8Array(DIGEST_BYTES + graph.length);
    file.set(digestOf(graph));
    file.set(graph, DIGEST_BYTES);
    await Deno.writeFile(part, file, { createNew: true });
    await Deno.rename(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  }
  await removeOldest(folder);
}

/** Removes what is beyond the number of graphs, and parts that a process which was killed left. */
async function removeOldest(folder: string): Promise<void> {
  const graphs: { readonly path: string; readonly writtenMs: number }[] = [];
  const remove = (path: string) => Deno.remove(path).catch(() => {});
  for await (const { name } of Deno.readDir(folder)) {
    const path = join(folder, name);
    const stat = await Deno.stat(path).catch(() => undefined); // another process may have removed it
    if (stat === undefined) continue;
    const writtenMs = stat.mtime?.getTime() ?? 0;
    if (name.endsWith(EXTENSION)) graphs.push({ path, writtenMs });
    else if (name.endsWith(PART) && Date.now() - writtenMs > LONGEST_WRITE_MS) await remove(path);
  }
  graphs.sort((a, b) => b.writtenMs - a.writtenMs);
  for (const { path } of graphs.slice(MOST_GRAPHS)) await remove(path);
}

function digestOf(content: string | Uint8Array) {
  return createHash("sha256").update(content).digest();
}
