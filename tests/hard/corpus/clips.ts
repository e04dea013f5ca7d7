/** The sound files that damage is done to. */
import { join } from "node:path";
import { makeClip } from "../../testing/media.ts";

/** A small clip and how it is made. */
interface Recipe {
  /** As the table names it. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
}

/** Few keyframes and many kinds of frames, so that damage spreads. */
const H264 = ["-c:v", "libx264", "-g", "6", "-bf", "2"];

const RECIPES: readonly Recipe[] = [
  { name: "mp4", file: "end.mp4", args: H264 },
  { name: "mp4, index first", file: "start.mp4", args: [...H264, "-movflags", "+faststart"] },
  { name: "mkv", file: "clip.mkv", args: H264 },
  { name: "ts", file: "clip.ts", args: H264 },
  {
    name: "webm",
    file: "clip.webm",
    args: ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-g", "6"],
  },
];

/** The same bytes on every machine: neither a random number in them, nor how many cores there are. */
const REPEATABLE = ["-threads", "1", "-fflags", "+bitexact", "-flags", "+bitexact"];

/** A clip, read. */
export interface Clip {
  readonly name: string;
  /** With the dot. */
  readonly extension: string;
  readonly bytes: Uint8Array;
}

/** Makes the clips: twelve frames of 128×64 with a tone. */
export async function makeClips(folder: string): Promise<Clip[]> {
  const clips: Clip[] = [];
  for (const { name, file, args } of RECIPES) {
    const path = join(folder, file);
    await makeClip(path, {
      size: "128x64",
      frames: 12,
      audio: true,
      args: [...args, ...REPEATABLE],
    });
    clips.push({
      name,
      extension: file.slice(file.lastIndexOf(".")),
      bytes: await Deno.readFile(path),
    });
  }
  return clips;
}
