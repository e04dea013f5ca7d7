/** Networks that were not built here, from their file to the class map. */
import assert from "node:assert/strict";
import { rgbToYuv } from "../../src/frame/colour.ts";
import { HEADER_FIELDS } from "../../src/frame/timing.ts";
import { createHead } from "../../src/infer/heads/head.ts";
import { UpsampleNearest } from "../../src/infer/heads/nearest.ts";
import { Segmenter } from "../../src/infer/segmenter.ts";
import { customNetwork, describeCustomModel } from "../../src/model/custom/custom_model.ts";
import type { CustomFacts } from "../../src/model/custom/sidecar.ts";
import { parseClasses } from "../../src/model/class_list.ts";
import type { Network } from "../../src/model/network.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { TINY_CLASSES, type TinyNetwork, tinyNetwork } from "../testing/tiny_network.ts";

const SOURCE = { width: 96, height: 48 };
const COLOUR = { matrix: "bt709", range: "limited" } as const;

/** Thirds of red, green and blue from left to right; the lower half is green throughout. */
function drawFrame(): Uint8Array {
  const { width, height } = SOURCE;
  const frame = new Uint8Array(width * height * 3 / 2);
  const codes = ([[200, 40, 40], [40, 200, 40], [40, 40, 200]] as const)
    .map((rgb) => rgbToYuv(rgb, COLOUR));
  const put = (offset: number, plane: 0 | 1 | 2, columns: number, rows: number) => {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        frame[offset + y * columns + x] = codes[colourAt(x / columns, y / rows)]![plane];
      }
    }
  };
  put(0, 0, width, height);
  put(width * height, 1, width / 2, height / 2);
  put(width * height * 5 / 4, 2, width / 2, height / 2);
  return frame;
}

function colourAt(x: number, y: number): number {
  return y >= 0.5 ? 1 : Math.floor(3 * x);
}

async function segment(
  network: TinyNetwork,
  facts: CustomFacts = {},
  input = { width: 96, height: 64 },
): Promise<{ labels: Uint8Array; confidence: Uint8Array }> {
  await using directory = await temporaryDirectory();
  const path = directory.join("net.onnx");
  await Deno.writeFile(path, tinyNetwork(network));
  const names = Array.from(
    { length: network.classes ?? 3 },
    (_, id) => TINY_CLASSES[id] ?? `${id}`,
  );
  const model = await describeCustomModel(path, { classes: parseClasses(names), ...facts });
  const options = { source: SOURCE, colour: COLOUR, provider: "cpu", threads: 1 } as const;
  const segmenter = await Segmenter.create(customNetwork(model, input), options);
  const labels = new Uint8Array(SOURCE.width * SOURCE.height).fill(99);
  const confidence = new Uint8Array(labels.length);
  await segmenter.warmUp();
  await segmenter.segment(
    { pixels: drawFrame(), labels, confidence },
    new Float64Array(HEADER_FIELDS),
  );
  await segmenter.dispose();
  return { labels, confidence };
}

/** Wherever no border of two colours is within 5 pixels, which no resize here blurs across. */
function assertThirds(labels: Uint8Array): void {
  const { width, height } = SOURCE;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const nearEdge = [32, 64].some((edge) => Math.abs(x - edge) < 5) || Math.abs(y - 24) < 5;
      if (nearEdge) continue;
      assert.equal(labels[y * width + x], colourAt(x / width, y / height), `at ${x}, ${y}`);
    }
  }
}

