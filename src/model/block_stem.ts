/**
 * The stem on blocks of samples, the form of an I420 frame that 8-bit convolutions take fastest: one
 * input and one convolution, whose every kernel row is one run of bytes.
 *
 * A block is what one row of chroma, and the two rows of luma beside it, hold for two neighbouring
 * outputs of the 3×3 stride-2 convolution: luma columns 4b − 1 to 4b + 3 and chroma columns 2b − 1 to
 * 2b + 1, which are 16 bytes. An output of row r needs the blocks of rows r − 1 and r. (What lies
 * above and left of the frame is part of the blocks, so no code has to stand for the zeros of luma
 * and chroma alike.)
 */

import { type Colour, colourTransform } from "../frame/colour.ts";
import type { Size } from "../frame/geometry.ts";
import type { GraphBuilder } from "./onnx/graph_builder.ts";
import type { Value } from "./onnx/model_proto.ts";
import { cast, convolve, type KernelShape, relu, reshape, transpose } from "./onnx/operators.ts";
import { INPUT_NAMES, mixInputs, type Stem, zeroCodes } from "./stem.ts";

/** Where samples lie in the 16 bytes of a block. */
export const BLOCK = {
  bytes: 16,
  /** Luma columns and outputs that a block adds. */
  columns: 4,
  outputs: 2,
  /** Cb and Cr of three chroma columns, in turn. */
  chroma: 0,
  /** Five columns of the upper and of the lower luma row. */
  upperLuma: 6,
  lowerLuma: 11,
} as const;

/** Rows and columns of blocks for a frame; the first row of blocks lies above the frame. */
export function blockGrid({ width, height }: Size): Size {
  return { width: width / BLOCK.columns, height: height / 2 + 1 };
}

/**
 * Declares the input `blocks`, uint8 [1, height / 2 + 1, width / 4, 16], and adds the stem.
 *
 * The same convolution as {@link addI420Stem}'s, but for the zeros around the image, which are codes
 * here and so rounded.
 *
 * @throws {RangeError} If the first convolution has no padding, for which blocks are not made.
 */
export function addBlockStem(graph: GraphBuilder, stem: Stem, size: Size, colour: Colour): Value {
  if (stem.padding !== 1) {
    throw new RangeError("Cannot feed blocks to a first convolution without padding.");
  }
  const { name } = stem;
  const grid = blockGrid(size);
  const shape = [1, grid.height, grid.width, BLOCK.bytes];
  const blocks = graph.input(INPUT_NAMES.blocks, "uint8", shape);
  const samples = cast(graph, `${INPUT_NAMES.blocks}.float`, blocks, "float32");
  const planes = transpose(graph, `${INPUT_NAMES.blocks}.planes`, samples, [0, 3, 1, 2]);
  const pairs = convolve(graph, name, planes, blockKernel(stem, colour));
  const activated = relu(graph, `${name}.pairs.relu`, pairs);
  // The two outputs of a block are its channels, last in memory: reshaping puts them side by side.
  const [out] = stem.convolution.shape;
  const last = transpose(graph, `${name}.pairs.last`, activated, [0, 2, 3, 1]);
  const halved = [1, size.height / 2, size.width / 2, out];
  const columns = reshape(graph, `${name}.columns`, last, halved);
  return transpose(graph, `${name}.relu`, columns, [0, 3, 1, 2]);
}

/** The convolution over two rows of blocks; the zeros of its inputs go into the bias. */
function blockKernel(stem: Stem, colour: Colour) {
  const { convolution: { shape: [out], bias: trained }, mean, std } = stem;
  const kernels = mixInputs(stem.convolution, colourTransform(colour).toRgb, std);
  const zeros = zeroCodes(colour, mean);
  const shape: KernelShape = [BLOCK.outputs * out, BLOCK.bytes, 2, 1];
  const weight = new Float32Array(shape[0] * BLOCK.bytes * 2);
  const bias = new Float32Array(shape[0]);
  for (let output = 0; output < shape[0]; output++) {
    const channel = output % out;
    const column = Math.floor(output / out);
    let sum = trained[channel]!;
    kernels.subarray(channel * 27, (channel + 1) * 27).forEach((value, i) => {
      const plane = Math.floor(i / 9);
      const { row, position } = place(plane, Math.floor(i / 3) % 3, i % 3, column);
      weight[(output * BLOCK.bytes + position) * 2 + row]! += value;
      sum -= value * zeros[plane]!;
    });
    bias[output] = sum;
  }
  return { weight, shape, bias };
}

/** In which of the two rows of blocks, and where in the block, a tap of an output's kernel lies. */
function place(plane: number, tapRow: number, tapColumn: number, output: number) {
  if (plane === 0) {
    const luma = tapRow === 1 ? BLOCK.upperLuma : BLOCK.lowerLuma;
    return { row: tapRow === 0 ? 0 : 1, position: luma + 2 * output + tapColumn };
  }
  // Taps 1 and 2 fall on the same chroma sample.
  const column = output + Math.min(tapColumn, 1);
  return { row: Math.min(tapRow, 1), position: BLOCK.chroma + 2 * column + plane - 1 };
}
