/**
 * How much of each frame is road, as CSV.
 *
 *     deno run -P examples/count_pixels.ts drive.mp4 > road.csv
 */
import { CITYSCAPES_CLASSES, segment } from "../mod.ts";

const [input = "street:seconds=2"] = Deno.args;
const road = CITYSCAPES_CLASSES.findIndex(({ name }) => name === "road");

console.log("frame,seconds,road");
for await (const { index, ptsUs, labels } of segment(input, { resolution: "quarter" })) {
  let count = 0;
  for (const label of labels) if (label === road) count++;
  console.log(`${index},${ptsUs / 1e6},${(count / labels.length).toFixed(4)}`);
}
