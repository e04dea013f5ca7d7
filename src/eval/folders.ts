/** Listings of folders, sorted by name; a folder that is not there is empty. */

const PICTURES = /\.(png|jpe?g)$/i;

/** The names of the folders in a folder. */
export function listFolders(path: string): Promise<string[]> {
  return list(path, (entry) => entry.isDirectory || entry.isSymlink);
}

/** The names of the PNG and JPEG files in a folder. */
export function listPictures(path: string): Promise<string[]> {
  return list(path, (entry) => !entry.isDirectory && PICTURES.test(entry.name));
}

async function list(path: string, accept: (entry: Deno.DirEntry) => boolean): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(path)) {
      // macOS leaves "._name" beside files on foreign disks.
      if (!entry.name.startsWith(".") && accept(entry)) names.push(entry.name);
    }
  } catch (error) {
    const isAbsent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (!isAbsent) throw error;
  }
  return names.sort();
}
