/** The videos that the end-to-end runs read: made before the clock starts, so drawing costs nothing. */
import { FfmpegError } from "../errors.ts";
import type { FfmpegBinary } from "../ffmpeg/binary.ts";
import { inputArguments, parseInput } from "../ffmpeg/input.ts";
import { spawnFfmpeg } from "../ffmpeg/process.ts";
import { formatSize, type Size } from "../frame/geometry.ts";
import type { Ratio } from "../frame/stream.ts";
import { encoderArguments } from "../sink/encoders.ts";
import { StreetScene } from "../source/street.ts";

/** Frames that are drawn; a longer clip repeats them. */
const DRAWN_FRAMES = 48;

/** Of the drawn clips. */
export const CLIP_RATE: Ratio = { numerator: 30, denominator: 1 };

/** A clip on the disk. */
export interface Clip {
  readonly path: string;
  readonly frames: number;
}

/**
 * Draws the test street and encodes it as H.264.
 *
 * @param path Ends in ".mp4".
 * @throws {FfmpegError} If ffmpeg fails.
 */
export async function drawClip(
  binary: FfmpegBinary,
  path: string,
  options: { size: Size; frames: number; signal?: AbortSignal | undefined },
): Promise<Clip> {
  const { size, frames, signal } = options;
  const drawn = Math.min(frames, DRAWN_FRAMES);
  const once = drawn === frames ? path : path.replace(/\.mp4$/, ".once.mp4");
  const rate = `${CLIP_RATE.numerator}/${CLIP_RATE.denominator}`;
  await runFfmpeg(binary, [
    ...["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", formatSize(size), "-r", rate],
    ...["-i", "pipe:0", ...encoderArguments("libx264", { frameRate: CLIP_RATE })],
    ...["-colorspace", "bt709", "-color_range", "tv", "-y", `file:${once}`],
  ], { signal, stdin: (pipe) => drawStreet(pipe, size, drawn) });
  if (drawn < frames) {
    const loops = String(Math.ceil(frames / drawn) - 1);
    await runFfmpeg(binary, [
      ...["-stream_loop", loops, "-i", `file:${once}`, "-c", "copy"],
      ...["-frames:v", String(frames), "-y", `file:${path}`],
    ], { signal });
    await Deno.remove(once);
  }
  return { path, frames };
}

/**
 * Copies the first frames of an input, undecoded, so that every run reads the same from the disk.
 *
 * @param path Ends in ".mkv", which holds any codec.
 * @throws {FfmpegError} If ffmpeg fails.
 */
export async function cutClip(
  binary: FfmpegBinary,
  path: string,
  options: {
    input: string;
    videoIndex: number;
    frames: number;
    signal?: AbortSignal | undefined;
  },
): Promise<Clip> {
  const { input, videoIndex, frames, signal } = options;
  await runFfmpeg(binary, [
    ...inputArguments(parseInput(input)),
    ...["-map", `0:${videoIndex}`, "-c", "copy", "-frames:v", String(frames)],
    ...["-y", `file:${path}`],
  ], { signal });
  return { path, frames };
}

async function drawStreet(
  pipe: WritableStream<Uint8Array>,
  size: Size,
  frames: number,
): Promise<void> {
  const scene = new StreetScene({ size, seed: 1 });
  const pixels = new Uint8Array(size.width * size.height * 3 / 2);
  const writer = pipe.getWriter();
  for (let frame = 0; frame < frames; frame++) {
    scene.draw(Math.round(frame * 1e6 * CLIP_RATE.denominator / CLIP_RATE.numerator), pixels);
    await writer.write(pixels);
  }
  await writer.close();
}

async function runFfmpeg(
  binary: FfmpegBinary,
  args: readonly string[],
  options: {
    signal?: AbortSignal | undefined;
    stdin?: (pipe: WritableStream<Uint8Array>) => Promise<void>;
  },
): Promise<void> {
  const { signal, stdin } = options;
  const process = spawnFfmpeg(binary, args, { stdin: stdin !== undefined, stdout: false, signal });
  // A broken pipe is told better by how ffmpeg ended.
  await stdin?.(process.stdin).catch(() => {});
  const { code, lastError, stderrTail } = await process.ended;
  signal?.throwIfAborted();
  if (code === 0) return;
  throw new FfmpegError(
    `Cannot make a clip to measure with: ffmpeg ${binary.version} says ` +
      `"${lastError || `exit code ${code}`}". Name another with --ffmpeg.`,
    { args, exitCode: code, stderrTail },
  );
}
