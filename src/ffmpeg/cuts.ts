/**
 * Where a video can be cut into parts that decode on their own, without reading all of it.
 *
 * A container's word for it ("this is a keyframe") is not believed: {@link isCleanCut} decodes the
 * frames behind a cut twice, once with what lies before it and once without.
 */
import { FfmpegError } from "../errors.ts";
import type { FfmpegBinary } from "./binary.ts";
import { runFfprobe } from "./ffprobe.ts";
import { inputArguments } from "./input.ts";
import type { Probe } from "./probe.ts";
import { spawnFfmpeg } from "./process.ts";
import { fromFilter, seconds, seekArguments } from "./range.ts";
import { redact } from "./redact.ts";
import { passthroughOption } from "./release.ts";

/** The programs that look for cuts. */
export interface CutTools {
  readonly ffmpeg: FfmpegBinary;
  /** What `findFfprobe` gives. */
  readonly ffprobe: string;
  /** Ends them. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Containers with an index: seeking finds the same keyframe each time, and every frame has a time of
 * its own. In others both are estimates.
 */
const INDEXED = /^(mov,mp4|matroska,webm)/;

/** How many frames behind a cut are compared: more than any encoder refers back to by default. */
const COMPARED_FRAMES = 8;

/** Times in one command line: as many as every system takes. */
const BATCH = 200;

/** A little before a keyframe lies the one before it. */
const BACK_US = 1000;

/** Before a keyframe ffmpeg goes back this far where frames are reordered (ffmpeg_opt.c: 3/23 s). */
const REORDER_US = 131_000;

interface PacketsJson {
  readonly packets?: readonly { readonly pts_time?: string; readonly flags?: string }[];
  readonly format?: { readonly start_time?: string };
}

/**
 * The times of keyframes that lie about `everyUs` apart, in microseconds from the start of the
 * container; none where the container has no index or does not say how long it is. Reads a packet
 * at each, not what lies between.
 *
 * @throws {FfmpegError} If ffprobe cannot be run, or crashes.
 */
export async function findCuts(
  probe: Probe,
  everyUs: number,
  tools: CutTools,
): Promise<readonly number[]> {
  const { durationUs } = probe;
  if (!INDEXED.test(probe.format) || durationUs === undefined) return [];
  const cuts: number[] = [];
  let wantedUs = everyUs;
  for (let isGoingOn = true; isGoingOn;) {
    const wanted: number[] = [];
    // What is left at the end is half a part or more.
    for (; wantedUs <= durationUs - everyUs / 2 && wanted.length < BATCH; wantedUs += everyUs) {
      wanted.push(wantedUs);
    }
    // A container may say that it lasts for days, and end after a second.
    isGoingOn = false;
    for (const us of await keyframesBefore(probe, wanted, tools)) {
      if (us === undefined || us < (cuts.at(-1) ?? 0) + everyUs / 2) continue;
      cuts.push(us);
      isGoingOn = true;
    }
  }
  return cuts;
}

/**
 * Whether the frames from `cutUs` on come out the same, to the last bit and microsecond, when
 * decoding begins there as when it begins two keyframes earlier. Groups of pictures that refer
 * across their beginning, and wrong marks in the container, fail this.
 *
 * @throws {FfmpegError} If ffmpeg cannot be run, or crashes.
 */
export async function isCleanCut(probe: Probe, cutUs: number, tools: CutTools): Promise<boolean> {
  let earlierUs: number | undefined = cutUs - REORDER_US;
  for (let step = 0; step < 2 && earlierUs !== undefined && earlierUs > 0; step++) {
    const [keyframe]: readonly (number | undefined)[] = await keyframesBefore(
      probe,
      [earlierUs],
      tools,
    );
    earlierUs = keyframe === undefined ? undefined : keyframe - BACK_US;
  }
  const isFromStart = earlierUs === undefined || earlierUs <= 0;
  const [alone, withHistory] = await Promise.all([
    hashFrames(probe, cutUs, cutUs, tools),
    hashFrames(probe, isFromStart ? undefined : earlierUs, cutUs, tools),
  ]);
  return alone.length > 0 && alone.join() === withHistory.join();
}

/** For each time the keyframe at or before it; undefined where a seek does not lead to one. */
async function keyframesBefore(
  probe: Probe,
  timesUs: readonly number[],
  tools: CutTools,
): Promise<readonly (number | undefined)[]> {
  if (timesUs.length === 0) return [];
  const { name } = probe.input;
  const { ffprobe, signal } = tools;
  const ask = async (args: readonly string[]): Promise<PacketsJson> => {
    const options = ["-v", "error", "-of", "json", ...args, ...inputArguments(probe.input)];
    const { success, stdout } = await runFfprobe(ffprobe, { name, args: options, signal });
    return success ? JSON.parse(stdout) as PacketsJson : {};
  };
  const { format } = await ask(["-show_entries", "format=start_time"]);
  const originUs = microseconds(format?.start_time) ?? 0;
  const { packets = [] } = await ask([
    ...["-select_streams", String(probe.videoIndex), "-show_entries", "packet=pts_time,flags"],
    ...["-read_intervals", timesUs.map((us) => `${seconds(us + originUs)}%+#1`).join(",")],
  ]);
  // Fewer packets than asked for: which is missing cannot be told.
  if (packets.length !== timesUs.length) return timesUs.map(() => undefined);
  return packets.map(({ pts_time, flags }, index) => {
    const us = microseconds(pts_time);
    const isKey = flags?.startsWith("K") && us !== undefined;
    return isKey && us - originUs <= timesUs[index]! ? us - originUs : undefined;
  });
}

/** Time and hash of the first frames from `fromUs` on, when decoding begins at `seekUs`. */
async function hashFrames(
  probe: Probe,
  seekUs: number | undefined,
  fromUs: number,
  { ffmpeg, signal }: CutTools,
): Promise<readonly string[]> {
  const args = [
    ...seekArguments(seekUs),
    ...inputArguments(probe.input),
    ...["-map", `0:${probe.videoIndex}`, "-an", "-sn", "-dn"],
    ...["-vf", `${fromFilter(fromUs)}null`, ...passthroughOption(ffmpeg.release)],
    ...["-enc_time_base", "-1", "-frames:v", String(COMPARED_FRAMES), "-f", "framemd5", "-"],
  ];
  const process = spawnFfmpeg(ffmpeg, args, { stdin: false, stdout: true, signal });
  const [text, exit] = await Promise.all([new Response(process.stdout).text(), process.ended]);
  signal?.throwIfAborted();
  if (exit.signal !== null) {
    throw new FfmpegError(
      `Cannot look for a cut in ${JSON.stringify(probe.input.name)}: ffmpeg was ended by ` +
        `${exit.signal}. Try again, or name another --ffmpeg.`,
      { args: args.map(redact), exitCode: exit.code, stderrTail: exit.stderrTail },
    );
  }
  // "0, dts, pts, duration, size, hash": what the duration is depends on where reading began.
  return text.split("\n").filter((line) => /^\d/.test(line)).map((line) => {
    const [, , pts, , size, hash] = line.split(",").map((field) => field.trim());
    return `${pts} ${size} ${hash}`;
  });
}

function microseconds(text: string | undefined): number | undefined {
  const value = text === undefined ? NaN : Number(text);
  return Number.isFinite(value) ? Math.round(value * 1e6) : undefined;
}
