import assert from "node:assert/strict";
import { ModelError } from "../../../src/errors.ts";
import { CITYSCAPES_CLASSES } from "../../../src/frame/classes.ts";
import { parseClasses } from "../../../src/model/class_list.ts";
import type { FastScnnTraits } from "../../../src/model/fast_scnn.ts";
import { importWeights } from "../../../src/model/import.ts";
import { buildOnnx, loadModel } from "../../../src/model/model.ts";
import { encodeSafetensors } from "../../../src/model/safetensors_writer.ts";
import type { Tensor, Tensors } from "../../../src/model/tensor.ts";
import { listGolden, readGolden } from "../../testing/golden.ts";
import { shared } from "../../testing/shared.ts";
import { temporaryDirectory } from "../../testing/temporary.ts";
import { writeLegacy, writeZip, WrittenTensor } from "../checkpoint/pickle_writer.ts";
import { randomWeights } from "../random_weights.ts";
import { fill, referenceLogits } from "../reference.ts";
import { largestDifference, relativeDifference, runOnnx } from "../run_onnx.ts";
import { mmsegmentationName } from "./mmsegmentation_names.ts";

const golden = listGolden("public_layout_random");

for (const format of ["zip", "legacy"]) {
  const file = shared(`golden/public_layout_random.${format}.pth`);
  Deno.test({
    name: file.name(`importWeights() gives PyTorch's logits, public layout, ${format} format`),
    ignore: file.ignore,
    async fn() {
      await using directory = await temporaryDirectory();
      const path = directory.join("model.safetensors");
      const { layout, tensors, metadata } = importWeights(file.path);
      assert.equal(layout, "public");
      await Deno.writeFile(path, encodeSafetensors(tensors, metadata));
      const model = await loadModel(path);
      assert.deepEqual(model.classes, CITYSCAPES_CLASSES);
      for (const name of golden) {
        const { width, height, image, logits } = await readGolden(name);
        const onnx = buildOnnx(model, { size: { width, height }, input: "rgb" });
        const outputs = await runOnnx(onnx, {
          image: { data: image, shape: [1, height, width, 3] },
        });
        const difference = largestDifference(outputs["logits"]!.data as Float32Array, logits);
        assert.ok(difference < 1e-4, `${name}: ${difference}`);
      }
    },
  });
}

const WEIGHTS = randomWeights(3);

/** A dict of tensors as a checkpoint has it. */
function stateDict(tensors: Tensors, rename: (name: string) => string): Map<string, WrittenTensor> {
  return new Map([...tensors].map(([name, { data, shape }]) => {
    return [rename(name), new WrittenTensor("Float", data as Float32Array, shape)] as const;
  }));
}

const PUBLIC = stateDict(WEIGHTS, (name) => name);
const MMSEGMENTATION = stateDict(WEIGHTS, mmsegmentationName);

async function importFrom(
  bytes: Uint8Array<ArrayBuffer>,
  options: Parameters<typeof importWeights>[1] = {},
) {
  await using directory = await temporaryDirectory();
  const path = directory.join("net.pth");
  await Deno.writeFile(path, bytes);
  return importWeights(path, options);
}

const unrelated = new Map([["exp_avg", new WrittenTensor("Float", new Float32Array(2), [2])]]);
const average = stateDict(randomWeights(4), (name) => name);

const WRAPPED: [what: string, object: unknown][] = [
  ["bare", PUBLIC],
  ["in a state_dict", { epoch: 3, state_dict: PUBLIC, optimizer: { state: { "0": unrelated } } }],
  ["in a model", { model: PUBLIC, best: 0.7 }],
  ["in two dicts", { checkpoint: { net: PUBLIC } }],
  ["prefixed module.", stateDict(WEIGHTS, (name) => `module.${name}`)],
  ["prefixed _orig_mod.module.", stateDict(WEIGHTS, (name) => `_orig_mod.module.${name}`)],
  ["before an average", { model: PUBLIC, ema: average }],
  ["behind an average", { state_dict_ema: average, state_dict: PUBLIC }],
  ["only as an average", { model_ema: PUBLIC }],
  [
    "with an auxiliary head and counters",
    new Map([
      ...PUBLIC,
      ["auxlayer.0.weight", new WrittenTensor("Float", new Float32Array(4), [4])],
      [
        "learning_to_downsample.conv.conv.1.num_batches_tracked",
        new WrittenTensor("Long", BigInt64Array.of(7n), []),
      ],
    ]),
  ],
];

for (const [what, object] of WRAPPED) {
  Deno.test(`importWeights() finds the network, ${what}`, async () => {
    for (const write of [writeZip, writeLegacy]) {
      const { tensors } = await importFrom(write(object));
      assert.deepEqual(new Map([...tensors].sort()), new Map([...WEIGHTS].sort()));
    }
  });
}

