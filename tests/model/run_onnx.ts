import { InferenceSession, Tensor } from "onnxruntime-node";

/** What a graph is fed: uint8 or float32 values and their shape. */
export interface Feed {
  readonly data: Uint8Array | Float32Array;
  readonly shape: readonly number[];
}

/** Runs an ONNX file once on the CPU and gives its outputs by name. */
export async function runOnnx(
  onnx: Uint8Array,
  feeds: Readonly<Record<string, Feed>>,
): Promise<Record<string, Tensor>> {
  const session = await InferenceSession.create(onnx, { intraOpNumThreads: 1 });
  const tensors = Object.entries(feeds).map(([name, { data, shape }]) =>
    [
      name,
      data instanceof Float32Array
        ? new Tensor("float32", data, shape)
        : new Tensor("uint8", data, shape),
    ] as const
  );
  const outputs = await session.run(Object.fromEntries(tensors));
  await session.release();
  return outputs;
}

/** The largest difference between two lists of equal length, over the largest expected value. */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const scale = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largestDifference(actual, expected) / scale;
}

/** The largest absolute difference between two lists of equal length. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
