import { GraphBuilder } from "../onnx/graph_builder.ts";
import type { OnnxGraph, Value } from "../onnx/model_proto.ts";

/** A graph whose nodes may give a second output, as a max pooling gives the places of its maxima. */
export class NetworkGraph extends GraphBuilder {
  readonly #second = new Map<string, Value>();

  /** Declares the second output of the node `node`; it bears the name `${node}.${suffix}`. */
  addSecondOutput(node: Value, suffix: string, type: Value["type"]): Value {
    const value = { name: `${node.name}.${suffix}`, type, shape: node.shape };
    this.#second.set(node.name, value);
    return value;
  }

  /** The graph as data. */
  override build(): OnnxGraph {
    const graph = super.build();
    const nodes = graph.nodes.map((node) => {
      const second = this.#second.get(node.name);
      return second === undefined ? node : { ...node, outputs: [...node.outputs, second.name] };
    });
    return { ...graph, nodes, values: [...graph.values, ...this.#second.values()] };
  }
}
