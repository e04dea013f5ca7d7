/**
 * A float graph as one on 8-bit codes, in QDQ form: what is stored or flows as codes passes
 * QuantizeLinear and DequantizeLinear, and a runtime that knows the pattern computes on the codes
 * themselves. https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
 *
 * What makes ONNX Runtime's CPU provider stay in codes from end to end is settled here: ReLU is the
 * zero point 0 of the codes after it, biases are int32 in the scale of the accumulator, and what only
 * moves values moves codes. Resizing is done in float32, where it is five times as fast.
 */

import { elementType } from "../onnx/graph_builder.ts";
import type { Constant, GraphNode, OnnxGraph, Value } from "../onnx/model_proto.ts";
import type { TensorData } from "../tensor.ts";
import {
  type ActivationCodes,
  activationCodes,
  kernelCodes,
  type Range,
  type WeightRange,
} from "./codes.ts";
import { GraphIndex } from "./graph_index.ts";

/** Range of each activation, by the name of its value. */
export type Ranges = ReadonlyMap<string, Range>;

/** How a graph is quantised. */
export interface QuantizeOptions {
  /** Names of nodes that stay in float32; none by default. */
  readonly keep?: ReadonlySet<string>;
  /** Of the weights' codes; `full` by default. */
  readonly weightRange?: WeightRange;
}

/** Operators that compute on codes. */
const COMPUTING = new Set(["Conv", "Add", "Concat"]);

/** Operators that only move values, so that codes keep their meaning. */
const MOVING = new Set(["Transpose", "Reshape"]);

/**
 * Quantises the nodes that compute on codes, where the ranges of what they give are known. A uint8
 * input that is cast to float32 counts as codes with scale 1.
 *
 * Names stay: the value `x` is now what the codes `x.codes` mean.
 *
 * @throws {RangeError} If a convolution takes a value of unknown range.
 */
export function quantizeGraph(
  graph: OnnxGraph,
  ranges: Ranges,
  options: QuantizeOptions = {},
): OnnxGraph {
  return new Quantizer(graph, ranges, options).run();
}

/** Whether a node can compute on codes, if the ranges are known. */
export function isQuantizable(node: GraphNode): boolean {
  return COMPUTING.has(node.operator);
}

/** Half of what int32 holds: the other half is for the products. */
const LARGEST_BIAS = 2 ** 30;

/** A value in codes. */
interface Coded {
  /** Name of the uint8 value. */
  readonly name: string;
  readonly codes: ActivationCodes;
  /** Names of the constants that hold its scale and zero point. */
  readonly constants: readonly string[];
}

class Quantizer {
  readonly #graph: OnnxGraph;
  readonly #index: GraphIndex;
  readonly #ranges: Ranges;
  readonly #keep: ReadonlySet<string>;
  readonly #weightRange: WeightRange;
  readonly #nodes: GraphNode[] = [];
  readonly #values: Value[] = [];
  readonly #constants = new Map<string, Constant>();
  readonly #coded = new Map<string, Coded>();
  /** Values that are computed in float32. */
  readonly #exact = new Set<string>();
  /** Values whose codes were turned back into real numbers. */
  readonly #decoded = new Set<string>();
  /** What was done together with the node before it. */
  readonly #fused = new Set<GraphNode>();

  constructor(graph: OnnxGraph, ranges: Ranges, options: QuantizeOptions) {
    this.#graph = graph;
    this.#index = new GraphIndex(graph);
    this.#ranges = ranges;
    this.#keep = options.keep ?? new Set();
    this.#weightRange = options.weightRange ?? "full";
  }

  run(): OnnxGraph {
    for (const node of this.#graph.nodes) {
      if (this.#fused.has(node)) continue;
      if (this.#isCodesAlready(node)) this.#useInput(node);
      else if (MOVING.has(node.operator) && this.#coded.has(node.inputs[0]!)) this.#move(node);
      else if (this.#computesOnCodes(node)) this.#computeOnCodes(node);
      else this.#computeExactly(node);
    }
    return {
      ...this.#graph,
      nodes: this.#nodes,
      constants: [...this.#constants.values()],
      values: this.#values,
    };
  }

  #isCodesAlready({ operator, inputs }: GraphNode): boolean {
    return operator === "Cast" && this.#index.input(inputs[0]!)?.type === "uint8";
  }

  #useInput({ inputs, outputs }: GraphNode): void {
    const codes = { scale: 1, zeroPoint: 0 };
    const constants = this.#storeCodes(outputs[0]!, codes);
    this.#coded.set(outputs[0]!, { name: inputs[0]!, codes, constants });
  }

  #move(node: GraphNode): void {
    const [input, ...others] = node.inputs as [string, ...string[]];
    const output = node.outputs[0]!;
    const source = this.#coded.get(input)!;
    const name = `${output}.codes`;
    const inputs = [source.name, ...others.map((each) => this.#take(each))];
    this.#emit({ ...node, inputs, outputs: [name] }, output, "uint8");
    this.#coded.set(output, { ...source, name });
  }

  #computesOnCodes(node: GraphNode): boolean {
    if (!isQuantizable(node) || this.#keep.has(node.name)) return false;
    const result = this.#index.reluAfter(node) ?? node;
    return this.#codesOf(result.outputs[0]!) !== undefined;
  }

  #computeOnCodes(node: GraphNode): void {
    const relu = this.#index.reluAfter(node);
    if (relu) this.#fused.add(relu);
    const output = (relu ?? node).outputs[0]!;
    const inputs = node.operator === "Conv"
      ? this.#storeLayer(node)
      : node.inputs.map((name) => this.#take(name));
    const raw = `${output}.raw`;
    this.#emit({ ...node, inputs, outputs: [raw] }, output);
    this.#encode(raw, output, this.#codesOf(output)!);
    if (this.#index.isOutput(output)) this.#decode(output);
  }

  #computeExactly(node: GraphNode): void {
    const output = node.outputs[0]!;
    this.#emit({ ...node, inputs: node.inputs.map((name) => this.#take(name)) }, output);
    this.#exact.add(output);
    // Bilinear interpolation stays within the range of what it is given.
    const codes = this.#codesOf(node.operator === "Resize" ? node.inputs[0]! : output);
    if (!codes || !this.#isWantedInCodes(output)) return;
    const isLayer = node.operator === "Conv" || node.operator === "Relu";
    this.#encode(isLayer ? this.#guard(output) : output, output, codes);
  }

  /**
   * ONNX Runtime quantises the weights of a convolution between codes by itself, coarsely. An
   * activation that changes nothing keeps it from seeing that codes follow.
   */
  #guard(value: string): string {
    const name = `${value}.exact`;
    const attributes = { alpha: { float: 1 } };
    const node = { name, operator: "LeakyRelu", inputs: [value], outputs: [name], attributes };
    this.#emit(node, value);
    return name;
  }

  #isWantedInCodes(value: string): boolean {
    return this.#index.consumers(value).some((each) =>
      this.#computesOnCodes(each) ||
      MOVING.has(each.operator) && this.#isWantedInCodes(each.outputs[0]!)
    );
  }

  /** The codes for a value by its range, or by that of the same values moved. */
  #codesOf(value: string): ActivationCodes | undefined {
    const range = this.#ranges.get(value);
    if (range) return activationCodes(range);
    const [next] = this.#index.consumers(value);
    return next && MOVING.has(next.operator) ? this.#codesOf(next.outputs[0]!) : undefined;
  }

  /** The name under which a value is had as real numbers: exact ones where they exist. */
  #take(name: string): string {
    const constant = this.#index.constant(name);
    if (constant) this.#constants.set(name, constant);
    return this.#coded.has(name) && !this.#exact.has(name) ? this.#decode(name) : name;
  }

