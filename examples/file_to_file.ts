/**
 * A video in, the same video with its classes tinted out.
 *
 *     deno run -P examples/file_to_file.ts drive.mp4 drive.tinted.mp4
 */
import { segmentVideo } from "../mod.ts";

const [input = "street:seconds=2", output = "tinted.mp4"] = Deno.args;

const { report, paths } = await segmentVideo(input, output, {
  resolution: "half",
  legend: true,
  overwrite: true,
  onProgress: ({ frames }) => {
    if (frames % 50 === 0) console.error(`${frames} frames`);
  },
});

console.log(`${paths.video}: ${report.frames} frames at ${report.fps.toFixed(1)} fps`);
console.log(report.boundBy);
