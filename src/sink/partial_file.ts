/** Outputs are written beside their target and renamed when they are complete. */
import { basename, dirname, join, parse } from "node:path";
import { OutputError } from "../errors.ts";

/** What to check before anything is written. */
export interface PartialFileOptions {
  /** Whether `complete()` may replace an existing file. Default false. */
  readonly overwrite?: boolean | undefined;
  /** The file the frames come from, which the target must not be. */
  readonly input?: string | undefined;
  /** The extension of the partial name, dot included; that of the target by default. */
  readonly extension?: string | undefined;
}

/**
 * A file or directory that is being written, under a name of its own beside its target:
 * `demo.partial.mp4`, or `demo.partial-2.mp4` where that is taken. The name is reserved with an
 * empty file (or directory), so two runs never share one, and no existing file is ever touched
 * before `complete()`.
 */
export class PartialFile {
  /** Where to write. Exists, and is empty at first. */
  readonly path: string;
  /** The final name. */
  readonly target: string;
  readonly #overwrite: boolean;
  #discarding: Promise<void> | undefined;

  private constructor(path: string, target: string, overwrite: boolean) {
    this.path = path;
    this.target = target;
    this.#overwrite = overwrite;
  }

  /**
   * Checks that `target` can be written as a file and reserves a name beside it.
   *
   * @throws {OutputError} If the target exists and may not be replaced, is a directory or the input
   *   itself, or if its directory is missing or not writable.
   */
  static async create(target: string, options: PartialFileOptions = {}): Promise<PartialFile> {
    const overwrite = options.overwrite ?? false;
    await checkTarget(target, { ...options, overwrite });
    const path = await reserve(target, options.extension ?? parse(target).ext, createEmptyFile);
    return new PartialFile(path, target, overwrite);
  }

  /**
   * Reserves a directory beside `target`. The target itself is the caller's to check: it may exist.
   *
   * @throws {OutputError} If the directory around it is missing or not writable.
   */
  static async createDirectory(target: string): Promise<PartialFile> {
    const path = await reserve(target, "", (path) => Deno.mkdir(path));
    return new PartialFile(path, target, false);
  }

