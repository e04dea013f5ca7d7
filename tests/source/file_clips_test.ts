/**
 * The file source on real clips: those of the shared data folder beside the repository, which is not
 * part of it. Without the folder these tests are skipped, and their names say what they need.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { InputError } from "../../src/errors.ts";
import { findFfprobe } from "../../src/ffmpeg/binary.ts";
import { childEnvironment } from "../../src/ffmpeg/environment.ts";
import { i420Layout, planeOf } from "../../src/frame/geometry.ts";
import { openFileSource } from "../../src/source/file.ts";
import { ffmpegOutput, otherFfmpeg } from "../ffmpeg/ffmpeg_runs.ts";
import { SlotLog } from "./slot_log.ts";

const DATA = fileURLToPath(new URL("../../../shared/data/", import.meta.url));
const ignore = !await Deno.stat(DATA).then((stat) => stat.isDirectory, () => false);

const NEEDS = ignore ? " (skipped: needs ../shared/data)" : "";

/** Frames of the reference decode, from the folder's README (`ffmpeg -map 0:v:0 -vsync 0`). */
const FRAMES: Record<string, number> = {
  "torture/decord_corrupted.mp4": 49,
  "torture/decord_video_180.mov": 3,
  "torture/decord_video_90.mov": 3,
  "torture/exo_bear-vp9-odd-dimensions.webm": 30,
  "torture/exo_dolbyVision-hdr.MOV": 4,
  "torture/exo_phone_rot90_vfr_video_1.mp4": 23,
  "torture/exo_sample.avi": 96,
  "torture/exo_sample_av1.mp4": 30,
  "torture/exo_sample_fragmented.mp4": 30,
  "torture/exo_video_desks_h263.3gp": 71,
  "torture/mediabunny_cursed-vfr.mp4": 63,
  "torture/mediabunny_edts.mp4": 225,
  "torture/mediabunny_no-initial-keyframe.ts": 15,
  "torture/mediabunny_sar_2x1.mp4": 150,
  "torture/moviepy_bitmap.mp4": 5,
  "torture/moviepy_video_with_failing_audio.mp4": 280,
  "torture/torchcodec_bt709_full_range.mp4": 30,
  "torture/torchcodec_h264_10bits.mp4": 30,
  "torture/torchcodec_h265_video.mp4": 10,
  "videos/carnd_pr_test_small1_1280x720.mp4": 88,
  "videos/carnd_solidWhiteRight_960x540.mp4": 221,
  "videos/carnd_vehicle_test_video_1280x720.mp4": 38,
  "videos/mmtracking_hist_mot_1920x1080.mp4": 32,
};

/** Files that nothing can be decoded of. */
const HOPELESS = [
  "torture/exo_invalid-bitstream.webm",
  "torture/mp4parse_invalid_userdata.mp4",
  "torture/mp4parse_zero_empty_stsc.mp4",
];

async function decode(file: string, options: { ffmpeg?: string | undefined; keep?: number } = {}) {
  const source = await openFileSource(DATA + file, { ffmpeg: options.ffmpeg });
  try {
    const log = new SlotLog(source.info.size, options.keep);
    await source.run(log, new AbortController().signal);
    return { source, info: source.info, frames: log.frames };
  } finally {
    await source.close();
  }
}

/** Times of the frames that ffprobe decodes, from the container's start, in microseconds. */
async function probedTimes(file: string, stream: number): Promise<number[]> {
  const shown = ["-show_entries", "format=start_time:frame=best_effort_timestamp_time"];
  const { stdout } = await new Deno.Command(await findFfprobe(), {
    args: ["-v", "quiet", "-select_streams", `${stream}`, ...shown, "-of", "json", DATA + file],
    clearEnv: true,
    env: childEnvironment(),
    stderr: "null",
  }).output();
  const { format, frames } = JSON.parse(new TextDecoder().decode(stdout)) as {
    format: { start_time: string };
    frames: { best_effort_timestamp_time: string }[];
  };
  const start = Number(format.start_time);
  return frames.map((frame) => (Number(frame.best_effort_timestamp_time) - start) * 1e6);
}

for (const ffmpeg of [undefined, otherFfmpeg]) {
  Deno.test({
    name: `openFileSource() with ${ffmpeg ?? "the bundled ffmpeg"} decodes every clip${NEEDS}`,
    ignore,
    fn: async (t) => {
      for (const [file, count] of Object.entries(FRAMES)) {
        await t.step(file, async () => {
          const { source, info, frames } = await decode(file, { ffmpeg });
          assert.equal(frames.length, count);
          frames.forEach(({ index }, n) => assert.equal(index, n));
          assert.equal(frames[0]!.ptsUs, 0);
          for (let n = 1; n < count; n++) assert.ok(frames[n]!.ptsUs > frames[n - 1]!.ptsUs);
          const times = await probedTimes(file, source.probe.videoIndex);
          assert.equal(times.length, count);
          times.forEach((time, n) => {
            const difference = frames[n]!.ptsUs + info.startUs - time;
            assert.ok(Math.abs(difference) <= 1000, `frame ${n} is off by ${difference} µs`);
          });
        });
      }
    },
  });

  Deno.test({
    name: `openFileSource() with ${
      ffmpeg ?? "the bundled ffmpeg"
    } says why, when nothing decodes${NEEDS}`,
    ignore,
    fn: async (t) => {
      for (const file of HOPELESS) {
        await t.step(file, async () => {
          await assert.rejects(() => decode(file, { ffmpeg }), (error: Error) => {
            assert.ok(error instanceof InputError, String(error));
            assert.match(error.message, /no frame in it decodes/);
            assert.ok(!error.message.includes("\n"));
            return true;
          });
        });
      }
    },
  });
}

