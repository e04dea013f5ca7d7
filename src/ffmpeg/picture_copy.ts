/** The picture of an input without the rest of it: for ffprobe, which gives up where sound is broken. */
import { childEnvironment } from "./environment.ts";
import { inputArguments, type MediaInput } from "./input.ts";

/** The beginning of an input's picture. */
export interface PictureCopy {
  /** Matroska with one stream. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Which stream of the input it is. */
  readonly videoIndex: number;
  /** Codecs of the sound tracks as far as they are known, in stream order. */
  readonly audioCodecs: readonly string[];
}

/** Enough to tell the rate. */
const FRAMES = 50;

/**
 * Copies the first frames of the first video stream, undecoded; undefined where there is none, or
 * where it is turned, which the copy would not tell.
 *
 * @param ffmpeg The binary to run.
 * @throws The signal's reason, if it aborts.
 */
export async function copyPicture(
  ffmpeg: string,
  input: MediaInput,
  signal: AbortSignal | undefined,
): Promise<PictureCopy | undefined> {
  const { success, stdout, stderr } = await new Deno.Command(ffmpeg, {
    args: [
      ...["-hide_banner", "-nostdin", "-nostats", "-loglevel", "info", ...inputArguments(input)],
      ...["-map", "0:v:0", "-c", "copy", "-frames:v", String(FRAMES), "-f", "matroska", "pipe:1"],
    ],
    clearEnv: true,
    env: childEnvironment(),
    detached: true, // see process.ts
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...(signal && { signal }),
  }).output();
  signal?.throwIfAborted();
  const text = new TextDecoder().decode(stderr);
  const index = /Stream #0:(\d+)\S* -> #0:0 \(copy\)/.exec(text)?.[1];
  if (!success || index === undefined || text.includes("rotation of")) return undefined;
  const audio = text.matchAll(/Stream #0:\d+[^\n]*?: Audio: (\w+)/g);
  return {
    bytes: stdout,
    videoIndex: Number(index),
    audioCodecs: Array.from(audio, ([, codec]) => codec!),
  };
}
