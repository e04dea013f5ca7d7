/** The shipped model in 8 bits beside itself in float32. */
import assert from "node:assert/strict";
import { I420_COLOUR, toI420 } from "../../src/eval/i420.ts";
import { i420Layout, type Size } from "../../src/frame/geometry.ts";
import { HEADER_FIELDS } from "../../src/frame/timing.ts";
import { hasIntegerDot } from "../../src/infer/integer_dot.ts";
import { int8NetworkFor } from "../../src/infer/precision.ts";
import { Segmenter } from "../../src/infer/segmenter.ts";
import { networkFor } from "../../src/model/any_model.ts";
import { loadModel } from "../../src/model/model.ts";
import type { Network } from "../../src/model/network.ts";
import { findCalibration } from "../../src/model/quantize/calibration.ts";
import { GraphIndex } from "../../src/model/quantize/graph_index.ts";
import { buildInt8Graph } from "../../src/model/quantize/network.ts";
import { StreetScene } from "../../src/source/street.ts";
import { STREET_COLOUR } from "../../src/source/street/paint.ts";
import { listGolden, readGolden } from "../testing/golden.ts";

/** The least share of pixels that get the same class; on 19 other frames it was 97.4% to 99.7%. */
const LEAST_AGREEMENT = 0.965;

const model = await loadModel();
const CPU = { provider: "cpu", threads: 1 } as const;

async function agreement(pixels: Uint8Array, source: Size, colour = STREET_COLOUR) {
  const target = { source, resolution: "full", colour } as const;
  const int8 = await int8NetworkFor(model, target, { precision: "int8", provider: "cpu" });
  const [expected, actual] = [
    await label(networkFor(model, target), pixels, source, colour),
    await label(int8!, pixels, source, colour),
  ];
  return expected.reduce((same, id, i) => same + (id === actual[i] ? 1 : 0), 0) / expected.length;
}

async function label(network: Network, pixels: Uint8Array, source: Size, colour = STREET_COLOUR) {
  const segmenter = await Segmenter.create(network, { ...CPU, source, colour });
  const labels = new Uint8Array(source.width * source.height);
  const confidence = new Uint8Array(0);
  await segmenter.segment({ pixels, labels, confidence }, new Float64Array(HEADER_FIELDS));
  await segmenter.dispose();
  return labels;
}

for (const size of [{ width: 1024, height: 512 }, { width: 512, height: 256 }]) {
  Deno.test(`int8 labels a street of ${size.width}x${size.height} as fp32 does`, async () => {
    const scene = new StreetScene({ size, seed: 11 });
    const pixels = new Uint8Array(i420Layout(size).byteLength);
    for (const ptsUs of [0, 3_000_000]) {
      scene.draw(ptsUs, pixels, new Uint8Array(size.width * size.height));
      const share = await agreement(pixels, size);
      assert.ok(share >= LEAST_AGREEMENT, `${(100 * share).toFixed(2)}% agree`);
    }
  });
}

const golden = listGolden("street19_v0");
Deno.test({
  name: `int8 labels the golden images as fp32 does${
    golden.length > 0 ? "" : " (skipped: ../shared/golden is absent)"
  }`,
  ignore: golden.length === 0,
  async fn() {
    for (const file of golden) {
      const { image, width, height } = await readGolden(file);
      const size = { width, height };
      const share = await agreement(toI420(image, size), size, I420_COLOUR);
      assert.ok(share >= LEAST_AGREEMENT, `${file}: ${(100 * share).toFixed(2)}% agree`);
    }
  },
});

Deno.test("the shipped model's int8 graph computes on codes from end to end", async () => {
  const calibration = await findCalibration(model);
  assert.ok(calibration);
  const graph = buildInt8Graph(model, calibration, {
    size: { width: 64, height: 32 },
    colour: STREET_COLOUR,
  });
  const index = new GraphIndex(graph);
  const producers = new Map(graph.nodes.map((node) => [node.outputs[0], node.operator]));
  const convolutions = graph.nodes.filter(({ operator }) => operator === "Conv");
  // Table 1: 1 + 2·2 to downsample, 9·3 in the bottlenecks, 5 around the pyramid, 3 to fuse, 5 to
  // classify.
  assert.equal(convolutions.length, 45);
  for (const { name, inputs } of convolutions) {
    const decoded = inputs.map((input) => producers.get(input));
    assert.deepEqual(decoded, ["DequantizeLinear", "DequantizeLinear", "DequantizeLinear"], name);
  }
  for (const { name, data, type } of graph.constants) {
    if (/\.scales?$/.test(name) && type === "float32") {
      assert.ok(Array.from(data as Float32Array).every((scale) => scale > 0), name);
    }
    if (name.endsWith("relu.zero_point")) assert.equal(data[0], 0, name);
  }
  assert.ok(!graph.nodes.some(({ operator }) => operator === "Relu"));
  assert.equal(index.input("blocks")!.type, "uint8");
});

Deno.test("int8NetworkFor() gives a network where int8 pays, and says why it cannot", async () => {
  const target = {
    source: { width: 64, height: 32 },
    resolution: "full",
    colour: STREET_COLOUR,
  } as const;
  const give = (precision: "auto" | "fp32" | "int8", provider: "auto" | "cpu" | "webgpu") =>
    int8NetworkFor(model, target, { precision, provider });
  assert.equal(await give("fp32", "cpu"), undefined);
  assert.equal(await give("auto", "webgpu"), undefined);
  assert.equal((await give("int8", "auto"))?.precision, "int8");
  assert.equal((await give("auto", "cpu"))?.precision, await hasIntegerDot() ? "int8" : undefined);
  await assert.rejects(give("int8", "webgpu"), /Cannot run int8 on webgpu/);
  const moved = { ...model, path: "elsewhere.safetensors" };
  await assert.rejects(
    int8NetworkFor(moved, target, { precision: "int8", provider: "cpu" }),
    /has no calibration\. Make one with segstream model quantize/,
  );
  const auto = { precision: "auto", provider: "cpu" } as const;
  assert.equal(await int8NetworkFor(moved, target, auto), undefined);
});
