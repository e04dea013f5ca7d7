/**
 * The operators that the compared networks need beside those of Fast-SCNN. Values are NCHW.
 *
 * Operators: https://onnx.ai/onnx/operators/, operator set 17.
 */

import type { GraphBuilder } from "../onnx/graph_builder.ts";
import type { Value } from "../onnx/model_proto.ts";
import { type ConvolutionWeights, convolve, multiplyMatrices } from "../onnx/operators.ts";
import { adaptivePoolMatrix, transposeMatrix } from "../pooling.ts";
import type { NetworkGraph } from "./network_graph.ts";
import type { ImageNorm } from "./weights.ts";

type Shape4 = readonly [number, number, number, number];

/** How a convolution moves over its input. */
export interface KernelMotion {
  /** Of both axes; 1 by default. */
  readonly stride?: number;
  /** Of both axes; 1 by default. */
  readonly dilation?: number;
  /** 1 by default; the channel count for a depthwise convolution. */
  readonly groups?: number;
}

/** 2D convolution, padded so that stride 1 keeps the size; a 2×2 kernel is not padded. */
export function convolveSame(
  graph: GraphBuilder,
  name: string,
  input: Value,
  weights: ConvolutionWeights,
  motion: KernelMotion,
): Value {
  const { dilation = 1 } = motion;
  const [, , kernelHeight, kernelWidth] = weights.shape;
  const rows = Math.floor(dilation * (kernelHeight - 1) / 2);
  const columns = Math.floor(dilation * (kernelWidth - 1) / 2);
  const padding = { top: rows, left: columns, bottom: rows, right: columns };
  return convolve(graph, name, input, weights, { ...motion, padding });
}

/**
 * Transposed convolution with stride 2 that exactly doubles the size: a 2×2 kernel as it is, a 3×3
 * kernel with PyTorch's padding 1 and output padding 1. The weight is [in, out, height, width].
 */
export function doubleTransposed(
  graph: GraphBuilder,
  name: string,
  input: Value,
  { weight, shape, bias }: ConvolutionWeights,
): Value {
  const [, out, kernel] = shape;
  const [batch, , height, width] = input.shape as Shape4;
  const inputs = [input, graph.constant(`${name}.weight`, weight, shape)];
  if (bias !== undefined) inputs.push(graph.constant(`${name}.bias`, bias));
  const padding = kernel - 2;
  return graph.add("ConvTranspose", inputs, {
    name,
    shape: [batch, out, 2 * height, 2 * width],
    macs: height * width * weight.length,
    attributes: {
      kernel_shape: [kernel, kernel],
      strides: [2, 2],
      pads: [padding, padding, padding, padding],
      output_padding: [padding, padding],
    },
  });
}

/** The maxima of 2×2 or 3×3 (padded) windows at stride 2. */
export function maxPool(graph: GraphBuilder, name: string, input: Value, kernel: 2 | 3): Value {
  const [batch, channels, height, width] = input.shape as Shape4;
  const padding = kernel - 2;
  return graph.add("MaxPool", [input], {
    name,
    shape: [batch, channels, Math.ceil(height / 2), Math.ceil(width / 2)],
    attributes: {
      kernel_shape: [kernel, kernel],
      strides: [2, 2],
      pads: [padding, padding, padding, padding],
    },
  });
}

/** What a max pooling that can be undone gives. */
export interface PooledMaxima {
  /** The maxima. */
  readonly maxima: Value;
  /** int64, where each maximum stood in the flat input. */
  readonly places: Value;
  /** Shape of the input. */
  readonly pooledShape: readonly number[];
}

/** The maxima of 2×2 windows at stride 2, and their places for {@link maxUnpool}. */
export function maxPoolWithPlaces(graph: NetworkGraph, name: string, input: Value): PooledMaxima {
  const maxima = maxPool(graph, name, input, 2);
  const places = graph.addSecondOutput(maxima, "places", "int64");
  return { maxima, places, pooledShape: input.shape };
}