Deno.test({
  name: `openFileSource() tells the geometry of turned, odd and stretched clips${NEEDS}`,
  ignore,
  fn: async () => {
    const cases: [file: string, width: number, height: number, aspect: [number, number]][] = [
      ["torture/decord_video_180.mov", 568, 320, [1, 1]],
      ["torture/decord_video_90.mov", 320, 568, [1, 1]],
      ["torture/exo_phone_rot90_vfr_video_1.mp4", 288, 352, [1, 1]],
      ["torture/exo_dolbyVision-hdr.MOV", 720, 1280, [1, 1]],
      ["torture/exo_bear-vp9-odd-dimensions.webm", 162, 122, [1, 1]],
      ["torture/moviepy_bitmap.mp4", 2, 2, [1, 1]],
      ["torture/mediabunny_sar_2x1.mp4", 640, 360, [2, 1]],
      ["torture/exo_video_desks_h263.3gp", 352, 288, [12, 11]],
    ];
    for (const [file, width, height, [numerator, denominator]] of cases) {
      const source = await openFileSource(DATA + file);
      assert.deepEqual(source.info.size, { width, height }, file);
      assert.deepEqual(source.info.sampleAspectRatio, { numerator, denominator }, file);
      await source.close();
    }
  },
});

Deno.test({
  name: `openFileSource() turns the pixels with the picture${NEEDS}`,
  ignore,
  fn: async () => {
    // The same clip as coded, by an ffmpeg that is told not to turn it.
    const file = "torture/decord_video_90.mov";
    const args = ["-noautorotate", "-i", DATA + file, "-frames:v", "1", "-f", "rawvideo", "-"];
    const coded = await ffmpegOutput(args);
    const { info, frames } = await decode(file, { keep: 1 });
    const luma = planeOf(frames[0]!.pixels!, i420Layout(info.size).y);
    const [codedWidth, codedHeight] = [info.size.height, info.size.width];
    for (let row = 0; row < info.size.height; row += 7) {
      for (let column = 0; column < info.size.width; column += 5) {
        // Clockwise: the left column of the coded picture is the top row, bottom first.
        const expected = coded[(codedHeight - 1 - column) * codedWidth + row];
        assert.equal(luma[row * info.size.width + column], expected, `${column},${row}`);
      }
    }
  },
});

Deno.test({
  name: `openFileSource() keeps every sample of a full range${NEEDS}`,
  ignore,
  fn: async () => {
    const file = "torture/torchcodec_bt709_full_range.mp4";
    const args = [
      "-i",
      DATA + file,
      "-frames:v",
      "1",
      "-pix_fmt",
      "yuvj420p",
      "-f",
      "rawvideo",
      "-",
    ];
    const { info, frames } = await decode(file, { keep: 1 });
    assert.deepEqual(info.colour, { matrix: "bt709", range: "full" });
    assert.deepEqual(frames[0]!.pixels, await ffmpegOutput(args));
  },
});

Deno.test({
  name: `openFileSource() maps HLG with its colours, not washed out${NEEDS}`,
  ignore,
  fn: async () => {
    const file = "torture/exo_dolbyVision-hdr.MOV";
    const args = [
      "-i",
      DATA + file,
      "-frames:v",
      "1",
      "-pix_fmt",
      "yuv420p",
      "-f",
      "rawvideo",
      "-",
    ];
    const naive = await ffmpegOutput(args);
    const { info, frames } = await decode(file, { keep: 1 });
    const { y, u, v } = i420Layout(info.size);
    const pixels = frames[0]!.pixels!;
    const luma = planeOf(pixels, y);
    const level = luma.reduce((sum, code) => sum + code, 0) / luma.length;
    // A daylight sky: neither black nor burnt out.
    assert.ok(level > 90 && level < 200, `mean luma ${level}`);
    for (const plane of [u, v]) {
      const ratio = spread(planeOf(pixels, plane)) / spread(planeOf(naive, plane));
      // BT.2020 codes read as BT.709 lose colour; the map gives it back.
      assert.ok(ratio > 1.2, `chroma spreads ${ratio} times as far as without the map`);
    }
  },
});

/** Root mean square of the distance from grey. */
function spread(plane: Uint8Array): number {
  return Math.sqrt(plane.reduce((sum, code) => sum + (code - 128) ** 2, 0) / plane.length);
}
