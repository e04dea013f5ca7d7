import assert from "node:assert/strict";
import { type Colour, colourTransform } from "../../src/frame/colour.ts";
import { ModelError } from "../../src/errors.ts";
import {
  buildFastScnn,
  type FastScnnOptions,
  type FastScnnTraits,
} from "../../src/model/fast_scnn.ts";
import { LayerWeights } from "../../src/model/layer_weights.ts";
import { encodeOnnx } from "../../src/model/onnx/model_proto.ts";
import type { Tensors } from "../../src/model/tensor.ts";
import { createRandom, randomWeights, TRAITS } from "./random_weights.ts";
import { fill, type Planes, referenceLogits, resize } from "./reference.ts";
import { relativeDifference, runOnnx } from "./run_onnx.ts";

// Uneven for every pooling: 1/32 of it is 2 by 5.
const SIZE = { width: 160, height: 64 };

const WEIGHTS = randomWeights(1);

const LAYOUTS: readonly { name: string; traits: FastScnnTraits }[] = [
  { name: "padded, corners not aligned", traits: TRAITS },
  {
    name: "public layout: not padded, corners aligned",
    traits: { ...TRAITS, firstPadding: 0, alignCorners: true },
  },
  { name: "no ReLU after depthwise", traits: { ...TRAITS, depthwiseRelu: false } },
];

function build(traits: FastScnnTraits, options: FastScnnOptions, weights: Tensors = WEIGHTS) {
  const layers = new LayerWeights(weights, { model: "random", epsilon: traits.epsilon });
  return encodeOnnx(buildFastScnn(layers, traits, options).build());
}

/** RGB [height, width, 3] */
function randomImage(seed: number): Uint8Array {
  const random = createRandom(seed);
  return Uint8Array.from({ length: SIZE.width * SIZE.height * 3 }, () => 256 * random());
}

function normalise(rgb: (channel: number, row: number, column: number) => number): Planes {
  return fill(3, SIZE.height, SIZE.width, (channel, row, column) => {
    return (rgb(channel, row, column) / 255 - TRAITS.mean[channel]!) / TRAITS.std[channel]!;
  });
}

function normaliseImage(image: Uint8Array): Planes {
  return normalise((channel, row, column) => image[(row * SIZE.width + column) * 3 + channel]!);
}

const imageFeed = (image: Uint8Array) => ({
  image: { data: image, shape: [1, SIZE.height, SIZE.width, 3] },
});

for (const { name, traits } of LAYOUTS) {
  Deno.test(`buildFastScnn() computes what plain loops compute, rgb, ${name}`, async () => {
    const image = randomImage(2);
    const outputs = await runOnnx(build(traits, { size: SIZE, input: "rgb" }), imageFeed(image));
    const logits = outputs["logits"]!;
    const expected = referenceLogits(WEIGHTS, traits, normaliseImage(image));
    assert.deepEqual(logits.dims, [1, 19, 8, 20]);
    assert.deepEqual([expected.height, expected.width], [8, 20]);
    assert.ok(relativeDifference(logits.data as Float32Array, expected.data) < 1e-5);
  });

  for (
    const colour of [
      { matrix: "bt601", range: "limited" },
      { matrix: "bt709", range: "full" },
    ] satisfies Colour[]
  ) {
    const label = `i420 ${colour.matrix} ${colour.range}, ${name}`;
    Deno.test(`buildFastScnn() computes what plain loops compute, ${label}`, async () => {
      const random = createRandom(3);
      const { width, height } = SIZE;
      const y = Uint8Array.from({ length: width * height }, () => 256 * random());
      const uv = Uint8Array.from({ length: width * height / 2 }, () => 256 * random());
      const options = { size: SIZE, input: "i420", colour } as const;
      const outputs = await runOnnx(build(traits, options), {
        y: { data: y, shape: [1, 1, height, width] },
        uv: { data: uv, shape: [1, 2, height / 2, width / 2] },
      });

      // The conversion, pixel by pixel and in floating point, so that nothing is clipped.
      const { offset, toRgb } = colourTransform(colour);
      const image = normalise((channel, row, column) => {
        const sample = (row >> 1) * (width / 2) + (column >> 1);
        const codes = [y[row * width + column]!, uv[sample]!, uv[width * height / 4 + sample]!];
        return codes.reduce(
          (sum, code, plane) => sum + toRgb[channel * 3 + plane]! * (code - offset[plane]!),
          0,
        );
      });
      const expected = referenceLogits(WEIGHTS, traits, image);
      assert.ok(relativeDifference(outputs["logits"]!.data as Float32Array, expected.data) < 1e-5);
    });
  }
}