const FORMS: readonly TinyNetwork[] = [
  ...(["nchw", "nhwc"] as const).flatMap((layout) =>
    (["float32", "float16", "uint8"] as const).flatMap((type) => [
      { layout, type },
      { layout, type, size: { width: 64, height: 48 } },
    ])
  ),
  { size: { width: 65, height: 33 } },
  { layout: "nhwc", type: "uint8", size: { width: 33, height: 65 } },
  { stride: 4 },
  { stride: 8, size: { width: 128, height: 96 } },
  { outputType: "float16" },
  { outputType: "float16", stride: 4 },
  { output: "logits-nhwc" },
  { output: "logits-nhwc", outputType: "float16", size: { width: 64, height: 48 } },
  { layout: "nhwc", output: "logits-nhwc", stride: 2 },
  { classes: 19 },
  { output: "labels" },
  ...(["int64", "int32", "uint8", "float32"] as const).flatMap((outputType) => [
    { output: "labels", outputType } as const,
    { output: "labels", outputType, keepAxis: "second", size: { width: 64, height: 48 } } as const,
  ]),
  { output: "labels", keepAxis: "last", stride: 2, size: { width: 128, height: 96 } },
  { output: "labels", stride: 4, outputType: "int32" },
];

for (const form of FORMS) {
  Deno.test(`Segmenter labels with a network of one's own: ${JSON.stringify(form)}`, async () => {
    assertThirds((await segment(form)).labels);
  });
}

Deno.test("Segmenter feeds what the normalisation says", async () => {
  // Red's mean so high that what is red looks least so: blue and green tie below it, and green wins.
  const facts = { mean: [1, 0, 0], std: [0.01, 1, 1] } as const;
  const { labels } = await segment({}, facts);
  assert.equal(labels[SOURCE.width * 10 + 10], 1);
});

Deno.test("Segmenter is certain of labels, and of logits as far apart as they are", async () => {
  assert.equal((await segment({ output: "labels" })).confidence[1000], 255);
  const { confidence } = await segment({}, { mean: [0, 0, 0], std: [1, 1, 1] });
  // Logits 200/255, 40/255, 40/255: e^0.784 / (e^0.784 + 2·e^0.157) = 0.484.
  assert.ok(Math.abs(confidence[SOURCE.width * 10 + 10]! - 0.484 * 255) < 4);
});

Deno.test("createHead() says so, when logits have other classes than are named", () => {
  const network: Network = {
    name: "net.onnx",
    onnx: new Uint8Array(),
    inputSize: SOURCE,
    input: {
      kind: "rgb",
      name: "image",
      layout: "nchw",
      type: "uint8",
      mean: [0, 0, 0],
      std: [1, 1, 1],
    },
    output: { kind: "scores", name: "map", alignCorners: false },
    classes: parseClasses(["a", "b"]),
  };
  for (const shape of [[1, 3, 4, 4], [2, 2, 4, 4], [2, 4, 4]]) {
    assert.throws(() => createHead(network, 2, SOURCE).accept(shape), {
      name: "ModelError",
      message: /^Cannot use "net\.onnx": it gives logits of \[.*\], and 2 classes are named\./,
    });
  }
});

Deno.test("UpsampleNearest takes the label whose area a pixel's centre lies in", () => {
  const target = new Uint8Array(7 * 3);
  new UpsampleNearest({ width: 3, height: 2 }, { width: 7, height: 3 })
    .run(Uint8Array.of(1, 2, 3, 4, 5, 6), target);
  // Centres at (x + ½)·3/7: 0.21 0.64 1.07 1.5 1.93 2.36 2.79; rows (y + ½)·2/3: 0.33 1 1.67.
  assert.deepEqual([...target], [
    ...[1, 1, 2, 2, 2, 3, 3],
    ...[4, 4, 5, 5, 5, 6, 6],
    ...[4, 4, 5, 5, 5, 6, 6],
  ]);
  const same = new UpsampleNearest({ width: 3, height: 2 }, { width: 3, height: 2 });
  const copy = new Uint8Array(6);
  same.run(Uint8Array.of(1, 2, 3, 4, 5, 6), copy);
  assert.deepEqual([...copy], [1, 2, 3, 4, 5, 6]);
  assert.throws(() => same.run(new Uint8Array(5), copy), RangeError);
  assert.throws(() => same.run(new Uint8Array(6), new Uint8Array(5)), RangeError);
});
