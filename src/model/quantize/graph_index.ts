import type { Constant, GraphNode, OnnxGraph, Value } from "../onnx/model_proto.ts";

/** Finds things in a graph by name. */
export class GraphIndex {
  readonly #inputs: ReadonlyMap<string, Value>;
  readonly #outputs: ReadonlySet<string>;
  readonly #values: ReadonlyMap<string, Value>;
  readonly #constants: ReadonlyMap<string, Constant>;
  readonly #consumers = new Map<string, GraphNode[]>();

  /** Reads the graph, which must not change afterwards. */
  constructor(graph: OnnxGraph) {
    const byName = <T extends { readonly name: string }>(items: readonly T[]) =>
      new Map(items.map((item) => [item.name, item]));
    this.#inputs = byName(graph.inputs);
    this.#outputs = new Set(graph.outputs.map(({ name }) => name));
    this.#values = byName(graph.values);
    this.#constants = byName(graph.constants);
    for (const node of graph.nodes) {
      for (const input of new Set(node.inputs)) {
        const consumers = this.#consumers.get(input);
        if (consumers) consumers.push(node);
        else this.#consumers.set(input, [node]);
      }
    }
  }

  /** An input of the graph; undefined for anything else. */
  input(name: string): Value | undefined {
    return this.#inputs.get(name);
  }

  /** Whether the graph gives this value. */
  isOutput(name: string): boolean {
    return this.#outputs.has(name);
  }

  /** A stored tensor; undefined for anything else. */
  constant(name: string | undefined): Constant | undefined {
    return name === undefined ? undefined : this.#constants.get(name);
  }

  /**
   * The values of a stored float32 tensor.
   *
   * @throws {RangeError} If there is none.
   */
  floats(name: string | undefined): Float32Array {
    const data = this.constant(name)?.data;
    if (data instanceof Float32Array) return data;
    throw new RangeError(`The graph has no float32 constant "${name}".`);
  }

  /**
   * The shape of what a node gives.
   *
   * @throws {RangeError} If there is none.
   */
  shape(name: string): readonly number[] {
    const value = this.#values.get(name);
    if (value) return value.shape;
    throw new RangeError(`The graph has no value "${name}".`);
  }

  /** The nodes that take a value, in execution order. */
  consumers(name: string): readonly GraphNode[] {
    return this.#consumers.get(name) ?? [];
  }

  /** The ReLU that alone takes what a node gives, where there is one. */
  reluAfter(node: GraphNode): GraphNode | undefined {
    const output = node.outputs[0]!;
    const [only, ...others] = this.consumers(output);
    return only?.operator === "Relu" && others.length === 0 && !this.isOutput(output)
      ? only
      : undefined;
  }
}