Deno.test("buildFastScnn() feeds the fusion zeros, when the skip connection is zeroed", async () => {
  const image = randomImage(4);
  const onnx = build(TRAITS, { size: SIZE, input: "rgb", skip: "zero" });
  const { logits } = await runOnnx(onnx, imageFeed(image));
  const planes = normaliseImage(image);
  const zeroed = referenceLogits(WEIGHTS, TRAITS, planes, "zero");
  const kept = referenceLogits(WEIGHTS, TRAITS, planes);
  assert.ok(relativeDifference(logits!.data as Float32Array, zeroed.data) < 1e-5);
  assert.ok(relativeDifference(kept.data, zeroed.data) > 1e-2);
});

Deno.test("buildFastScnn() labels every pixel with its confidence, with the prob head", async () => {
  const image = randomImage(5);
  const traits = { ...TRAITS, alignCorners: true };
  const onnx = build(traits, { size: SIZE, input: "rgb", head: "prob" });
  const { labels, confidence } = await runOnnx(onnx, imageFeed(image));
  const logits = referenceLogits(WEIGHTS, traits, normaliseImage(image));
  const { data } = resize(logits, SIZE.height, SIZE.width, true);
  const plane = SIZE.height * SIZE.width;
  assert.equal(labels!.type, "uint8");
  assert.deepEqual(labels!.dims, [1, SIZE.height, SIZE.width]);
  assert.deepEqual(confidence!.dims, [1, SIZE.height, SIZE.width]);
  for (let pixel = 0; pixel < plane; pixel++) {
    const scores = Array.from({ length: 19 }, (_, k) => data[k * plane + pixel]!);
    const best = Math.max(...scores);
    const share = 1 / scores.reduce((sum, score) => sum + Math.exp(score - best), 0);
    const winner = Number(labels!.data[pixel]);
    assert.ok(best - scores[winner]! < 1e-4, `pixel ${pixel} is ${winner}`);
    assert.ok(Math.abs(Number(confidence!.data[pixel]) - share) < 1e-4, `pixel ${pixel}`);
  }
});

Deno.test("buildFastScnn() gives the cls head's labels alone, as uint8", async () => {
  const image = randomImage(5);
  const cls = await runOnnx(
    build(TRAITS, { size: SIZE, input: "rgb", head: "cls" }),
    imageFeed(image),
  );
  const prob = await runOnnx(
    build(TRAITS, { size: SIZE, input: "rgb", head: "prob" }),
    imageFeed(image),
  );
  assert.deepEqual(Object.keys(cls), ["labels"]);
  assert.deepEqual(cls["labels"]!.data, prob["labels"]!.data);
});

Deno.test("buildFastScnn() runs at its smallest size, 32x32, in both layouts", async () => {
  for (const { traits } of LAYOUTS) {
    const size = { width: 32, height: 32 };
    const image = { data: new Uint8Array(32 * 32 * 3), shape: [1, 32, 32, 3] };
    const { logits } = await runOnnx(build(traits, { size, input: "rgb" }), { image });
    assert.deepEqual(logits!.dims, [1, 19, 4, 4]);
  }
});

Deno.test("buildFastScnn() takes the number of classes from the traits", async () => {
  const weights = randomWeights(6, 11);
  const onnx = build({ ...TRAITS, classes: 11 }, { size: SIZE, input: "rgb" }, weights);
  const { logits } = await runOnnx(onnx, imageFeed(randomImage(7)));
  assert.deepEqual(logits!.dims, [1, 11, 8, 20]);
});

for (
  const size of [{ width: 100, height: 64 }, { width: 64, height: 0 }, { width: -32, height: -32 }]
) {
  Deno.test(`buildFastScnn() throws a RangeError, for ${size.width}x${size.height}`, () => {
    assert.throws(() => build(TRAITS, { size, input: "rgb" }), {
      name: "RangeError",
      message: /multiples of 32/,
    });
  });
}

Deno.test("buildFastScnn() names the tensor, when one is missing or has another shape", () => {
  const name = "feature_fusion.dwconv.conv.1.running_var";
  const missing = new Map(WEIGHTS);
  missing.delete(name);
  const other = new Map(WEIGHTS).set(name, { shape: [64], data: new Float32Array(64) });
  const integers = new Map(WEIGHTS).set(name, { shape: [128], data: new Uint8Array(128) });
  for (
    const [weights, actual] of [
      [missing, "none"],
      [other, "float32 [64]"],
      [integers, "Uint8Array [128]"],
    ] as const
  ) {
    assert.throws(
      () => build(TRAITS, { size: SIZE, input: "rgb" }, weights),
      (error) =>
        error instanceof ModelError && error.tensor === name && error.actual === actual &&
        error.expected === "float32 [128]" && error.message.includes("random"),
    );
  }
});
