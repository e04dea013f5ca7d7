import { GraphBuilder } from "../../src/model/onnx/graph_builder.ts";
import { encodeOnnx } from "../../src/model/onnx/model_proto.ts";
import { add, cast, convolve } from "../../src/model/onnx/operators.ts";

/**
 * What a run may ask for that no machine gives: 2^46 floats are 256 TiB, more than the addresses of a
 * process reach, so that no system promises it either.
 */
const TOO_MANY = 2n ** 46n;

/** A draw from here on makes the run ask for it. */
const THRESHOLD = 0.99;

/**
 * An ONNX file of a network that labels red, green and blue, like `tinyNetwork`, until a run for which
 * ONNX Runtime cannot get the memory: the first of a session is run 1, and every session counts anew.
 * A worker's run 1 is its warm-up, so its first frame is run 2.
 *
 * What counts the runs is a random number whose seed is in the file, and with which a session goes on
 * from run to run.
 */
export function failingNetwork({ run }: { readonly run: number }): Uint8Array<ArrayBuffer> {
  const graph = new GraphBuilder("failing");
  const image = graph.input("image", "float32", [1, 3, -1, -1]);
  const draw = graph.add("RandomUniform", [], {
    name: "draw",
    shape: [1],
    attributes: { seed: { float: seedFor(run) }, shape: [1] },
  });
  const lift = graph.constant("lift", Float32Array.of(1 - THRESHOLD));
  const failing = cast(graph, "failing", add(graph, "lifted", draw, lift), "int64"); // 0 or 1
  const many = graph.constant("many", BigInt64Array.of(TOO_MANY));
  const one = graph.constant("one", BigInt64Array.of(1n));
  const wanted = graph.add("Mul", [failing, many], { name: "wanted", shape: [1] });
  const count = add(graph, "count", wanted, one);
  const zeros = graph.add("ConstantOfShape", [count], {
    name: "zeros",
    type: "float32",
    shape: [-1],
  });
  const zero = graph.add("ReduceSum", [zeros], {
    name: "zero",
    shape: [1],
    attributes: { keepdims: 1 },
  });
  const weight = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  const logits = convolve(graph, "colours", image, { weight, shape: [3, 3, 1, 1] });
  graph.output("map", add(graph, "sum", logits, zero));
  return encodeOnnx(graph.build()).slice() as Uint8Array<ArrayBuffer>;
}

/** A seed with which draw number `run`, counted from 1, is the first of at least the threshold. */
function seedFor(run: number): number {
  for (let seed = 1;; seed++) {
    if (draws(seed, run).findIndex((draw) => draw >= THRESHOLD) === run - 1) return seed;
  }
}

/**
 * What ONNX Runtime's RandomUniform gives on Linux: std::default_random_engine is minstd_rand0 there,
 * which multiplies by 16807 modulo 2^31 − 1.
 */
function draws(seed: number, count: number): number[] {
  const modulus = 2 ** 31 - 1;
  let state = seed;
  return Array.from({ length: count }, () => {
    state = 16807 * state % modulus;
    return (state - 1) / (modulus - 1);
  });
}
