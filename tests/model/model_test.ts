import assert from "node:assert/strict";
import { ModelError } from "../../src/errors.ts";
import { CITYSCAPES_CLASSES } from "../../src/frame/classes.ts";
import {
  buildNetwork,
  buildOnnx,
  countParameters,
  listLayers,
  loadModel,
  type Model,
} from "../../src/model/model.ts";
import { DEFAULT_MODEL, findModel, listModels } from "../../src/model/registry.ts";
import { encodeSafetensors } from "../../src/model/safetensors_writer.ts";
import { readTraits } from "../../src/model/traits.ts";
import { listGolden, readGolden } from "../testing/golden.ts";
import { randomWeights } from "./random_weights.ts";
import { largestDifference, runOnnx } from "./run_onnx.ts";

const FULL = { width: 2048, height: 1024 };

Deno.test("loadModel() loads the default model with its classes and traits", async () => {
  const model = await loadModel();
  assert.equal(model.name, "fast_scnn_street19_v0");
  assert.deepEqual(model.classes, CITYSCAPES_CLASSES);
  assert.equal(model.metadata.get("version"), "street19 v0");
  assert.deepEqual(model.traits, {
    classes: 19,
    firstPadding: 1,
    alignCorners: false,
    depthwiseRelu: true,
    epsilon: 1e-5,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  });
});

Deno.test("countParameters() gives the 1,138,051 that PyTorch counts for 19 classes", async () => {
  assert.equal(countParameters((await loadModel()).weights), 1_138_051);
});

Deno.test("listLayers() counts 6.71 GMAC at 1024x2048 and a quarter of it at half that", async () => {
  const model = await loadModel();
  const count = (size: { width: number; height: number }) =>
    listLayers(model, { size, input: "rgb" }).reduce((sum, { macs }) => sum + macs, 0) / 1e9;
  assert.equal(count(FULL).toFixed(2), "6.71");
  assert.equal(count({ width: 1024, height: 512 }).toFixed(2), (6.71 / 4).toFixed(2));
});

const golden = listGolden("street19_v0");

Deno.test({
  name: "buildOnnx() gives PyTorch's logits (skipped where ../shared/golden is absent)",
  ignore: golden.length === 0,
  fn: async (t) => {
    const model = await loadModel();
    for (const file of golden) {
      await t.step(file, async () => {
        const { width, height, image, logits } = await readGolden(file);
        const onnx = buildOnnx(model, { size: { width, height }, input: "rgb" });
        const outputs = await runOnnx(onnx, {
          image: { data: image, shape: [1, height, width, 3] },
        });
        const difference = largestDifference(outputs["logits"]!.data as Float32Array, logits);
        // 1.4e-5 where this was written; the bound leaves room for other instruction sets.
        assert.ok(difference < 1e-4, `${difference}`);
      });
    }
  },
});

Deno.test("buildNetwork() says how to feed the network and how to read it", async () => {
  const model = await loadModel();
  const size = { width: 64, height: 32 };
  const colour = { matrix: "bt709", range: "limited" } as const;
  const network = buildNetwork(model, { size, input: "i420", colour });
  assert.deepEqual({ ...network, onnx: undefined }, {
    name: "fast_scnn_street19_v0",
    onnx: undefined,
    inputSize: size,
    input: { kind: "i420", luma: "y", chroma: "uv" },
    output: { kind: "logits", name: "logits", grid: { width: 8, height: 4 }, alignCorners: false },
    classes: CITYSCAPES_CLASSES,
  });
  const { logits } = await runOnnx(network.onnx, {
    y: { data: new Uint8Array(64 * 32), shape: [1, 1, 32, 64] },
    uv: { data: new Uint8Array(64 * 16), shape: [1, 2, 16, 32] },
  });
  assert.deepEqual(logits!.dims, [1, 19, 4, 8]);
  const { input } = buildNetwork(model, { size, input: "rgb" });
  const { mean, std } = model.traits;
  assert.deepEqual(input, { kind: "rgb", name: "image", layout: "nhwc", type: "uint8", mean, std });
});

Deno.test("listModels() gives the models in models/, each with a card", async () => {
  const names = await listModels();
  assert.ok(names.includes(DEFAULT_MODEL));
  for (const name of names) {
    const card = await Deno.readTextFile(new URL(`../../models/${name}.md`, import.meta.url));
    const file = await Deno.readFile(new URL(`../../models/${name}.safetensors`, import.meta.url));
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", file)).toHex();
    assert.ok(card.includes(hash), `models/${name}.md states another sha256 than ${hash}`);
  }
});

Deno.test("findModel() names the models there are, when one is unknown", async () => {
  await assert.rejects(findModel("fast_scnn"), (error) => {
    assert.ok(error instanceof ModelError);
    assert.match(error.message, /"fast_scnn".*Take one of .*fast_scnn_street19_v0/);
    return true;
  });
});

Deno.test("loadModel() takes a .safetensors file, and refuses classes it cannot name", async () => {
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    const metadata = new Map([["padding_first_conv", "0"], ["align_corners", "true"]]);
    await Deno.writeFile(path, encodeSafetensors(randomWeights(1), metadata));
    const model: Model = await loadModel(path);
    assert.equal(model.name, path);
    assert.equal(model.traits.firstPadding, 0);
    assert.equal(model.traits.alignCorners, true);
    await Deno.writeFile(path, encodeSafetensors(randomWeights(1, 11)));
    await assert.rejects(loadModel(path), { name: "ModelError", message: /it has 11 classes/ });
  } finally {
    await Deno.remove(path);
  }
});

const WRONG: [key: string, value: string][] = [
  ["architecture", "pidnet"],
  ["padding_first_conv", "2"],
  ["align_corners", "yes"],
  ["bn_eps", "small"],
  ["normalisation", "RGB/255"],
  ["normalisation", "RGB/255, mean 0.485 0.456 x, std 0.229 0.224 0.225"],
];

for (const [key, value] of WRONG) {
  Deno.test(`readTraits() throws a ModelError, for ${key} "${value}"`, () => {
    const metadata = new Map([[key, value]]);
    assert.throws(() => readTraits("street", randomWeights(1), metadata), (error) => {
      assert.ok(error instanceof ModelError);
      assert.equal(error.actual, value);
      assert.match(error.message, new RegExp(`"street".*${key}`));
      return true;
    });
  });
}

Deno.test("readTraits() throws a ModelError, without a classifier", () => {
  assert.throws(() => readTraits("street", new Map(), new Map()), {
    name: "ModelError",
    tensor: "classifier.conv.1.weight",
  });
});
