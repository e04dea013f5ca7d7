import assert from "node:assert/strict";
import { GraphBuilder } from "../../../src/model/onnx/graph_builder.ts";
import { encodeOnnx } from "../../../src/model/onnx/model_proto.ts";
import {
  cast,
  type ConvolutionWeights,
  convolve,
  relu,
  resizeBilinear,
} from "../../../src/model/onnx/operators.ts";
import { GraphIndex } from "../../../src/model/quantize/graph_index.ts";
import { quantizeGraph } from "../../../src/model/quantize/quantize.ts";
import { runOnnx } from "../run_onnx.ts";

/** y = ReLU(x₀ − x₁/2 + 3) for two channels of uint8. */
const DIFFERENCE: ConvolutionWeights = {
  weight: Float32Array.of(1, -0.5),
  shape: [1, 2, 1, 1],
  bias: Float32Array.of(3),
};

function buildDifference() {
  const graph = new GraphBuilder("difference");
  const image = graph.input("image", "uint8", [1, 2, 1, 4]);
  const real = cast(graph, "image.float", image, "float32");
  graph.output("y", relu(graph, "y.relu", convolve(graph, "y.conv", real, DIFFERENCE)));
  return graph.build();
}

const IMAGE = { data: Uint8Array.of(0, 10, 100, 255, 10, 8, 0, 255), shape: [1, 2, 1, 4] };

Deno.test("quantizeGraph() computes a small convolution as by hand, ReLU being the lowest code", async () => {
  const graph = quantizeGraph(buildDifference(), new Map([["y", { low: 0, high: 127.5 }]]));
  assert.ok(!graph.nodes.some(({ operator }) => operator === "Relu" || operator === "Cast"));
  const { y } = await runOnnx(encodeOnnx(graph), { image: IMAGE });
  // Codes of the weights: 127 and round(−0.5 · 127) = −63 (ties go up), of scale 1/127; of the bias:
  // 3 · 127. So 0 − 10 · 63/127 + 3 = −1.96, 10 − 8 · 63/127 + 3 = 9.03, 103 and 131.5, in steps of
  // 0.5 from 0 to 127.5.
  assert.deepEqual([...y!.data as Float32Array], [0, 9, 103, 127.5]);
});

Deno.test("quantizeGraph() leaves what is kept in float32", async () => {
  const graph = quantizeGraph(buildDifference(), new Map([["y", { low: 0, high: 127.5 }]]), {
    keep: new Set(["y.conv"]),
  });
  const { y } = await runOnnx(encodeOnnx(graph), { image: IMAGE });
  assert.deepEqual([...y!.data as Float32Array], [0, 9, 103, 130.5]);
});

Deno.test("quantizeGraph() keeps a layer exact between layers on codes", async () => {
  const builder = new GraphBuilder("between");
  const image = builder.input("image", "uint8", [1, 1, 1, 2]);
  const real = cast(builder, "image.float", image, "float32");
  // With one scale for both outputs the second would be 0 in 8 bits.
  const kept = {
    weight: Float32Array.of(1, 0.003),
    shape: [2, 1, 1, 1],
    bias: new Float32Array(2),
  } as const;
  const first = relu(builder, "first.relu", convolve(builder, "first", real, kept));
  const second = { weight: Float32Array.of(0, 1), shape: [1, 2, 1, 1] } as const;
  builder.output("y", convolve(builder, "second", first, second));
  const ranges = new Map([["first.relu", { low: 0, high: 2.55 }], ["y", { low: 0, high: 2.55 }]]);
  const graph = quantizeGraph(builder.build(), ranges, { keep: new Set(["first"]) });
  const { y } = await runOnnx(encodeOnnx(graph), {
    image: { data: Uint8Array.of(100, 200), shape: [1, 1, 1, 2] },
  });
  // In steps of 0.01.
  assert.deepEqual([...y!.data as Float32Array].map((value) => value.toFixed(4)), [
    "0.3000",
    "0.6000",
  ]);
});

Deno.test("quantizeGraph() gives what is resized the codes of what it was", () => {
  const builder = new GraphBuilder("resized");
  const image = builder.input("image", "uint8", [1, 2, 1, 4]);
  const real = cast(builder, "image.float", image, "float32");
  const y = convolve(builder, "y", real, DIFFERENCE);
  const wide = resizeBilinear(builder, "wide", y, { height: 2, width: 8 }, "half_pixel");
  const z = { weight: Float32Array.of(1), shape: [1, 1, 1, 1] } as const;
  builder.output("z", convolve(builder, "z.conv", wide, z));
  const range = { low: -100, high: 155 };
  const graph = quantizeGraph(builder.build(), new Map([["y", range], ["z", range]]));
  const index = new GraphIndex(graph);
  for (const value of ["y", "wide", "z"]) {
    assert.deepEqual([...index.floats(`${value}.scale`)], [1], value);
    assert.deepEqual(index.constant(`${value}.zero_point`)!.data, Uint8Array.of(100), value);
  }
});

Deno.test("quantizeGraph() widens the scale of a kernel that is next to nothing beside its bias", async () => {
  const builder = new GraphBuilder("tiny");
  const image = builder.input("image", "uint8", [1, 1, 1, 2]);
  const real = cast(builder, "image.float", image, "float32");
  const layer = {
    weight: Float32Array.of(1e-12),
    shape: [1, 1, 1, 1],
    bias: Float32Array.of(5),
  } as const;
  builder.output("y", convolve(builder, "y.conv", real, layer));
  const graph = quantizeGraph(builder.build(), new Map([["y", { low: 0, high: 25.5 }]]));
  const { y } = await runOnnx(encodeOnnx(graph), {
    image: { data: Uint8Array.of(0, 255), shape: [1, 1, 1, 2] },
  });
  // In steps of 0.1. Without it the bias would need 5 · 127e12 as its code, which int32 does not hold.
  assert.deepEqual([...y!.data as Float32Array], [5, 5]);
});

Deno.test("quantizeGraph() refuses a convolution on a value of unknown range", () => {
  const builder = new GraphBuilder("unknown");
  const image = builder.input("image", "float32", [1, 2, 1, 4]);
  builder.output("y", convolve(builder, "y.conv", image, DIFFERENCE));
  const ranges = new Map([["y", { low: 0, high: 1 }]]);
  assert.throws(() => quantizeGraph(builder.build(), ranges), /"image": its range is unknown/);
});
