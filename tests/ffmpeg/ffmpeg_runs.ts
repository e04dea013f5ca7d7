/** What the tests of ffmpeg share: a second ffmpeg, generated clips, collected output. */
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { spawnFfmpeg } from "../../src/ffmpeg/process.ts";

/** The system's ffmpeg, which is newer than the bundled one; tests run with both. */
export const otherFfmpeg = "ffmpeg";

/** All bytes of a stream. */
export async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(
    await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}

/** What an ffmpeg prints to its standard output. */
export async function ffmpegOutput(args: readonly string[], path?: string): Promise<Uint8Array> {
  const run = spawnFfmpeg(await findFfmpeg({ path }), args, { stdin: false, stdout: true });
  const bytes = await collect(run.stdout);
  const { code, stderrTail } = await run.ended;
  if (code !== 0) throw new Error(`ffmpeg ${args.join(" ")}: ${stderrTail}`);
  return bytes;
}

/** Makes a clip in a folder that is removed after `use`. */
export async function withClip(
  args: readonly string[],
  name: string,
  use: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "segstream_clip_" });
  try {
    const path = `${folder}/${name}`;
    await ffmpegOutput([...args, "-y", `file:${path}`]);
    await use(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
