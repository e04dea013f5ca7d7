import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The top folder of the checkout. */
export const REPOSITORY = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A path inside the checkout. */
export function repositoryPath(...parts: string[]): string {
  return join(REPOSITORY, ...parts);
}

/** All files below a folder of the checkout that end in `extension`, sorted, relative to its top. */
export async function repositoryFiles(folder: string, extension: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(repositoryPath(folder))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) files.push(...await repositoryFiles(path, extension));
    else if (entry.name.endsWith(extension)) files.push(path);
  }
  return files.sort();
}