Deno.test("importWeights() stores what a layout implies, and what overrides it", async () => {
  const { traits, metadata } = await importFrom(writeZip(PUBLIC));
  const implied: FastScnnTraits = {
    classes: 19,
    firstPadding: 0,
    alignCorners: true,
    depthwiseRelu: true,
    epsilon: 1e-5,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  };
  assert.deepEqual(traits, implied);
  assert.deepEqual(Object.fromEntries(metadata), {
    architecture: "fast-scnn",
    classes: "19",
    class_set: "cityscapes-train",
    padding_first_conv: "0",
    align_corners: "true",
    depthwise_relu: "true",
    normalisation: "RGB/255, mean 0.485 0.456 0.406, std 0.229 0.224 0.225",
    bn_eps: "0.00001",
    layout: "public",
    imported_from: "net.pth",
  });
  const options = { padding: 1, alignCorners: false, mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const other = await importFrom(writeZip(PUBLIC), options);
  const { padding: firstPadding, ...rest } = options;
  assert.deepEqual(other.traits, { ...implied, firstPadding, ...rest });
});

Deno.test("importWeights() keeps the names of other classes, and loadModel() reads them", async () => {
  const classes = parseClasses(["road", { name: "melon", colour: "#00ff80" }, "path"]);
  const three = stateDict(randomWeights(5, 3), (name) => name);
  await assert.rejects(importFrom(writeZip(three)), {
    name: "ModelError",
    message: /it has 3 classes and 19 are named\. Give their names with --classes FILE/,
  });
  const { tensors, metadata } = await importFrom(writeZip(three), { classes });
  await using directory = await temporaryDirectory();
  const path = directory.join("model.safetensors");
  await Deno.writeFile(path, encodeSafetensors(tensors, metadata));
  assert.deepEqual((await loadModel(path)).classes, classes);
  assert.deepEqual(classes[0], CITYSCAPES_CLASSES[0]);
  assert.deepEqual(classes[1], { name: "melon", colour: [0, 255, 128], category: "melon" });
});

Deno.test("importWeights() computes what mmsegmentation's network computes", async () => {
  const { layout, tensors, metadata, traits } = await importFrom(
    writeZip({
      meta: { CLASSES: CITYSCAPES_CLASSES.map(({ name }) => name) },
      state_dict: new Map([
        ...MMSEGMENTATION,
        [
          "auxiliary_head.0.conv_seg.weight",
          new WrittenTensor("Float", new Float32Array(4), [4]),
        ],
      ]),
    }),
  );
  assert.equal(layout, "mmsegmentation");
  assert.deepEqual(new Map([...tensors].sort()), new Map([...WEIGHTS].sort()));
  const size = { width: 96, height: 64 };
  const rounded = [...traits.mean, ...traits.std].map((value) => Math.round(value * 1e6) / 1e6);
  // 123.675/255 and so on: mmsegmentation normalises codes.
  assert.deepEqual(rounded, [0.485, 0.456, 0.406, 0.229, 0.224, 0.225]);
  const image = Uint8Array.from({ length: size.width * size.height * 3 }, (_, i) => i * 37 % 256);
  await using directory = await temporaryDirectory();
  const path = directory.join("model.safetensors");
  await Deno.writeFile(path, encodeSafetensors(tensors, metadata));
  const onnx = buildOnnx(await loadModel(path), { size, input: "rgb" });
  const outputs = await runOnnx(onnx, {
    image: { data: image, shape: [1, size.height, size.width, 3] },
  });
  // The reference runs the public layout's names; only what mmsegmentation changes is changed.
  const expected = referenceLogits(
    WEIGHTS,
    { ...traits, firstPadding: 1, alignCorners: false, depthwiseRelu: false },
    fill(3, size.height, size.width, (channel, row, column) => {
      const code = image[(row * size.width + column) * 3 + channel]!;
      return (code - [123.675, 116.28, 103.53][channel]!) / [58.395, 57.12, 57.375][channel]!;
    }),
  );
  const logits = outputs["logits"]!.data as Float32Array;
  assert.ok(relativeDifference(logits, expected.data) < 1e-5);
});

Deno.test("importWeights() takes classes and colours from mmsegmentation's meta", async () => {
  const state = stateDict(randomWeights(5, 2), mmsegmentationName);
  const names = ["water", "land"];
  const colours = [[0, 0, 200], [10, 200, 20]];
  const expected = parseClasses(names.map((name, id) => ({ name, colour: colours[id] })));
  for (
    const meta of [{ CLASSES: names, PALETTE: colours }, {
      dataset_meta: { classes: names, palette: colours },
    }]
  ) {
    assert.deepEqual((await importFrom(writeZip({ meta, state_dict: state }))).classes, expected);
  }
});

const old = new Map<string, Tensor>([
  ...WEIGHTS,
  ["feature_fusion.dwconv.conv.0.weight", {
    shape: [128, 128, 1, 1],
    data: new Float32Array(128 * 128),
  }],
]);
const lacking = new Map(PUBLIC);
lacking.delete("classifier.dsconv2.conv.3.weight");

const REFUSED: [what: string, object: unknown, message: RegExp][] = [
  ["no tensor", { epoch: 1 }, /it holds no tensor\. The layouts are public \("learning_to_/],
  ["another network", { init: unrelated }, /its 1 tensors, from "init\.exp_avg" on, are not named/],
  [
    "mmsegmentation before 0.15",
    stateDict(old, mmsegmentationName),
    /mmsegmentation before 0\.15, whose network is another one/,
  ],
  ["a missing tensor", lacking, /no tensor "classifier\.dsconv2\.conv\.3\.weight"/],
];

for (const [what, object, message] of REFUSED) {
  Deno.test(`importWeights() throws a ModelError of one line, for ${what}`, async () => {
    await assert.rejects(importFrom(writeZip(object)), (error) => {
      assert.ok(error instanceof ModelError);
      assert.match(error.message, message);
      assert.match(error.message, /^Cannot [^\n]*$/);
      return true;
    });
  });
}

Deno.test("importWeights() takes only the layout that is asked for", async () => {
  const both = { a: PUBLIC, b: stateDict(randomWeights(6), mmsegmentationName) };
  const { layout } = await importFrom(writeZip(both), { layout: "mmsegmentation" });
  assert.equal(layout, "mmsegmentation");
  await assert.rejects(importFrom(writeZip(PUBLIC), { layout: "mmsegmentation" }), {
    message: /are not named as the layout mmsegmentation's/,
  });
  await assert.rejects(importFrom(writeZip(PUBLIC), { layout: "keras" }), {
    name: "RangeError",
    message: /"keras": it must be public or mmsegmentation\.$/,
  });
});
