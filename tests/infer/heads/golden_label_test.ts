import assert from "node:assert/strict";
import { UpsampleArgmax } from "../../../src/infer/heads/label.ts";
import { readGolden } from "../../testing/golden.ts";
import { shared } from "../../testing/shared.ts";
import { countDifferences } from "./plain_upsample.ts";

/** Real logits, and the sizes they are upsampled to: the network's own, and an odd source's. */
const CASES = [
  { file: "street19_v0.1024x2048", outputs: [[2048, 1024], [1921, 1081]] },
  { file: "street19_v0.512x1024", outputs: [[1024, 512], [1279, 719]] },
  { file: "street19_v0.256x512", outputs: [[512, 256], [161, 121]] },
] as const;

for (const { file, outputs } of CASES) {
  for (const [width, height] of outputs) {
    const golden = shared(`golden/${file}.safetensors`);
    Deno.test({
      name: golden.name(
        `UpsampleArgmax labels no pixel of ${width}x${height} otherwise than the plain evaluation ` +
          `of ${file}'s logits`,
      ),
      ignore: golden.ignore,
      async fn() {
        const { logits, ...image } = await readGolden(`${file}.safetensors`);
        const grid = { width: image.width / 8, height: image.height / 8 };
        const classes = logits.length / (grid.width * grid.height);
        const shape = { classes, grid, output: { width, height } };
        const labels = new Uint8Array(width * height);
        new UpsampleArgmax(shape).run(logits, labels);
        assert.equal(countDifferences(shape, logits, labels), 0);
      },
    });
  }
}
