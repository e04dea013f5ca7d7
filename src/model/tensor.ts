/** The values of a tensor: float32, int64, int32, int8 or uint8. */
export type TensorData = Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;

/** A dense tensor, row-major; `data` may be a view into the file it was read from. */
export interface Tensor {
  /** Sides, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** As many values as the shape holds. */
  readonly data: TensorData;
}

/** Tensors by name, in the order of their file. */
export type Tensors = ReadonlyMap<string, Tensor>;

/** How many values a shape holds; 1 for a scalar's empty shape. */
export function countElements(shape: readonly number[]): number {
  return shape.reduce((count, side) => count * side, 1);
}

/** "[1, 19, 64, 128]". */
export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
