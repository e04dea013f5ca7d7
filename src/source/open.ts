import type { Probe } from "../ffmpeg/probe.ts";
import type { TimeRange } from "../ffmpeg/range.ts";
import { openFileSource } from "./file.ts";
import type { FrameSource } from "./source.ts";
import { isStreet, openStreetSource, parseStreet } from "./street.ts";

export { isStreet };

/** How to open an input. */
export interface OpenOptions {
  /** The ffmpeg that decodes; SEGSTREAM_FFMPEG, then the bundled one by default. */
  readonly ffmpeg?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The part of a file or URL to decode; all of it by default. */
  readonly range?: TimeRange | undefined;
}

/** A source, and what its container says where it has one. */
export interface OpenedSource {
  readonly source: FrameSource;
  /** Absent for a source that is drawn here. */
  readonly probe: Probe | undefined;
  /** What went wrong without stopping the run: lines for the user, complete once it is done. */
  readonly warnings: readonly string[];
}

/**
 * Opens what the user named: `street:…`, or a file or URL that ffmpeg can read.
 *
 * @throws {TypeError} If the description of a street is malformed.
 * @throws {InputError} If the input cannot be opened or holds no video.
 * @throws {FfmpegError} If ffmpeg or ffprobe cannot be run.
 */
export async function openSource(input: string, options: OpenOptions): Promise<OpenedSource> {
  if (isStreet(input)) {
    return { source: openStreetSource(parseStreet(input)), probe: undefined, warnings: [] };
  }
  const source = await openFileSource(input, options);
  return { source, probe: source.probe, warnings: source.warnings };
}
