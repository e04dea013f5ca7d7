/**
 * The operators of the networks, each as one function that adds its node and knows its shape.
 * Values are NCHW unless said otherwise.
 *
 * Operators: https://onnx.ai/onnx/operators/, operator set 17.
 */

import { countElements } from "../tensor.ts";
import type { GraphBuilder } from "./graph_builder.ts";
import { DATA_TYPE, type ElementType, type Value } from "./model_proto.ts";

/** Of a convolution's weight: [out, in / groups, kernelHeight, kernelWidth]. */
export type KernelShape = readonly [number, number, number, number];

/** A convolution's values, batch norm already folded in. */
export interface ConvolutionWeights {
  /** The kernels, row-major. */
  readonly weight: Float32Array;
  /** Shape of the weight. */
  readonly shape: KernelShape;
  /** [out], or none. */
  readonly bias?: Float32Array;
}

/** Rows and columns of zeros around the input. */
export interface Padding {
  /** Rows above. */
  readonly top: number;
  /** Columns to the left. */
  readonly left: number;
  /** Rows below. */
  readonly bottom: number;
  /** Columns to the right. */
  readonly right: number;
}

/** How a convolution moves over its input. */
export interface ConvolutionOptions {
  /** Of both axes, or of rows and columns; 1 by default. */
  readonly stride?: number | readonly [number, number];
  /** The same on every side, or each its own; 0 by default. */
  readonly padding?: number | Padding;
  /** Of both axes; 1 by default. */
  readonly dilation?: number;
  /** 1 by default; the channel count for a depthwise convolution. */
  readonly groups?: number;
}

/** How a resize maps output to input coordinates: PyTorch's align_corners false or true. */
export type CoordinateMode = "half_pixel" | "align_corners";

/** 2D convolution with zero padding. */
export function convolve(
  graph: GraphBuilder,
  name: string,
  input: Value,
  { weight, shape, bias }: ConvolutionWeights,
  options: ConvolutionOptions = {},
): Value {
  const { stride = 1, dilation = 1, groups = 1 } = options;
  const [strideRows, strideColumns] = typeof stride === "number" ? [stride, stride] : stride;
  const padding = expandPadding(options.padding ?? 0);
  const [out, , kernelHeight, kernelWidth] = shape;
  const [batch, , height, width] = input.shape as [number, number, number, number];
  const spanRows = dilation * (kernelHeight - 1) + 1;
  const spanColumns = dilation * (kernelWidth - 1) + 1;
  const outputShape = [
    batch,
    out,
    Math.floor((height + padding.top + padding.bottom - spanRows) / strideRows) + 1,
    Math.floor((width + padding.left + padding.right - spanColumns) / strideColumns) + 1,
  ];
  const inputs = [input, graph.constant(`${name}.weight`, weight, shape)];
  if (bias !== undefined) inputs.push(graph.constant(`${name}.bias`, bias));
  return graph.add("Conv", inputs, {
    name,
    shape: outputShape,
    macs: countElements(outputShape) * weight.length / out,
    attributes: {
      kernel_shape: [kernelHeight, kernelWidth],
      strides: [strideRows, strideColumns],
      pads: [padding.top, padding.left, padding.bottom, padding.right],
      ...(dilation === 1 ? {} : { dilations: [dilation, dilation] }),
      group: groups,
    },
  });
}

/** max(x, 0) */
export function relu(graph: GraphBuilder, name: string, input: Value): Value {
  return graph.add("Relu", [input], { name, shape: input.shape });
}

/** Element by element; `b` may be a constant that broadcasts to the shape of `a`. */
export function add(graph: GraphBuilder, name: string, a: Value, b: Value): Value {
  return graph.add("Add", [a, b], { name, shape: a.shape });
}

/** a − b, where `b` may broadcast to the shape of `a`. */
export function subtract(graph: GraphBuilder, name: string, a: Value, b: Value): Value {
  return graph.add("Sub", [a, b], { name, shape: a.shape });
}