  /** The name under which a value is had as the real numbers that its codes mean. */
  #decode(name: string): string {
    const coded = this.#coded.get(name);
    if (!coded) throw new RangeError(`Cannot quantise what takes "${name}": its range is unknown.`);
    const decoded = this.#exact.has(name) ? `${name}.decoded` : name;
    if (this.#decoded.has(name)) return decoded;
    this.#decoded.add(name);
    const node = { name: `${name}.dequantize`, operator: "DequantizeLinear", attributes: {} };
    this.#emit({ ...node, inputs: [coded.name, ...coded.constants], outputs: [decoded] }, name);
    return decoded;
  }

  #encode(real: string, value: string, codes: ActivationCodes): void {
    const constants = this.#storeCodes(value, codes);
    const name = `${value}.codes`;
    const node = { name: `${value}.quantize`, operator: "QuantizeLinear", attributes: {} };
    this.#emit({ ...node, inputs: [real, ...constants], outputs: [name] }, value, "uint8");
    this.#coded.set(value, { name, codes, constants });
  }

  /** The inputs of a convolution on codes: weights in int8, bias in int32, and their scales. */
  #storeLayer({ name, inputs }: GraphNode): string[] {
    const [input, weight, bias] = inputs as [string, string, string?];
    const decoded = this.#decode(input);
    const { shape } = this.#index.constant(weight)!;
    const out = shape[0]!;
    const inputScale = this.#coded.get(input)!.codes.scale;
    const biases = bias === undefined ? new Float32Array(out) : this.#index.floats(bias);
    const { codes, scales } = kernelCodes(
      this.#index.floats(weight),
      out,
      this.#weightRange,
      biases.map((value) => Math.abs(value) / (inputScale * LARGEST_BIAS)),
    );
    const biasScales = scales.map((scale) => scale * inputScale);
    const biasCodes = Int32Array.from(biases, (value, i) => Math.round(value / biasScales[i]!));
    return [
      decoded,
      this.#storeDecoded(weight, { data: codes, shape, scales, zeros: new Int8Array(out) }),
      this.#storeDecoded(bias ?? `${name}.bias`, {
        data: biasCodes,
        shape: [out],
        scales: biasScales,
        zeros: new Int32Array(out),
      }),
    ];
  }

  /** Stores codes with a scale for each of the first axis, and decodes them under `name`. */
  #storeDecoded(
    name: string,
    { data, shape, scales, zeros }: {
      readonly data: TensorData;
      readonly shape: readonly number[];
      readonly scales: Float32Array;
      readonly zeros: TensorData;
    },
  ): string {
    const inputs = [
      this.#store(`${name}.codes`, data, shape),
      this.#store(`${name}.scales`, scales),
      this.#store(`${name}.zero_points`, zeros),
    ];
    const attributes = { axis: 0 };
    this.#nodes.push({ name, operator: "DequantizeLinear", inputs, outputs: [name], attributes });
    this.#values.push({ name, type: "float32", shape });
    return name;
  }

  #storeCodes(value: string, { scale, zeroPoint }: ActivationCodes): string[] {
    return [
      this.#store(`${value}.scale`, Float32Array.of(scale), []),
      this.#store(`${value}.zero_point`, Uint8Array.of(zeroPoint), []),
    ];
  }

  #store(name: string, data: TensorData, shape: readonly number[] = [data.length]): string {
    this.#constants.set(name, { name, type: elementType(data), shape, data });
    return name;
  }

  #emit(node: GraphNode, like: string, type: "float32" | "uint8" = "float32"): void {
    this.#nodes.push(node);
    this.#values.push({ name: node.outputs[0]!, type, shape: this.#index.shape(like) });
  }
}
