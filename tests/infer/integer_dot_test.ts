import assert from "node:assert/strict";
import { hasIntegerDot } from "../../src/infer/integer_dot.ts";
import { GraphBuilder } from "../../src/model/onnx/graph_builder.ts";
import { encodeOnnx } from "../../src/model/onnx/model_proto.ts";
import { cast, convolve } from "../../src/model/onnx/operators.ts";
import { quantizeGraph } from "../../src/model/quantize/quantize.ts";
import { runOnnx } from "../model/run_onnx.ts";

/** Sixteen inputs of 255 times weights with the largest code, in full and in reduced range. */
async function multiplyLargest(weightRange: "full" | "reduced"): Promise<number> {
  const channels = 16;
  const builder = new GraphBuilder("largest");
  const image = builder.input("image", "uint8", [1, channels, 4, 4]);
  const layer = {
    weight: new Float32Array(channels * channels).fill(1),
    shape: [channels, channels, 1, 1],
  } as const;
  const real = cast(builder, "image.float", image, "float32");
  builder.output("y", convolve(builder, "conv", real, layer));
  const ranges = new Map([["y", { low: 0, high: 255 * channels }]]);
  const onnx = encodeOnnx(quantizeGraph(builder.build(), ranges, { weightRange }));
  const data = new Uint8Array(channels * 16).fill(255);
  const { y } = await runOnnx(onnx, { image: { data, shape: [1, channels, 4, 4] } });
  return (y!.data as Float32Array)[0]!;
}

Deno.test("hasIntegerDot() says whether convolutions on full int8 weights are exact here", async () => {
  assert.equal(await hasIntegerDot(), await multiplyLargest("full") === 255 * 16);
});

Deno.test("convolutions on weights in the reduced range are exact on every processor", async () => {
  assert.equal(await multiplyLargest("reduced"), 255 * 16);
});
