import type { TensorData } from "../tensor.ts";
import { countElements, formatShape } from "../tensor.ts";
import type {
  Attribute,
  Constant,
  ElementType,
  GraphNode,
  OnnxGraph,
  Value,
} from "./model_proto.ts";

/** What one computing node of a graph costs. */
export interface Layer {
  /** The node's name. */
  readonly name: string;
  /** ONNX operator. */
  readonly operator: string;
  /** Shape of its output. */
  readonly outputShape: readonly number[];
  /** Multiply-accumulate operations for one frame. */
  readonly macs: number;
  /** Weights and biases stored in the graph for it. */
  readonly parameters: number;
}

/** What a call of {@link GraphBuilder.add} gives beside its inputs. */
export interface NodeOptions {
  /** Unique; constants of the node take it as their prefix. */
  readonly name: string;
  /** Of the output; that of the first input by default. */
  readonly type?: ElementType;
  /** Of the output. */
  readonly shape: readonly number[];
  /** Of the operator. */
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Multiply-accumulate operations, for nodes that count as layers. */
  readonly macs?: number;
}

/**
 * Collects the nodes of one graph, with the shape of every value known.
 *
 * - Names are unique: a node's value bears the node's name, or that of the output it becomes.
 * - What a node computes is added by the functions in operators.ts.
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #inputs: Value[] = [];
  readonly #outputs = new Map<string, Value>();
  readonly #constants = new Map<string, Constant>();
  readonly #nodes = new Map<string, GraphNode>();
  readonly #values: Value[] = [];
  readonly #layers: Layer[] = [];

  /** Starts an empty graph. */
  constructor(name: string) {
    this.#name = name;
  }

  /** The computing nodes so far, in execution order. */
  get layers(): readonly Layer[] {
    return this.#layers;
  }

  /** Declares an input of the graph. */
  input(name: string, type: ElementType, shape: readonly number[]): Value {
    const value = { name, type, shape };
    this.#inputs.push(value);
    return value;
  }

  /**
   * Stores a tensor in the graph.
   *
   * @throws {RangeError} If the name is taken or the values do not fill the shape.
   */
  constant(name: string, data: TensorData, shape: readonly number[] = [data.length]): Value {
    if (this.#constants.has(name)) throw new RangeError(`The graph has a constant "${name}".`);
    if (countElements(shape) !== data.length) {
      throw new RangeError(
        `Constant "${name}" of ${formatShape(shape)} has ${data.length} values.`,
      );
    }
    const value = { name, type: elementType(data), shape, data };
    this.#constants.set(name, value);
    return value;
  }

  /**
   * Adds a node; an omitted optional input is undefined. Where `macs` is given the node counts as a
   * layer, with the constants among its inputs as its parameters.
   *
   * @throws {RangeError} If the name is taken.
   */
  add(operator: string, inputs: readonly (Value | undefined)[], options: NodeOptions): Value {
    const { name, shape, macs } = options;
    if (this.#nodes.has(name)) throw new RangeError(`The graph has a node "${name}".`);
    this.#nodes.set(name, {
      name,
      operator,
      inputs: inputs.map((input) => input?.name ?? ""),
      outputs: [name],
      attributes: options.attributes ?? {},
    });
    if (macs !== undefined) {
      const parameters = inputs.reduce((sum, input) => sum + this.#storedValues(input), 0);
      this.#layers.push({ name, operator, outputShape: shape, macs, parameters });
    }
    const value = { name, type: options.type ?? inputs[0]?.type ?? "float32", shape };
    this.#values.push(value);
    return value;
  }

  /** Declares a node's value as an output of the graph, which gives it that name. */
  output(name: string, value: Value): void {
    this.#outputs.set(value.name, { ...value, name });
  }

  /** The graph as data. */
  build(): OnnxGraph {
    const rename = (name: string) => this.#outputs.get(name)?.name ?? name;
    return {
      name: this.#name,
      inputs: this.#inputs,
      outputs: [...this.#outputs.values()],
      constants: [...this.#constants.values()],
      nodes: [...this.#nodes.values()].map((node) => ({
        ...node,
        inputs: node.inputs.map(rename),
        outputs: node.outputs.map(rename),
      })),
      values: this.#values.map((value) => ({ ...value, name: rename(value.name) })),
    };
  }

  #storedValues(value: Value | undefined): number {
    return value === undefined ? 0 : this.#constants.get(value.name)?.data.length ?? 0;
  }
}

/** The type that ONNX has for the values of an array. */
export function elementType(data: TensorData): ElementType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof BigInt64Array) return "int64";
  if (data instanceof Int32Array) return "int32";
  return data instanceof Int8Array ? "int8" : "uint8";
}
