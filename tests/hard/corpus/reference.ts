/** What ffmpeg alone decodes of a file. */
import { findFfmpeg } from "../../../src/ffmpeg/binary.ts";
import { runCommand } from "../../testing/command.ts";

/** The static binary crashes where it loads those of the system, as for an MPEG transport stream. */
const NO_CHARACTER_SETS = { GCONV_PATH: "/dev/null" };

/**
 * The times in microseconds, from the first, of every frame of the first video stream that the same
 * ffmpeg decodes; empty when it decodes none. `framecrc` prints `stream, dts, pts, duration, …` in
 * the time base that it announces as `#tb 0: 1/12800`.
 */
export async function decodableTimes(path: string): Promise<number[]> {
  const { path: ffmpeg } = await findFfmpeg();
  const quiet = ["-hide_banner", "-nostdin", "-loglevel", "quiet"];
  const input = ["-i", `file:${path}`, "-map", "0:v:0"];
  const output = ["-vsync", "0", "-enc_time_base", "-1", "-c:v", "rawvideo", "-pix_fmt", "yuv420p"];
  const { stdout } = await runCommand(
    ffmpeg,
    [...quiet, ...input, ...output, "-f", "framecrc", "-"],
    { env: NO_CHARACTER_SETS },
  );
  const text = new TextDecoder().decode(stdout);
  const [, numerator, denominator] = /^#tb 0: (\d+)\/(\d+)$/m.exec(text) ?? [];
  const ticks = [...text.matchAll(/^0, *-?\d+, *(-?\d+),/gm)].map(([, pts]) => Number(pts));
  return ticks.map((pts) => (pts - ticks[0]!) * Number(numerator) * 1e6 / Number(denominator));
}
