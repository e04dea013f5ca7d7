/**
 * What stands before the first feature map: an image in the form it is fed in, normalised, and the
 * network's 3×3 stride-2 first convolution.
 *
 * Normalisation is folded into that convolution. Its zero padding stays exact because the code that
 * normalises to zero (the mean colour) is subtracted first and only then scaled.
 */

import { type Colour, colourTransform } from "../frame/colour.ts";
import type { Size } from "../frame/geometry.ts";
import type { FoldedConvolution } from "./layer_weights.ts";
import type { GraphBuilder } from "./onnx/graph_builder.ts";
import type { Value } from "./onnx/model_proto.ts";
import {
  add,
  cast,
  type ConvolutionWeights,
  convolve,
  relu,
  subtract,
  transpose,
} from "./onnx/operators.ts";

/** One number for each of R, G and B. */
export type Triple = readonly [number, number, number];

/** The first convolution as trained, batch norm folded in: on (RGB/255 − mean)/std. */
export interface Stem {
  /** The node's name. */
  readonly name: string;
  /** [out, 3, 3, 3] */
  readonly convolution: FoldedConvolution;
  /** Zeros around the image. */
  readonly padding: 0 | 1;
  /** Of RGB/255. */
  readonly mean: Triple;
  /** Of RGB/255. */
  readonly std: Triple;
}

/** Names of the inputs that the graphs declare. */
export const INPUT_NAMES = { image: "image", luma: "y", chroma: "uv", blocks: "blocks" } as const;

const TAPS = 9;

/** Declares the input `image`, uint8 RGB [1, height, width, 3], and adds the stem. */
export function addRgbStem(graph: GraphBuilder, stem: Stem, size: Size): Value {
  const { name, mean, std, padding } = stem;
  const image = graph.input(INPUT_NAMES.image, "uint8", [1, size.height, size.width, 3]);
  const planes = transpose(graph, "image.planes", cast(graph, "image.float", image, "float32"), [
    0,
    3,
    1,
    2,
  ]);
  const centred = centre(graph, "image", planes, mean.map((value) => 255 * value));
  const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const convolution = { ...stem.convolution, weight: mixInputs(stem.convolution, identity, std) };
  return relu(
    graph,
    `${name}.relu`,
    convolve(graph, name, centred, convolution, {
      stride: 2,
      padding,
    }),
  );
}

/**
 * Declares the inputs `y`, uint8 [1, 1, height, width], and `uv`, uint8 [1, 2, height/2, width/2],
 * and adds the stem.
 *
 * Y'CbCr → RGB, normalisation and convolution are linear, so they are one convolution on Y'CbCr; as
 * each chroma sample holds for 2×2 pixels, its 3×3 stride-2 kernel is a 2×2 kernel on the chroma
 * planes, with the taps that fall on the same sample summed. Exact for colours within RGB; others
 * are taken as they are, so who feeds the planes clips them first, as a conversion would.
 */
export function addI420Stem(graph: GraphBuilder, stem: Stem, size: Size, colour: Colour): Value {
  const { name, convolution: { shape: [out], bias }, padding, mean, std } = stem;
  const { width, height } = size;
  const { toRgb } = colourTransform(colour);
  const zero = zeroCodes(colour, mean);
  const mixed = mixInputs(stem.convolution, toRgb, std);
  const lumaKernel = new Float32Array(out * TAPS);
  const chromaKernel = new Float32Array(out * 2 * 4);
  for (let channel = 0; channel < out; channel++) {
    const kernels = mixed.subarray(channel * 3 * TAPS, (channel + 1) * 3 * TAPS);
    lumaKernel.set(kernels.subarray(0, TAPS), channel * TAPS);
    for (let plane = 0; plane < 2; plane++) {
      const halved = halveKernel(kernels.subarray((plane + 1) * TAPS, (plane + 2) * TAPS), padding);
      chromaKernel.set(halved, (channel * 2 + plane) * 4);
    }
  }

  const y = graph.input(INPUT_NAMES.luma, "uint8", [1, 1, height, width]);
  const uv = graph.input(INPUT_NAMES.chroma, "uint8", [1, 2, height / 2, width / 2]);
  const luma = centre(graph, "y", cast(graph, "y.float", y, "float32"), zero.slice(0, 1));
  const chroma = centre(graph, "uv", cast(graph, "uv.float", uv, "float32"), zero.slice(1));
  const fromLuma = convolve(
    graph,
    `${name}.y`,
    luma,
    { weight: lumaKernel, shape: [out, 1, 3, 3], bias },
    { stride: 2, padding },
  );
  const fromChroma = convolve(
    graph,
    `${name}.uv`,
    chroma,
    { weight: chromaKernel, shape: [out, 2, 2, 2] },
    { padding: { top: padding, left: padding, bottom: 0, right: 0 } },
  );
  return relu(graph, `${name}.relu`, add(graph, `${name}.sum`, fromLuma, fromChroma));
}

function centre(graph: GraphBuilder, name: string, input: Value, zero: readonly number[]): Value {
  const constant = graph.constant(`${name}.zero`, Float32Array.from(zero), [1, zero.length, 1, 1]);
  return subtract(graph, `${name}.centred`, input, constant);
}

/** The codes of Y, Cb and Cr, not rounded, that the normalisation takes to 0: the mean colour. */
export function zeroCodes(colour: Colour, mean: Triple): Triple {
  const { offset, toYuv } = colourTransform(colour);
  const code = (plane: 0 | 1 | 2) =>
    mean.reduce((sum, value, rgb) => sum + toYuv[plane * 3 + rgb]! * 255 * value, offset[plane]);
  return [code(0), code(1), code(2)];
}

/**
 * The weights on inputs of 8-bit codes for which `rgb = matrix · input`, the scale 1/(255·std) of
 * the normalisation folded in; [out, 3, 3, 3].
 */
export function mixInputs(
  { weight, shape: [out] }: ConvolutionWeights,
  matrix: readonly number[],
  std: Triple,
): Float32Array {
  const mixed = new Float32Array(weight.length);
  for (let channel = 0; channel < out; channel++) {
    const start = channel * 3 * TAPS;
    for (let input = 0; input < 3; input++) {
      for (let tap = 0; tap < TAPS; tap++) {
        mixed[start + input * TAPS + tap] = std.reduce(
          (sum, deviation, rgb) =>
            sum + weight[start + rgb * TAPS + tap]! * matrix[rgb * 3 + input]! / (255 * deviation),
          0,
        );
      }
    }
  }
  return mixed;
}

/**
 * A 3×3 stride-2 kernel over samples that repeat 2×2, as a 2×2 stride-1 kernel over the samples.
 *
 * With padding p, tap r of output i lies in row 2i + r − p, which is sample row i + ⌊(r − p)/2⌋.
 */
function halveKernel(kernel: Float32Array, padding: 0 | 1): Float32Array {
  const halved = new Float32Array(4);
  const sample = (tap: number) => Math.floor((tap - padding) / 2) + padding;
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) {
      halved[sample(row) * 2 + sample(column)]! += kernel[row * 3 + column]!;
    }
  }
  return halved;
}
