import type { Size } from "../frame/geometry.ts";
import type { GraphBuilder } from "./onnx/graph_builder.ts";
import type { Value } from "./onnx/model_proto.ts";
import {
  cast,
  type CoordinateMode,
  indexOfMaximum,
  maximum,
  resizeBilinear,
  softmax,
} from "./onnx/operators.ts";

/**
 * What a graph gives:
 * - `logits`: float32 [1, classes, height/8, width/8], which the product upsamples itself;
 * - `cls`: uint8 labels [1, height, width];
 * - `prob`: those labels, and float32 confidence [1, height, width], the softmax of the winner.
 */
export type Head = "logits" | "cls" | "prob";

/** Names of the outputs that the graphs declare. */
export const OUTPUT_NAMES = {
  logits: "logits",
  labels: "labels",
  confidence: "confidence",
} as const;

/** Adds a head on the network's logits and declares the graph's outputs. */
export function addHead(
  graph: GraphBuilder,
  head: Head,
  logits: Value,
  size: Size,
  mode: CoordinateMode,
): void {
  if (head === "logits") {
    graph.output(OUTPUT_NAMES.logits, logits);
    return;
  }
  const scores = resizeBilinear(graph, "head.upsampled", logits, size, mode);
  const winner = indexOfMaximum(graph, "head.winner", scores, 1);
  graph.output(OUTPUT_NAMES.labels, cast(graph, "head.labels", winner, "uint8"));
  if (head === "prob") {
    const probabilities = softmax(graph, "head.probabilities", scores, 1);
    graph.output(
      OUTPUT_NAMES.confidence,
      maximum(graph, "head.confidence", probabilities, 1),
    );
  }
}
