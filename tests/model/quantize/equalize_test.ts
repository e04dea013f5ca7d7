import assert from "node:assert/strict";
import { buildFastScnn, type Layers } from "../../../src/model/fast_scnn.ts";
import { LayerWeights } from "../../../src/model/layer_weights.ts";
import { encodeOnnx } from "../../../src/model/onnx/model_proto.ts";
import { listActivations } from "../../../src/model/quantize/activations.ts";
import { BalancedWeights } from "../../../src/model/quantize/balanced_weights.ts";
import { equalize } from "../../../src/model/quantize/equalize.ts";
import type { Statistics } from "../../../src/model/quantize/statistics.ts";
import { createRandom, randomWeights, TRAITS } from "../random_weights.ts";
import { relativeDifference, runOnnx } from "../run_onnx.ts";

const SIZE = { width: 64, height: 32 };

const layers = new LayerWeights(randomWeights(5), { model: "random", epsilon: 1e-5 });

function build(weights: Layers) {
  return buildFastScnn(weights, TRAITS, { input: "rgb", size: SIZE });
}

/** Channels that differ a hundredfold. */
function unevenStatistics(): Statistics {
  const random = createRandom(7);
  return new Map(
    listActivations(build(layers).build()).map(({ name, shape }) => {
      const channels = { length: shape[1]! };
      const high = Float32Array.from(channels, () => 100 ** random() / 10);
      const low = name.endsWith("relu")
        ? new Float32Array(shape[1]!)
        : high.map((most) => -most / 2);
      return [name, { low, high, mean: new Float32Array(shape[1]!) }];
    }),
  );
}

Deno.test("equalize() rescales channels so that the network computes the same", async () => {
  const random = createRandom(9);
  const data = Uint8Array.from({ length: SIZE.width * SIZE.height * 3 }, () => 256 * random());
  const image = { data, shape: [1, SIZE.height, SIZE.width, 3] };
  const { layers: scales } = equalize(build(layers).build(), unevenStatistics());
  const balanced = new BalancedWeights(layers, {
    scales,
    inputMeans: new Map(),
    weightRange: "full",
  });
  const [expected, actual] = await Promise.all(
    [layers, balanced].map((weights) => runOnnx(encodeOnnx(build(weights).build()), { image })),
  );
  const difference = relativeDifference(
    actual!.logits!.data as Float32Array,
    expected!.logits!.data as Float32Array,
  );
  assert.ok(difference < 1e-4, `logits differ by ${difference}`);
});

Deno.test("equalize() makes the ranges equal of what only depthwise convolutions take", () => {
  const statistics = unevenStatistics();
  const { values } = equalize(build(layers).build(), statistics);
  const value = "global_feature_extractor.bottleneck2.1.block.0.conv.0.relu";
  const scales = values.get(value)!;
  const ranges = statistics.get(value)!.high.map((high, channel) => high / scales[channel]!);
  assert.ok(Math.max(...ranges) / Math.min(...ranges) < 1.0001);
});

Deno.test("equalize() scales what is added alike, and leaves logits as they are", () => {
  const { layers: scales, values } = equalize(build(layers).build(), unevenStatistics());
  const block = "global_feature_extractor.bottleneck3";
  assert.deepEqual(values.get(`${block}.0.block.2`), values.get(`${block}.1.block.sum`));
  assert.deepEqual(values.get(`${block}.2.block.2`), values.get(`${block}.1.block.sum`));
  assert.equal(scales.get("classifier.conv.1")!.output, undefined);
  assert.equal(scales.get("learning_to_downsample.conv.conv.0")!.input, undefined);
});

Deno.test("BalancedWeights make up in the bias for what rounding the weights adds to the mean", () => {
  // The largest weight has the code 127, so the scale is 1 and 0.25 is rounded to 0: with inputs of
  // mean 8, that takes 2 from the mean of the output.
  const source: Layers = {
    convolution: () => ({ weight: Float32Array.of(127, 0.25), shape: [1, 2, 1, 1] }),
    foldedConvolution: () => assert.fail("not asked for"),
  };
  const balanced = new BalancedWeights(source, {
    scales: new Map(),
    inputMeans: new Map([["layer", Float32Array.of(100, 8)]]),
    weightRange: "full",
  });
  const { weight, bias } = balanced.convolution("layer", [1, 2, 1, 1]);
  assert.deepEqual([...weight], [127, 0.25]);
  assert.deepEqual([...bias], [2]);
});
