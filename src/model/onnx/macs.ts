/**
 * Multiply-accumulate operations of an ONNX file at a size of its input: shapes are carried through
 * the graph, as far as the operators of segmentation networks go.
 */

import { countElements } from "../tensor.ts";
import type { OnnxFile, OnnxNode } from "./onnx_file.ts";

/** Sides of a value, or undefined where an operator is not known here. */
type Shape = readonly number[] | undefined;

/**
 * Counts the multiplications of convolutions and matrix products, as papers do; undefined where the
 * shapes cannot be followed through the graph.
 */
export function countMacs(onnx: OnnxFile, inputShape: readonly number[]): number | undefined {
  const shapes = new Map<string, Shape>([[onnx.inputs[0]?.name ?? "", inputShape]]);
  for (const [name, { shape }] of onnx.constants) shapes.set(name, shape);
  let macs = 0;
  for (const node of onnx.nodes) {
    const inputs = node.inputs.map((name) => shapes.get(name));
    const output = outputShape(node, inputs, onnx);
    for (const name of node.outputs) shapes.set(name, output);
    const perElement = macsPerElement(node.operator, inputs, node);
    if (perElement === 0) continue;
    if (perElement === undefined || output === undefined) return undefined;
    macs += perElement * countElements(output);
  }
  return macs;
}

/** Multiplications for one element of the output; 0 for what is not counted. */
function macsPerElement(
  operator: string,
  [first, second]: readonly Shape[],
  node: OnnxNode,
): number | undefined {
  switch (operator) {
    case "Conv":
      return second && countElements(second.slice(1));
    case "ConvTranspose":
      // Each input element meets the whole kernel; there are stride² outputs for one input.
      return second &&
        second[0]! * countElements(second.slice(2)) / countElements(ints(node, "strides", [1, 1]));
    case "MatMul":
      return first?.at(-1);
    case "Gemm":
      return first?.at(number(node, "transA", 0) === 0 ? 1 : 0);
    default:
      return 0;
  }
}

function outputShape(node: OnnxNode, inputs: readonly Shape[], onnx: OnnxFile): Shape {
  const [first, second] = inputs;
  if (first === undefined) return undefined;
  switch (node.operator) {
    case "Conv":
      return second && [first[0]!, second[0]!, ...slide(node, first.slice(2), second.slice(2))];
    case "ConvTranspose":
      return second && [
        first[0]!,
        second[1]! * number(node, "group", 1),
        ...spread(node, first.slice(2), second.slice(2)),
      ];
    case "MaxPool":
    case "AveragePool":
      return [...first.slice(0, 2), ...slide(node, first.slice(2), ints(node, "kernel_shape", []))];
    case "GlobalAveragePool":
    case "GlobalMaxPool":
      return [...first.slice(0, 2), ...first.slice(2).map(() => 1)];
    case "Resize":
    case "Upsample":
      return resized(node, first, onnx);
    case "Concat":
      return concatenated(number(node, "axis", 1), inputs);
    case "Transpose":
      return ints(node, "perm", first.map((_, axis) => first.length - 1 - axis))
        .map((axis) => first[axis]!);
    case "MatMul":
      return second && [
        ...(first.length >= second.length ? first : second).slice(0, -2),
        first.at(-2)!,
        second.at(-1)!,
      ];
    case "Gemm":
      return second && [
        first[number(node, "transA", 0)]!,
        second[1 - number(node, "transB", 0)]!,
      ];
    default:
      return SAME_SHAPE.has(node.operator) ? broadcast(inputs) : undefined;
  }
}

/** Operators whose output has the shape of their inputs, broadcast. */
const SAME_SHAPE = new Set([
  ...["Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Cast", "Identity", "Dropout", "Relu"],
  ...["LeakyRelu", "PRelu", "Elu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Clip", "Exp"],
  ...["Sqrt", "Abs", "Neg", "Softmax", "LogSoftmax", "BatchNormalization", "Erf", "Softplus"],
  ...["InstanceNormalization", "QuantizeLinear", "DequantizeLinear"],
]);

function broadcast(inputs: readonly Shape[]): Shape {
  const [first, second] = inputs;
  return second !== undefined && second.length > first!.length ? second : first;
}

function slide(
  node: OnnxNode,
  sides: readonly number[],
  kernel: readonly number[],
): readonly number[] {
  const strides = ints(node, "strides", sides.map(() => 1));
  const dilations = ints(node, "dilations", sides.map(() => 1));
  const pads = ints(node, "pads", [...sides, ...sides].map(() => 0));
  const isSame = String(node.attributes.get("auto_pad") ?? "").startsWith("SAME");
  const round = number(node, "ceil_mode", 0) === 1 ? Math.ceil : Math.floor;
  return sides.map((side, axis) => {
    if (isSame) return Math.ceil(side / strides[axis]!);
    const extent = dilations[axis]! * (kernel[axis]! - 1) + 1;
    const padded = side + pads[axis]! + pads[axis + sides.length]!;
    return round((padded - extent) / strides[axis]!) + 1;
  });
}

function spread(
  node: OnnxNode,
  sides: readonly number[],
  kernel: readonly number[],
): readonly number[] {
  const strides = ints(node, "strides", sides.map(() => 1));
  const pads = ints(node, "pads", [...sides, ...sides].map(() => 0));
  const extra = ints(node, "output_padding", sides.map(() => 0));
  return sides.map((side, axis) =>
    strides[axis]! * (side - 1) + kernel[axis]! + extra[axis]! - pads[axis]! -
    pads[axis + sides.length]!
  );
}

function resized(node: OnnxNode, shape: readonly number[], onnx: OnnxFile): Shape {
  const constant = (index: number) => onnx.constants.get(node.inputs[index] ?? "")?.values;
  const isSides = (list: readonly number[] | undefined) => list?.length === shape.length;
  const sizes = constant(3);
  if (isSides(sizes)) return sizes;
  const scales = constant(node.operator === "Upsample" ? 1 : 2);
  return isSides(scales) ? shape.map((side, axis) => Math.floor(side * scales![axis]!)) : undefined;
}

function concatenated(axis: number, inputs: readonly Shape[]): Shape {
  const joined = [...inputs[0]!];
  const at = axis < 0 ? joined.length + axis : axis;
  joined[at] = 0;
  for (const shape of inputs) {
    if (shape === undefined) return undefined;
    joined[at] += shape[at]!;
  }
  return joined;
}

function number(node: OnnxNode, name: string, fallback: number): number {
  const value = node.attributes.get(name);
  return typeof value === "number" ? value : fallback;
}

function ints(node: OnnxNode, name: string, fallback: readonly number[]): readonly number[] {
  const value = node.attributes.get(name);
  return Array.isArray(value) ? value : fallback;
}
