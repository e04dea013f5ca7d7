/** The last step of a video: the encoded picture and the source's sound into the final container. */
import type { Probe } from "../ffmpeg/probe.ts";
import type { FfmpegBinary } from "../ffmpeg/binary.ts";
import { inputArguments } from "../ffmpeg/input.ts";
import { type FfmpegExit, spawnFfmpeg } from "../ffmpeg/process.ts";
import { isAtLeast } from "../ffmpeg/release.ts";
import type { Container } from "./containers.ts";
import { encodeError, isWritten } from "./frame_encoder.ts";

/** Where sound comes from: the probe of the source, or that part of it. */
export type AudioSource = Pick<Probe, "input" | "audioCodecs">;

/** What to put together. */
export interface MuxOptions {
  /** The output as messages name it. */
  readonly name: string;
  /** The encoded picture, alone and beginning at time 0. */
  readonly picture: string;
  /** The picture's codec, by ffmpeg's name. */
  readonly videoCodec: string;
  /** When the picture begins, in microseconds from the beginning of the sound's container. */
  readonly startUs: number;
  /** Where sound comes from; undefined where there is none. */
  readonly audio: AudioSource | undefined;
  /** Where sound is cut, in microseconds from the same beginning; undefined keeps all of it. */
  readonly audioEndUs: number | undefined;
  /** The final format. */
  readonly container: Container;
  /** The file to write; replaced if it exists. */
  readonly path: string;
  /** Kills ffmpeg when it aborts. */
  readonly signal: AbortSignal;
}

/** How sound goes into the container. */
export type AudioMode = "copy" | "encode" | "none";

/**
 * Copies the picture, and the sound where the container takes it; encodes the sound anew where it
 * does not, or where copying fails; leaves it out where that fails too. The picture is never
 * touched, so sound that is damaged costs at most itself.
 *
 * @returns The CPU time in milliseconds, where known, and one line for each thing that was lost.
 * @throws {OutputError} If not even the picture alone can be written.
 */
export async function muxVideo(
  binary: FfmpegBinary,
  options: MuxOptions,
): Promise<{ cpuMs: number | undefined; notes: readonly string[] }> {
  const modes: AudioMode[] = hasSound(options.audio) ? ["copy", "encode", "none"] : ["none"];
  let reason = "";
  for (const mode of modes) {
    const args = muxArguments(binary, options, mode);
    const exit = await spawnFfmpeg(binary, args, {
      stdin: false,
      stdout: false,
      signal: options.signal,
    }).ended;
    options.signal.throwIfAborted();
    if (isWritten(exit)) return { cpuMs: exit.cpuMs, notes: notesOf(options, mode, exit, reason) };
    if (mode === modes.at(-1) || isFull(exit)) {
      throw encodeError(`Cannot finish ${JSON.stringify(options.name)}`, {
        output: options.name,
        args,
        exit,
      });
    }
    reason = exit.lastError;
  }
  throw new TypeError("unreachable: the last mode returns or throws");
}

/** Whether there is a track of sound to carry over. */
export function hasSound(audio: AudioSource | undefined): audio is AudioSource {
  return audio !== undefined && audio.audioCodecs.length > 0;
}

/** The arguments that open the source once more, as input 1, up to `endUs` where that is given. */
export function audioInput(audio: AudioSource, endUs?: number): readonly string[] {
  return [
    ...(endUs === undefined ? [] : ["-t", seconds(endUs)]),
    ...inputArguments(audio.input),
  ];
}

/**
 * The arguments that map the picture of input 0 and every track of sound of input 1, and code the
 * sound. Language and title of the tracks and the tags of the file come along; chapters and
 * subtitles do not.
 */
export function audioOutput(
  audio: AudioSource,
  container: Container,
  mode: Exclude<AudioMode, "none">,
): readonly string[] {
  const args = ["-map", "0:v", "-map", "1:a", "-map_metadata", "1", "-map_chapters", "-1"];
  // Damaged packets are dropped; however many there are, the rest is kept.
  args.push("-max_error_rate", "1");
  audio.audioCodecs.forEach((codec, track) => {
    const isCopied = mode === "copy" && container.audioCodecs.includes(codec);
    args.push(...(isCopied ? [`-c:a:${track}`, "copy"] : encoderOfTrack(container, track)));
  });
  // Where nothing can lie before time 0, ffmpeg would move the picture to make room for priming:
  // packets of nothing else are left out instead.
  if (!container.hasEditLists) args.push("-copypriorss:a", "0");
  return args;
}

function encoderOfTrack(container: Container, track: number): readonly string[] {
  if (container.audioEncoder === "libopus") {
    return [
      ...[`-c:a:${track}`, "libopus", `-b:a:${track}`, "128k"],
      // libopus refuses the other layouts, such as 5.1 with side speakers.
      ...[`-filter:a:${track}`, "aformat=channel_layouts=7.1|5.1|quad|3.0|stereo|mono"],
    ];
  }
  const encoder = [`-c:a:${track}`, "aac", `-b:a:${track}`, "160k"];
  if (container.hasEditLists) return encoder;
  // The priming of AAC, one packet, takes the place of the first 1024 samples (21 ms at 48 kHz).
  return [...encoder, `-filter:a:${track}`, "atrim=start_sample=1024"];
}

function muxArguments(
  binary: FfmpegBinary,
  options: MuxOptions,
  mode: AudioMode,
): readonly string[] {
  const { container, audio } = options;
  const args = ["-y"];
  // ffmpeg lets every input begin at 0; the picture then waits for its place beside the sound.
  args.push("-itsoffset", seconds(startOf(binary, options)));
  args.push("-f", container.scratch.muxer, "-i", `file:${options.picture}`);
  if (mode !== "none" && hasSound(audio)) {
    args.push(...audioInput(audio, options.audioEndUs), ...audioOutput(audio, container, mode));
  }
  args.push("-c:v", "copy");
  // Players on Apple's systems know HEVC in MP4 by this tag only.
  if (options.videoCodec === "hevc" && container.hasEditLists) args.push("-tag:v", "hvc1");
  if (container.hasEditLists && countsFinely(binary)) args.push("-movie_timescale", "90000");
  return [...args, ...container.fileOptions, "-f", container.muxer, `file:${options.path}`];
}

/**
 * When the picture begins. In MP4 that is an edit list, which an older ffmpeg counts in whole
 * milliseconds and cuts off; so it is rounded here.
 */
function startOf(binary: FfmpegBinary, { container, startUs }: MuxOptions): number {
  return container.hasEditLists && !countsFinely(binary)
    ? Math.round(startUs / 1000) * 1000
    : startUs;
}

function countsFinely(binary: FfmpegBinary): boolean {
  return isAtLeast(binary.release, [5, 0]);
}

/** What was lost. Opening the source may complain of its picture too, which is no concern here. */
function notesOf(
  { audio }: MuxOptions,
  mode: AudioMode,
  exit: FfmpegExit,
  reason: string,
): readonly string[] {
  if (!hasSound(audio)) return [];
  if (mode === "none") return [`The sound could not be kept: ${reason}.`];
  if (exit.errorCount === 0) return [];
  const complaint = exit.stderrTail.split("\n").findLast((line) =>
    audio.audioCodecs.some((codec) => line.startsWith(codec))
  );
  if (complaint === undefined) return [];
  return [`The sound is damaged and was kept as far as it goes: ${complaint}.`];
}

function isFull(exit: FfmpegExit): boolean {
  return exit.stderrTail.includes("No space left on device");
}

/** Microseconds as the decimal seconds that ffmpeg's options take. */
function seconds(us: number): string {
  return (us / 1e6).toFixed(6);
}
