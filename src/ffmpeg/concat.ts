/** Plays pieces of a video one after the other, each at its own time, without decoding them. */
import { runFfprobe } from "./ffprobe.ts";
import { inputArguments } from "./input.ts";
import { seconds } from "./range.ts";

/** A file, and when its first frame comes in the whole, in microseconds. */
export interface TimedPiece {
  /** A name of letters, digits, dots and dashes, in the folder of the list. */
  readonly file: string;
  readonly startUs: number;
}

/**
 * A list for ffmpeg's `concat` demuxer, which lets each file begin where the durations before it add
 * up to. So what is given as a duration is the distance from one beginning to the next: every frame
 * keeps its distance to the first one, to the microsecond.
 */
export function concatList(pieces: readonly TimedPiece[]): string {
  const lines = ["ffconcat version 1.0"];
  pieces.forEach(({ file, startUs }, index) => {
    lines.push(`file ${file}`);
    const next = pieces[index + 1];
    if (next !== undefined) lines.push(`duration ${seconds(next.startUs - startUs)}`);
  });
  return `${lines.join("\n")}\n`;
}

/**
 * How many frames the first video stream of a local file has, by its packets.
 *
 * @throws {FfmpegError} If ffprobe cannot be run, or crashes.
 */
export async function countFrames(
  ffprobe: string,
  path: string,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const { success, stdout } = await runFfprobe(ffprobe, {
    name: path,
    args: [
      ...["-v", "error", "-select_streams", "v:0", "-count_packets"],
      ...["-show_entries", "stream=nb_read_packets", "-of", "csv=p=0"],
      ...inputArguments({ kind: "file", name: path, path }),
    ],
    signal,
  });
  return success ? Number.parseInt(stdout) : undefined;
}
