import type { FfmpegBinary } from "./binary.ts";
import { spawnFfmpeg } from "./process.ts";

/** What an ffmpeg was built with; whether the hardware is there shows only in use. */
export interface Capabilities {
  /** Video encoders by name, such as "libx264". */
  readonly encoders: ReadonlySet<string>;
  /** Ways to decode in hardware, such as "cuda". */
  readonly hardwareDecoders: readonly string[];
}

/**
 * Asks an ffmpeg what it was built with.
 *
 * @throws {FfmpegError} If it cannot be started.
 */
export async function listCapabilities(binary: FfmpegBinary): Promise<Capabilities> {
  const [encoders, accelerations] = await Promise.all([
    answer(binary, "-encoders"),
    answer(binary, "-hwaccels"),
  ]);
  return {
    // " V..... libx264              libx264 H.264 / AVC"
    encoders: new Set(encoders.matchAll(/^ V[.\w]{5} (\w[\w-]*)/gm).map(([, name]) => name!)),
    hardwareDecoders: accelerations.split("\n").slice(1).map((line) => line.trim())
      .filter((line) => line !== ""),
  };
}

async function answer(binary: FfmpegBinary, question: string): Promise<string> {
  const process = spawnFfmpeg(binary, [question], { stdin: false, stdout: true });
  const text = await new Response(process.stdout).text();
  await process.ended;
  return text;
}
