import assert from "node:assert/strict";
import { GraphBuilder } from "../../src/model/onnx/graph_builder.ts";
import { encodeOnnx } from "../../src/model/onnx/model_proto.ts";
import {
  add,
  cast,
  concat,
  convolve,
  relu,
  resizeBilinear,
  transpose,
} from "../../src/model/onnx/operators.ts";
import { runOnnx } from "./run_onnx.ts";

Deno.test("encodeOnnx() writes a graph that ONNX Runtime runs, with the shapes the builder says", async () => {
  const graph = new GraphBuilder("small");
  const image = graph.input("image", "uint8", [1, 2, 3, 1]);
  const x = transpose(graph, "planes", cast(graph, "float", image, "float32"), [0, 3, 1, 2]);
  // Two channels: 2x − 3, and the sum of a pixel and the one to its left, which is 0 at the border.
  const kernels = { weight: Float32Array.of(0, 2, 1, 1), shape: [2, 1, 1, 2] } as const;
  const filtered = convolve(
    graph,
    "filter",
    x,
    { ...kernels, bias: Float32Array.of(-3, 0) },
    { padding: { top: 0, left: 1, bottom: 0, right: 0 } },
  );
  const shifted = add(graph, "shift", filtered, graph.constant("one", Float32Array.of(1)));
  const both = concat(graph, "both", [relu(graph, "positive", filtered), shifted], 1);
  graph.output("result", both);
  const { result } = await runOnnx(encodeOnnx(graph.build(), new Map([["key", "value"]])), {
    image: { data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [1, 2, 3, 1] },
  });
  assert.deepEqual(both.shape, [1, 4, 2, 3]);
  assert.deepEqual(result!.dims, [1, 4, 2, 3]);
  // By hand from [[1, 2, 3], [4, 5, 6]].
  assert.deepEqual([...result!.data as Float32Array], [
    ...[0, 1, 3, 5, 7, 9],
    ...[1, 3, 5, 4, 9, 11],
    ...[0, 2, 4, 6, 8, 10],
    ...[2, 4, 6, 5, 10, 12],
  ]);
});

Deno.test("encodeOnnx() encodes a node as onnx.proto says, byte for byte", () => {
  const graph = new GraphBuilder("g");
  const x = graph.input("x", "float32", [2]);
  graph.output("y", relu(graph, "r", x));
  // By hand from onnx.proto; tag = field << 3 | wire type.
  const node = [0x0a, 1, 0x78, 0x12, 1, 0x79, 0x1a, 1, 0x72, 0x22, 4, ...bytes("Relu")];
  const info = (name: string) => {
    const type = [0x0a, 8, 8, 1, 0x12, 4, 0x0a, 2, 8, 2];
    return [0x0a, 1, ...bytes(name), 0x12, type.length, ...type];
  };
  const body = [
    ...[0x0a, node.length, ...node],
    ...[0x12, 1, 0x67],
    ...[0x5a, info("x").length, ...info("x")],
    ...[0x62, info("y").length, ...info("y")],
  ];
  const expected = [
    ...[8, 8],
    ...[0x12, 9, ...bytes("segstream")],
    ...[0x3a, body.length, ...body],
    ...[0x42, 2, 0x10, 17],
  ];
  assert.deepEqual([...encodeOnnx(graph.build())], expected);
});

Deno.test("resizeBilinear() resizes by whole and by broken factors", async () => {
  for (const [width, expected] of [[4, [0, 1, 3, 4]], [3, [0, 2, 4]]] as const) {
    const graph = new GraphBuilder("resize");
    const x = graph.input("x", "float32", [1, 1, 1, 2]);
    graph.output("y", resizeBilinear(graph, "up", x, { height: 1, width }, "half_pixel"));
    const { y } = await runOnnx(encodeOnnx(graph.build()), {
      x: { data: Float32Array.of(0, 4), shape: [1, 1, 1, 2] },
    });
    assert.deepEqual(y!.dims, [1, 1, 1, width]);
    assert.deepEqual([...y!.data as Float32Array], [...expected]);
  }
});

Deno.test("GraphBuilder.layers counts multiplications and stored weights", () => {
  const graph = new GraphBuilder("layers");
  const x = graph.input("x", "float32", [1, 8, 10, 6]);
  const kernels = {
    weight: new Float32Array(16 * 2 * 9),
    shape: [16, 2, 3, 3],
    bias: new Float32Array(16),
  } as const;
  const y = convolve(graph, "grouped", x, kernels, { stride: 2, padding: 1, groups: 4 });
  relu(graph, "active", y);
  assert.deepEqual(graph.layers, [{
    name: "grouped",
    operator: "Conv",
    outputShape: [1, 16, 5, 3],
    macs: 16 * 5 * 3 * 2 * 9,
    parameters: 16 * 2 * 9 + 16,
  }]);
});

Deno.test("GraphBuilder refuses a second node or constant of a name, and values that do not fit", () => {
  const graph = new GraphBuilder("twice");
  const x = graph.input("x", "float32", [1]);
  relu(graph, "y", x);
  graph.constant("c", new Float32Array(2));
  assert.throws(() => relu(graph, "y", x), RangeError);
  assert.throws(() => graph.constant("c", new Float32Array(2)), RangeError);
  assert.throws(() => graph.constant("d", new Float32Array(2), [3]), RangeError);
});

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
