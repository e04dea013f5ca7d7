import type { FrameTiming } from "../frame/timing.ts";
import { TextFile } from "./text_file.ts";

/** How a frame log is written: a JSON object a line, or comma-separated values with a heading. */
export type FrameLogFormat = "jsonl" | "csv";

/** The fields of a record, in the order of the columns. */
export const FRAME_LOG_FIELDS = [
  "index",
  "ptsUs",
  "worker",
  "decodeMs",
  "waitMs",
  "prepareMs",
  "inferMs",
  "labelMs",
  "blendMs",
  "orderMs",
  "encodeMs",
  "latencyMs",
  "reused",
] as const satisfies readonly (keyof FrameTiming)[];

/**
 * The format that a file's extension asks for.
 *
 * @throws {TypeError} If it is neither .jsonl nor .csv.
 */
export function frameLogFormat(path: string): FrameLogFormat {
  const extension = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase();
  if (extension === "jsonl" || extension === "csv") return extension;
  throw new TypeError(
    `Cannot write statistics to "${path}": its extension names no format. End it in .jsonl ` +
      `(one JSON object a line) or .csv.`,
  );
}

/**
 * The statistics of each frame as a file (`--stats`): one record a frame with the fields of
 * {@link FrameTiming}; milliseconds are rounded to a microsecond.
 *
 * It writes to the path that it is given, in buffered pieces; whether that is a partial file which
 * is renamed in the end is the caller's matter. Rejects with OutputError when the disk does not take
 * it.
 */
export class FrameLog {
  readonly #file: TextFile;
  readonly #format: FrameLogFormat;

  private constructor(file: TextFile, format: FrameLogFormat) {
    this.#file = file;
    this.#format = format;
  }

  /** Creates the file, or empties the one that is there. */
  static async create(path: string, options: { format: FrameLogFormat }): Promise<FrameLog> {
    const file = await TextFile.create(path);
    if (options.format === "csv") await file.append(`${FRAME_LOG_FIELDS.join(",")}\n`);
    return new FrameLog(file, options.format);
  }

  /** Adds a frame's record. Await it: then memory stays bounded however slow the disk is. */
  write(timing: FrameTiming): Promise<void> {
    const values = FRAME_LOG_FIELDS.map((field) => Math.round(timing[field] * 1000) / 1000);
    if (this.#format === "csv") return this.#file.append(`${values.join(",")}\n`);
    const members = FRAME_LOG_FIELDS.map((field, at) => `"${field}":${values[at]}`);
    return this.#file.append(`{${members.join(",")}}\n`);
  }

  /** Writes what is buffered and closes the file. Safe to call twice. */
  close(): Promise<void> {
    return this.#file.close();
  }
}