/** Puts each value where the maximum stood, and zeros elsewhere. */
export function maxUnpool(
  graph: GraphBuilder,
  name: string,
  input: Value,
  { places, pooledShape }: PooledMaxima,
): Value {
  return graph.add("MaxUnpool", [input, places], {
    name,
    shape: pooledShape,
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
  });
}

/** Each channel brought to mean 0 and variance 1 over its own pixels, then scaled and shifted. */
export function normaliseChannels(
  graph: GraphBuilder,
  name: string,
  input: Value,
  { scale, shift, epsilon }: ImageNorm,
): Value {
  const inputs = [
    input,
    graph.constant(`${name}.norm.scale`, scale),
    graph.constant(`${name}.norm.shift`, shift),
  ];
  return graph.add("InstanceNormalization", inputs, {
    name: `${name}.norm`,
    shape: input.shape,
    attributes: { epsilon: { float: epsilon } },
  });
}

/** x where it is positive, slope · x elsewhere; one slope for all channels or one for each. */
export function prelu(
  graph: GraphBuilder,
  name: string,
  input: Value,
  slopes: Float32Array,
): Value {
  const slope = graph.constant(`${name}.slope`, slopes, [slopes.length, 1, 1]);
  return graph.add("PRelu", [input, slope], { name, shape: input.shape });
}

/** 1 / (1 + exp(−x)) */
export function sigmoid(graph: GraphBuilder, name: string, input: Value): Value {
  return graph.add("Sigmoid", [input], { name, shape: input.shape });
}

/** Element by element; `b` may broadcast to the shape of `a`. */
export function multiply(graph: GraphBuilder, name: string, a: Value, b: Value): Value {
  return graph.add("Mul", [a, b], { name, shape: a.shape });
}

/** Channels of zeros after those of the input. */
export function padChannels(
  graph: GraphBuilder,
  name: string,
  input: Value,
  channels: number,
): Value {
  const [batch, given, height, width] = input.shape as Shape4;
  const pads = [0, 0, 0, 0, 0, channels - given, 0, 0];
  const widths = graph.constant(`${name}.pads`, BigInt64Array.from(pads, BigInt));
  return graph.add("Pad", [input, widths], { name, shape: [batch, channels, height, width] });
}

/** The average of each channel, [1, channels, 1, 1]. */
export function averageChannels(graph: GraphBuilder, name: string, input: Value): Value {
  const [batch, channels] = input.shape as Shape4;
  return graph.add("GlobalAveragePool", [input], { name, shape: [batch, channels, 1, 1] });
}

/** Averages over bins × bins regions, as PyTorch's `adaptive_avg_pool2d`: two matrix products. */
export function averageRegions(
  graph: GraphBuilder,
  name: string,
  input: Value,
  bins: number,
): Value {
  const [, , height, width] = input.shape as Shape4;
  const columns = transposeMatrix(adaptivePoolMatrix(width, bins));
  const rows = adaptivePoolMatrix(height, bins);
  const right = graph.constant(`${name}.columns.matrix`, columns.data, [width, bins]);
  const left = graph.constant(`${name}.rows.matrix`, rows.data, [bins, height]);
  const narrowed = multiplyMatrices(graph, `${name}.columns`, input, right);
  return multiplyMatrices(graph, `${name}.rows`, left, narrowed);
}

/**
 * Bilinear samples of the input at the places of a grid [1, height, width, 2], (x, y) from −1 to 1
 * between the centres of the corner pixels; places outside take the border.
 */
export function sampleGrid(graph: GraphBuilder, name: string, input: Value, grid: Value): Value {
  const [batch, channels] = input.shape as Shape4;
  return graph.add("GridSample", [input, grid], {
    name,
    shape: [batch, channels, grid.shape[1]!, grid.shape[2]!],
    attributes: { mode: "bilinear", padding_mode: "border", align_corners: 1 },
  });
}