/** Changes the element type. */
export function cast(graph: GraphBuilder, name: string, input: Value, type: ElementType): Value {
  const to = DATA_TYPE[type];
  return graph.add("Cast", [input], { name, type, shape: input.shape, attributes: { to } });
}

/** Reorders the axes. */
export function transpose(
  graph: GraphBuilder,
  name: string,
  input: Value,
  axes: readonly number[],
): Value {
  const shape = axes.map((axis) => input.shape[axis]!);
  return graph.add("Transpose", [input], { name, shape, attributes: { perm: axes } });
}

/** Reads the same values, in the same order, under another shape. */
export function reshape(
  graph: GraphBuilder,
  name: string,
  input: Value,
  shape: readonly number[],
): Value {
  const sides = graph.constant(`${name}.shape`, BigInt64Array.from(shape, BigInt));
  return graph.add("Reshape", [input, sides], { name, shape });
}

/** Joins values along an axis; their other sides are equal. */
export function concat(
  graph: GraphBuilder,
  name: string,
  inputs: readonly Value[],
  axis: number,
): Value {
  const shape = [...inputs[0]!.shape];
  shape[axis] = inputs.reduce((sum, input) => sum + input.shape[axis]!, 0);
  return graph.add("Concat", inputs, { name, shape, attributes: { axis } });
}

/** Matrix product over the last two axes; the leading axes of one side broadcast. */
export function multiplyMatrices(graph: GraphBuilder, name: string, a: Value, b: Value): Value {
  const leading = a.shape.length >= b.shape.length ? a.shape : b.shape;
  const shape = [...leading.slice(0, -2), a.shape.at(-2)!, b.shape.at(-1)!];
  const macs = countElements(shape) * a.shape.at(-1)!;
  return graph.add("MatMul", [a, b], { name, shape, macs });
}

/** Bilinear interpolation to another size, as PyTorch's `interpolate` does. */
export function resizeBilinear(
  graph: GraphBuilder,
  name: string,
  input: Value,
  size: { readonly height: number; readonly width: number },
  mode: CoordinateMode,
): Value {
  const [batch, channels, height, width] = input.shape as [number, number, number, number];
  const shape = [batch, channels, size.height, size.width];
  const attributes = { mode: "linear", coordinate_transformation_mode: mode };
  const integral = size.height % height === 0 && size.width % width === 0;
  // ONNX Runtime keeps its blocked layout through a resize only where scales, not sizes, are given.
  if (integral) {
    const scales = Float32Array.of(1, 1, size.height / height, size.width / width);
    const factors = graph.constant(`${name}.scales`, scales);
    return graph.add("Resize", [input, undefined, factors], { name, shape, attributes });
  }
  const sizes = graph.constant(`${name}.sizes`, BigInt64Array.from(shape, BigInt));
  return graph.add("Resize", [input, undefined, undefined, sizes], { name, shape, attributes });
}

/** The index of the largest value along an axis, which goes away; int64. */
export function indexOfMaximum(
  graph: GraphBuilder,
  name: string,
  input: Value,
  axis: number,
): Value {
  const shape = input.shape.toSpliced(axis, 1);
  return graph.add("ArgMax", [input], {
    name,
    shape,
    type: "int64",
    attributes: { axis, keepdims: 0 },
  });
}

/** The largest value along an axis, which goes away. */
export function maximum(graph: GraphBuilder, name: string, input: Value, axis: number): Value {
  const shape = input.shape.toSpliced(axis, 1);
  return graph.add("ReduceMax", [input], {
    name,
    shape,
    attributes: { axes: [axis], keepdims: 0 },
  });
}

/** exp(x) over its sum along an axis. */
export function softmax(graph: GraphBuilder, name: string, input: Value, axis: number): Value {
  return graph.add("Softmax", [input], { name, shape: input.shape, attributes: { axis } });
}

function expandPadding(padding: number | Padding): Padding {
  if (typeof padding !== "number") return padding;
  return { top: padding, left: padding, bottom: padding, right: padding };
}
