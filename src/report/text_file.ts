import { OutputError } from "../errors.ts";

const BUFFER_CHARACTERS = 64 * 1024;

/**
 * A file of text that is written in large pieces. Lives on one thread.
 *
 * - append() collects, and writes once 64 Ki characters are there; await it, and memory stays
 *   bounded however slow the disk is.
 * - close() writes the rest. It is safe to call twice: who calls later waits for the same end.
 *
 * @throws {OutputError} From every method, if the disk is full or the file went away.
 */
export class TextFile {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  readonly #encoder = new TextEncoder();
  #pieces: string[] = [];
  #characters = 0;
  #writing: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(file: Deno.FsFile, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /** Creates the file, or empties the one that is there. */
  static async create(path: string): Promise<TextFile> {
    try {
      return new TextFile(await Deno.create(path), path);
    } catch (cause) {
      throw outputError(path, cause);
    }
  }

  /** Adds text at the end. */
  async append(text: string): Promise<void> {
    this.#pieces.push(text);
    this.#characters += text.length;
    if (this.#characters >= BUFFER_CHARACTERS) await this.#flush();
  }

  /** Writes what is still in memory and closes the file. */
  close(): Promise<void> {
    return this.#closing ??= this.#end();
  }

  async #end(): Promise<void> {
    try {
      await this.#flush();
    } finally {
      this.#file.close();
    }
  }

  #flush(): Promise<void> {
    const bytes = this.#encoder.encode(this.#pieces.join(""));
    this.#pieces = [];
    this.#characters = 0;
    this.#writing = this.#writing.then(() => this.#write(bytes));
    return this.#writing;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      for (let offset = 0; offset < bytes.length;) {
        offset += await this.#file.write(bytes.subarray(offset));
      }
    } catch (cause) {
      throw outputError(this.#path, cause);
    }
  }
}

function outputError(path: string, cause: unknown): OutputError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new OutputError(
    `Cannot write "${path}": ${reason}. Choose a place that is writable and has room.`,
    { output: path },
    { cause },
  );
}
