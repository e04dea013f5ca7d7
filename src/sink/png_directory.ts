import { join } from "node:path";
import { OutputError } from "../errors.ts";
import { HEADER } from "../frame/timing.ts";
import { PartialFile, writeError } from "./partial_file.ts";
import {
  closedError,
  type FinishedFrame,
  type FrameSink,
  NOTHING,
  type SinkOutcome,
  type SinkResult,
} from "./sink.ts";

const NAME = /^\d{6,}\.png$/;

/** What such a directory is of. */
export interface PngDirectoryOptions {
  /** What the files are called in messages: "masks". */
  readonly holds: string;
  /** The PNG file of a frame. */
  readonly encode: (frame: FinishedFrame) => Uint8Array;
  /** Whether files that an earlier run wrote there may be replaced. */
  readonly overwrite: boolean;
}

/** Numbered PNG files, one a frame, in a directory that gets its name when it is complete. */
export class PngDirectory implements FrameSink {
  readonly #target: string;
  readonly #partial: PartialFile;
  readonly #options: PngDirectoryOptions;
  #cpuMs = 0;
  #bytes = 0;
  #isClosed = false;
  /** The last file, which may be on its way. */
  #writing: Promise<void> | undefined;
  #discarding: Promise<void> | undefined;

  private constructor(
    target: string,
    partial: PartialFile,
    options: PngDirectoryOptions,
  ) {
    this.#target = target;
    this.#partial = partial;
    this.#options = options;
  }

  /**
   * Makes the directory under its partial name.
   *
   * @throws {OutputError} If the directory holds what is not to be replaced, or cannot be made.
   */
  static async create(target: string, options: PngDirectoryOptions): Promise<PngDirectory> {
    const path = target.replace(/[\\/]+$/, "") || target;
    await checkReplaceable(path, options);
    return new PngDirectory(path, await PartialFile.createDirectory(path), options);
  }

  async write(frame: FinishedFrame): Promise<void> {
    this.#checkOpen();
    const name = `${String(frame.header[HEADER.index]).padStart(6, "0")}.png`;
    const startMs = performance.now();
    const png = this.#options.encode(frame);
    this.#cpuMs += performance.now() - startMs;
    this.#bytes += png.byteLength;
    this.#writing = writeNew(join(this.#partial.path, name), png);
    await this.#writing;
  }

  async close(outcome: SinkOutcome): Promise<SinkResult> {
    this.#checkOpen();
    if (this.#bytes === 0) {
      await this.abort();
      return NOTHING;
    }
    this.#isClosed = true;
    const path = outcome === "complete" ? await this.#complete() : this.#partial.path;
    return { path, cpuMs: this.#cpuMs, bytes: this.#bytes };
  }

  async abort(): Promise<void> {
    if (this.#isClosed) return;
    this.#discarding ??= this.#discard();
    await this.#discarding;
  }

  /** A directory cannot be removed while files come to be in it. */
  async #discard(): Promise<void> {
    await this.#writing?.catch(() => {});
    await this.#partial.discard();
  }

  async #complete(): Promise<string> {
    const aside = await this.#setAside();
    try {
      await this.#partial.complete();
    } catch (cause) {
      // What was there goes back, unless something else has come to be in its place.
      if (aside) await Deno.rename(aside.path, this.#target).catch(() => {});
      throw cause;
    }
    await aside?.discard();
    return this.#target;
  }

  /**
   * Makes room for the directory. What is there is looked at once more: it may have changed since
   * the beginning.
   *
   * @returns Where it is now; undefined where there was nothing.
   */
  async #setAside(): Promise<PartialFile | undefined> {
    try {
      const existing = await checkReplaceable(this.#target, this.#options);
      if (existing === undefined) return undefined;
      const aside = await PartialFile.createDirectory(this.#target);
      await Deno.rename(this.#target, aside.path).catch(async (cause) => {
        await aside.discard();
        throw writeError(this.#target, cause);
      });
      return aside;
    } catch (cause) {
      if (!(cause instanceof OutputError)) throw cause;
      const kept = `The finished ${this.#options.holds} are in ${
        JSON.stringify(this.#partial.path)
      }`;
      throw new OutputError(`${cause.message} ${kept}.`, { output: this.#target }, { cause });
    }
  }

  #checkOpen(): void {
    if (this.#isClosed || this.#discarding) throw closedError(this.#target);
  }
}

async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await Deno.writeFile(path, bytes, { createNew: true });
  } catch (cause) {
    throw writeError(path, cause);
  }
}

/**
 * A directory is replaced as a whole, so it must hold nothing that this program did not write.
 * Returns the names in it; undefined where there is none.
 */
async function checkReplaceable(
  target: string,
  { holds, overwrite }: PngDirectoryOptions,
): Promise<readonly string[] | undefined> {
  const names = await entryNames(target, holds);
  if (names === undefined || names.length === 0) return names;
  const fail = (state: string) =>
    new OutputError(`Cannot write ${holds} to ${JSON.stringify(target)}: ${state}`, {
      output: target,
    });
  if (!overwrite) {
    throw fail("the directory is not empty. Add --overwrite, or name another directory.");
  }
  const foreign = names.find((name) => !NAME.test(name));
  if (foreign === undefined) return names;
  throw fail(
    `the directory also holds ${JSON.stringify(foreign)}, which is none of them. ` +
      "Name another directory.",
  );
}

/** The names in a directory; undefined where there is none. */
async function entryNames(path: string, holds: string): Promise<string[] | undefined> {
  try {
    return (await Array.fromAsync(Deno.readDir(path))).map((entry) => entry.name);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    if (cause instanceof Deno.errors.NotADirectory) {
      throw new OutputError(
        `Cannot write ${holds} to ${JSON.stringify(path)}: that is a file. Name a directory.`,
        { output: path },
        { cause },
      );
    }
    throw writeError(path, cause);
  }
}
