import assert from "node:assert/strict";
import { join } from "node:path";
import { frameTimes } from "../testing/media.ts";
import { runSegstream } from "../testing/segstream.ts";
import { shared } from "../testing/shared.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

/** Frames that ffmpeg decodes, as ../shared/data/README.md gives them; 0: one clear line instead. */
const FILES: Record<string, number> = {
  "decord_corrupted.mp4": 49,
  "decord_video_180.mov": 3,
  "decord_video_90.mov": 3,
  "exo_bear-vp9-odd-dimensions.webm": 30,
  "exo_dolbyVision-hdr.MOV": 4,
  "exo_invalid-bitstream.webm": 0,
  "exo_phone_rot90_vfr_video_1.mp4": 23,
  "exo_sample.avi": 96,
  "exo_sample_av1.mp4": 30,
  "exo_sample_fragmented.mp4": 30,
  "exo_video_desks_h263.3gp": 71,
  "mediabunny_cursed-vfr.mp4": 63,
  "mediabunny_edts.mp4": 225,
  "mediabunny_no-initial-keyframe.ts": 15,
  "mediabunny_sar_2x1.mp4": 150,
  "moviepy_bitmap.mp4": 5,
  "moviepy_video_with_failing_audio.mp4": 280,
  "mp4parse_invalid_userdata.mp4": 0,
  "mp4parse_zero_empty_stsc.mp4": 0,
  "torchcodec_bt709_full_range.mp4": 30,
  "torchcodec_h264_10bits.mp4": 30,
  "torchcodec_h265_video.mp4": 10,
};

for (const [name, frames] of Object.entries(FILES)) {
  const file = shared(`data/torture/${name}`);
  const outcome = frames > 0 ? `gives ${frames} frames of` : "refuses in one line";
  Deno.test({
    name: file.name(`segstream ${outcome} ${name}`),
    ignore: file.ignore,
    async fn() {
      await using folder = await temporaryDirectory();
      const output = join(folder.path, "out.mp4");
      const { code, stderr } = await runSegstream([
        file.path,
        "-o",
        output,
        "--resolution",
        "quarter",
      ]);
      const left = [...Deno.readDirSync(folder.path)].map((entry) => entry.name);
      if (frames === 0) {
        assert.equal(code, 1, stderr);
        assert.match(stderr, /^segstream: Cannot [^\n]+\.\n$/);
        assert.ok(stderr.includes(name), "the line names the file");
        assert.deepEqual(left, [], "nothing is left behind");
        return;
      }
      assert.equal(code, 0, stderr);
      assert.deepEqual(left, ["out.mp4"]);
      const times = await frameTimes(output);
      assert.equal(times.length, frames);
      for (let i = 1; i < times.length; i++) assert.ok(times[i]! > times[i - 1]!, `frame ${i}`);
    },
  });
}
