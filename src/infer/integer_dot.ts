/** Whether this processor multiplies 8-bit numbers exactly and fast. */

import "./telemetry.ts"; // before the library
import { GraphBuilder } from "../model/onnx/graph_builder.ts";
import { encodeOnnx } from "../model/onnx/model_proto.ts";

const DEPTH = 4;
const LARGEST_INPUT = 255;
const LARGEST_WEIGHT = 127;

let known: Promise<boolean> | undefined;

/**
 * Whether ONNX Runtime multiplies uint8 by int8 with an instruction made for it: VNNI or AMX on x86,
 * the dot product of ARM.
 *
 * x86 processors without one add two products in 16 bits, which saturates: there 2 · 255 · 127 comes
 * out wrong. So one tiny product tells, of the very kernels that would run, what no API of the
 * runtime does. It takes about 30 ms, once in a process.
 */
export function hasIntegerDot(): Promise<boolean> {
  return known ??= multiplyLargest().then((product) =>
    product === DEPTH * LARGEST_INPUT * LARGEST_WEIGHT
  );
}

async function multiplyLargest(): Promise<number> {
  const graph = new GraphBuilder("integer-dot");
  const input = graph.input("input", "uint8", [1, DEPTH]);
  const columns = 16;
  const weight = new Int8Array(DEPTH * columns).fill(LARGEST_WEIGHT);
  const product = graph.add("MatMulInteger", [
    input,
    graph.constant("weight", weight, [DEPTH, columns]),
  ], { name: "product", type: "int32", shape: [1, columns] });
  graph.output("product", product);
  // Not before it is asked for: a program that only imports this module loads no native code.
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  const session = await InferenceSession.create(encodeOnnx(graph.build()), {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  const data = new Uint8Array(DEPTH).fill(LARGEST_INPUT);
  const results = await session.run({ input: new Tensor("uint8", data, [1, DEPTH]) });
  await session.release();
  return (results.product!.data as Int32Array)[0]!;
}
