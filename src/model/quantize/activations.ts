import type { OnnxGraph, Value } from "../onnx/model_proto.ts";
import { GraphIndex } from "./graph_index.ts";

/** What only passes an input on, or passes on values whose range is known. */
const PASSING = new Set(["Cast", "Sub", "Transpose", "Reshape", "Resize"]);

/**
 * The activations whose ranges {@link quantizeGraph} needs: what nodes compute, after their ReLU
 * where they have one.
 */
export function listActivations(graph: OnnxGraph): Value[] {
  const index = new GraphIndex(graph);
  const names = new Set(
    graph.nodes
      .filter((node) => !PASSING.has(node.operator) && !index.reluAfter(node))
      .map(({ outputs }) => outputs[0]!),
  );
  return graph.values.filter(({ name, shape }) => names.has(name) && shape.length === 4);
}
