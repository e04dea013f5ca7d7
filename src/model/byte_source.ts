/** Files that are read where it matters and never whole. */
import { ModelError } from "../errors.ts";

/** Bytes that can be read anywhere: an open file, or memory in its place. */
export interface ByteSource {
  /** How people name it, for messages. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /**
   * A copy of `length` bytes from `offset`; the caller owns it, and its buffer holds nothing else.
   *
   * @throws {ModelError} If the range does not lie in the source. Nothing is allocated then.
   */
  read(offset: number, length: number): Uint8Array<ArrayBuffer>;
}

/** An open file; closed when its scope ends (`using`). */
export class FileBytes implements ByteSource, Disposable {
  /** The path. */
  readonly name: string;
  /** When it was opened. */
  readonly size: number;
  readonly #file: Deno.FsFile;

  private constructor(name: string, size: number, file: Deno.FsFile) {
    this.name = name;
    this.size = size;
    this.#file = file;
  }

  /**
   * Opens a file.
   *
   * @throws {ModelError} If there is none, or it cannot be read.
   */
  static open(path: string): FileBytes {
    let file: Deno.FsFile | undefined;
    try {
      file = Deno.openSync(path);
      const { size, isFile } = file.statSync();
      if (isFile) return new FileBytes(path, size, file);
    } catch (cause) {
      file?.close();
      throw unopened(path, cause);
    }
    file.close();
    throw new ModelError(`Cannot read "${path}": it is no regular file. Name a file.`, {
      model: path,
    });
  }

  /** As {@link ByteSource.read} says. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    checkRange(this, offset, length);
    const bytes = new Uint8Array(length);
    this.#file.seekSync(offset, Deno.SeekMode.Start);
    for (let filled = 0; filled < length;) {
      const count = this.#file.readSync(bytes.subarray(filled));
      if (count === null) throw truncated(this.name, offset + length, offset + filled);
      filled += count;
    }
    return bytes;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Bytes in memory. */
export class MemoryBytes implements ByteSource {
  /** For messages. */
  readonly name: string;
  readonly #bytes: Uint8Array;

  /** Reads from `bytes`, which stay the caller's. */
  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    // A Node Buffer is a Uint8Array whose slice() does not copy; this one does.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Of the bytes. */
  get size(): number {
    return this.#bytes.length;
  }

  /** As {@link ByteSource.read} says. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    checkRange(this, offset, length);
    return this.#bytes.slice(offset, offset + length) as Uint8Array<ArrayBuffer>;
  }
}

/** The error for a file that cannot be opened or read. */
function unopened(path: string, cause: unknown): ModelError {
  const state = cause instanceof Deno.errors.NotFound
    ? "there is no such file"
    : cause instanceof Error
    ? cause.message.replace(/ \(os error \d+\).*$/s, "")
    : String(cause);
  return new ModelError(`Cannot read "${path}": ${state}. Check the path.`, { model: path }, {
    cause,
  });
}

/** The error for a file that breaks the rules of its format. */
export function broken(model: string, state: string, cause?: unknown): ModelError {
  return new ModelError(
    `Cannot read "${model}": ${state}. Get the file again.`,
    { model },
    cause === undefined ? undefined : { cause },
  );
}

/** The error for a file that ends before it should. */
export function truncated(model: string, end: number, size: number): ModelError {
  return broken(model, `it is truncated: something in it reaches to byte ${end} of ${size}`);
}

function checkRange({ name, size }: ByteSource, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
    throw truncated(name, offset + length, size);
  }
}