  /**
   * Reserves another name for the same target, with another extension (dot included).
   *
   * @throws {OutputError} If the directory is gone or no longer writable.
   */
  async sibling(extension: string): Promise<PartialFile> {
    const path = await reserve(this.target, extension, createEmptyFile);
    return new PartialFile(path, this.target, this.#overwrite);
  }

  /**
   * Gives the file its final name in one step. A target that appeared since `create()` is not
   * replaced unless `overwrite` was given.
   *
   * @throws {OutputError} If it cannot; the file stays under its partial name.
   */
  async complete(): Promise<string> {
    try {
      if (this.#overwrite) await Deno.rename(this.path, this.target);
      else await renameToFreeName(this.path, this.target);
      return this.target;
    } catch (cause) {
      const state = cause instanceof Deno.errors.AlreadyExists
        ? "a file of that name has appeared meanwhile"
        : reasonOf(cause);
      throw new OutputError(
        `Cannot finish ${quote(this.target)}: ${state}. The finished output is ` +
          `${quote(this.path)}; rename it.`,
        { output: this.target },
        { cause },
      );
    }
  }

  /**
   * Takes the place of a sibling, and its name where that has the same extension; returns the name.
   *
   * @throws {OutputError} If the system does not let it.
   */
  async replace(sibling: PartialFile): Promise<string> {
    if (parse(sibling.path).ext !== parse(this.path).ext) {
      await sibling.discard();
      return this.path;
    }
    try {
      await Deno.rename(this.path, sibling.path);
      return sibling.path;
    } catch (cause) {
      throw writeError(sibling.path, cause);
    }
  }

  /**
   * Deletes it, a directory with all that is in it. Safe to call twice: it is deleted once, because
   * the name may be another's then, and every caller waits for that.
   */
  async discard(): Promise<void> {
    this.#discarding ??= this.#remove();
    await this.#discarding;
  }

  async #remove(): Promise<void> {
    try {
      await Deno.remove(this.path, { recursive: true });
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw writeError(this.path, cause);
    }
  }
}

/** The error for a file or directory that the system will not let us create or write. */
export function writeError(target: string, cause: unknown): OutputError {
  const directory = quote(dirname(target));
  const state = cause instanceof Deno.errors.NotFound
    ? `there is no directory ${directory}. Create it, or name another`
    : cause instanceof Deno.errors.NotADirectory
    ? `${directory} is not a directory. Name another`
    : cause instanceof Deno.errors.NotCapable
    ? `Deno was not given leave to write in ${directory}. Add --allow-write to the command`
    : cause instanceof Deno.errors.PermissionDenied
    ? `you may not write in ${directory}. Name another directory, or change its permissions`
    : reasonOf(cause);
  const message = `Cannot write ${quote(target)}: ${state}.`;
  return new OutputError(message, { output: target }, { cause });
}

async function checkTarget(
  target: string,
  options: { overwrite: boolean; input?: string | undefined },
): Promise<void> {
  const fail = (state: string) =>
    new OutputError(`Cannot write ${quote(target)}: ${state}`, { output: target });
  if (basename(target) === "" || /[\\/]$/.test(target)) {
    throw fail("that is a directory. Name a file in it.");
  }
  let existing: Deno.FileInfo;
  try {
    existing = await Deno.stat(target);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return;
    throw writeError(target, cause);
  }
  if (existing.isDirectory) throw fail("that is a directory. Name a file in it.");
  if (options.input !== undefined && await isSameFile(options.input, target, existing)) {
    throw fail("that is the input itself. Give the output another name.");
  }
  if (!existing.isFile) throw fail("that is no regular file. Give the output another name.");
  if (!options.overwrite) {
    throw fail("it exists. Add --overwrite, or give the output another name.");
  }
}

/** Whether two names lead to one file, through symbolic or hard links. A URL leads to none. */
async function isSameFile(input: string, target: string, stat: Deno.FileInfo): Promise<boolean> {
  try {
    const other = await Deno.stat(input);
    if (stat.ino && stat.ino === other.ino && stat.dev === other.dev) return true;
    return await Deno.realPath(input) === await Deno.realPath(target);
  } catch {
    return false;
  }
}

async function reserve(
  target: string,
  extension: string,
  create: (path: string) => Promise<void>,
): Promise<string> {
  const { dir, base, name } = parse(target);
  const stem = extension === "" ? base : name; // the dot in the name of a directory is no extension
  for (let number = 1;; number++) {
    const suffix = number === 1 ? "" : `-${number}`;
    const path = join(dir, `${stem}.partial${suffix}${extension}`);
    try {
      await create(path);
      return path;
    } catch (cause) {
      if (!(cause instanceof Deno.errors.AlreadyExists)) throw writeError(target, cause);
    }
  }
}

async function createEmptyFile(path: string): Promise<void> {
  (await Deno.open(path, { write: true, createNew: true })).close();
}

/**
 * A rename replaces what is there; a hard link does not, in one step. Some file systems (FAT, some
 * network shares) have no links: there the check and the rename are two steps. A directory can only
 * be renamed onto an empty one.
 */
async function renameToFreeName(path: string, target: string): Promise<void> {
  if (!(await Deno.lstat(path)).isDirectory) {
    try {
      await Deno.link(path, target);
    } catch (cause) {
      if (cause instanceof Deno.errors.AlreadyExists) throw cause;
      if (await exists(target)) throw new Deno.errors.AlreadyExists(target);
      return await Deno.rename(path, target);
    }
    return await Deno.remove(path);
  }
  await Deno.rename(path, target);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** The system's word for what went wrong, without the call and the number around it. */
function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.replace(/ \(os error \d+\).*$/s, "").replace(/\s+/g, " ");
}

function quote(path: string): string {
  return JSON.stringify(path);
}
