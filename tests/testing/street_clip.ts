import { CLIP_RATE, drawClip } from "../../src/bench/clips.ts";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import type { Size } from "../../src/frame/geometry.ts";
import { ffmpeg } from "./media.ts";

/** Frames of the clip: two seconds or so, which a camera sends over and over. */
const FRAMES = 48;

/** Draws the test street as an MP4 for {@link startRtspServer} to send, at that rate. */
export async function makeStreetClip(
  path: string,
  { size, fps }: { readonly size: Size; readonly fps: number },
): Promise<void> {
  const drawn = path.replace(/\.mp4$/, ".drawn.mp4");
  await drawClip(await findFfmpeg(), drawn, { size, frames: FRAMES });
  const slower = CLIP_RATE.numerator / CLIP_RATE.denominator / fps;
  await ffmpeg(["-itsscale", String(slower), "-i", drawn, "-c", "copy", path]);
  await Deno.remove(drawn);
}

/** Draws the test street as raw I420 pictures, for a server that draws a clock on them. */
export async function makeStreetPictures(path: string, size: Size): Promise<void> {
  const drawn = `${path}.mp4`;
  await drawClip(await findFfmpeg(), drawn, { size, frames: FRAMES });
  await ffmpeg(["-i", drawn, "-f", "rawvideo", "-pix_fmt", "yuv420p", path]);
  await Deno.remove(drawn);
}
