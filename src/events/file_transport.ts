import { OutputError } from "../errors.ts";
import type { Transport } from "./transport.ts";

const encoder = new TextEncoder();
const LINE_BREAK = 10;

/**
 * Appends lines to a file, creating it where there is none. What is there stays; a last line that an
 * earlier run could not finish is ended first.
 *
 * - The file is opened anew for each batch, so that it may be moved away and replaced while it runs.
 * - A batch that a full disk cuts in the middle of a line is continued where it was cut.
 *
 * @throws {OutputError} If it cannot be opened for writing now.
 */
export async function openFileTransport(path: string): Promise<Transport> {
  try {
    await endLastLine(path);
  } catch (cause) {
    throw new OutputError(`Cannot write events to ${JSON.stringify(path)}: ${mend(cause)}`, {
      output: path,
    }, { cause });
  }
  let batch: readonly string[] | undefined;
  let bytes = new Uint8Array();
  return {
    name: path,
    async deliver(lines) {
      if (lines !== batch) {
        batch = lines;
        bytes = encoder.encode(joinLines(lines));
      }
      using file = await Deno.open(path, { append: true, create: true });
      while (bytes.length > 0) bytes = bytes.subarray(await file.write(bytes));
    },
    close: () => Promise.resolve(),
  };
}

/** Writes lines to the standard output. */
export function openStdoutTransport(): Transport {
  return {
    name: "the standard output",
    async deliver(lines) {
      let bytes = encoder.encode(joinLines(lines));
      while (bytes.length > 0) bytes = bytes.subarray(await Deno.stdout.write(bytes));
    },
    close: () => Promise.resolve(),
  };
}

/** NDJSON: each line ended. */
export function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

async function endLastLine(path: string): Promise<void> {
  using file = await Deno.open(path, { append: true, create: true });
  const { isFile, size } = await file.stat();
  if (!isFile || size === 0) return;
  const last = new Uint8Array(1);
  using reader = await Deno.open(path);
  await reader.seek(-1, Deno.SeekMode.End);
  await reader.read(last);
  if (last[0] !== LINE_BREAK) await file.write(Uint8Array.of(LINE_BREAK));
}

function mend(cause: unknown): string {
  if (cause instanceof Deno.errors.NotCapable) {
    return "Deno was not given leave to. Add --allow-write and --allow-read to the command.";
  }
  if (cause instanceof Deno.errors.NotFound) return "its folder does not exist. Create it first.";
  if (cause instanceof Deno.errors.IsADirectory) return "it is a directory. Name a file in it.";
  const reason = cause instanceof Error ? cause.message : String(cause);
  return `${reason}. Choose a place that is writable.`;
}
