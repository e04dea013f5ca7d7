import assert from "node:assert/strict";
import { join } from "node:path";
import { frameTimes, probeFile } from "../testing/media.ts";
import { runSegstream } from "../testing/segstream.ts";
import { shared } from "../testing/shared.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

/** Frame counts as ../shared/data/README.md gives them. */
const VIDEOS = [
  { file: "carnd_solidWhiteRight_960x540.mp4", frames: 221, size: [960, 540] },
  { file: "carnd_vehicle_test_video_1280x720.mp4", frames: 38, size: [1280, 720] },
  { file: "carnd_pr_test_small1_1280x720.mp4", frames: 88, size: [1280, 720] },
  { file: "mmtracking_hist_mot_1920x1080.mp4", frames: 32, size: [1920, 1080] },
];

for (const { file, frames, size } of VIDEOS) {
  const video = shared(`data/videos/${file}`);
  Deno.test({
    name: video.name(`segstream keeps frames, times and sound of ${file}`),
    ignore: video.ignore,
    async fn() {
      await using folder = await temporaryDirectory();
      const output = join(folder.path, "out.mp4");
      const { code, stderr } = await runSegstream([
        video.path,
        "-o",
        output,
        "--resolution",
        "quarter",
      ]);
      assert.equal(code, 0, stderr);
      const [before, after] = await Promise.all([frameTimes(video.path), frameTimes(output)]);
      assert.equal(after.length, frames);
      after.forEach((time, i) =>
        assert.ok(Math.abs(time - before[i]!) <= 0.001, `frame ${i}: ${time} is not ${before[i]}`)
      );
      const [source, result] = await Promise.all([probeFile(video.path), probeFile(output)]);
      const kinds = (probed: typeof source) =>
        probed.streams.map(({ codec_type }) => codec_type).sort();
      assert.deepEqual(kinds(result), kinds(source));
      const picture = result.streams.find(({ codec_type }) => codec_type === "video")!;
      assert.deepEqual([picture.width, picture.height], size);
      assert.equal(picture.codec_name, "h264");
      const names = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
      assert.deepEqual(names, ["out.mp4"], "nothing else is left");
    },
  });
}
