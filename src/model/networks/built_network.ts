import { formatSize, type Size } from "../../frame/geometry.ts";
import { OUTPUT_NAMES } from "../heads.ts";
import type { GraphBuilder } from "../onnx/graph_builder.ts";
import type { Value } from "../onnx/model_proto.ts";
import { channelsOf, type Layers, sizeOf } from "./layers.ts";
import { type NetworkWeights, RandomWeights } from "./weights.ts";

/** A network of another paper as a graph of one resolution, to be measured beside Fast-SCNN. */
export interface BuiltNetwork {
  /** Input `image`, uint8 RGB [1, height, width, 3]; output `logits`, [1, classes, grid]. */
  readonly graph: GraphBuilder;
  /** Trained values, as papers count them: batch norms are two a channel. */
  readonly parameters: number;
  /** Multiply-accumulate operations for one frame, as the layers of the graph count them. */
  readonly macs: number;
  /** Size of the grid of logits: the network's own, before any upsampling to the input's size. */
  readonly grid: Size;
  /** Channels of the logits. */
  readonly classes: number;
}

/** What every builder takes beside the size. */
export interface BuildOptions {
  /** Channels of the logits; 19, those of Cityscapes, by default. */
  readonly classes?: number;
  /** Random ones by default. */
  readonly weights?: NetworkWeights;
}

/** Builds a network for an input of the given size. */
export type NetworkBuilder = (size: Size, options?: BuildOptions) => BuiltNetwork;

/** The options with their defaults. */
export function fillOptions({ classes = 19, weights = new RandomWeights(1) }: BuildOptions): {
  readonly classes: number;
  readonly weights: NetworkWeights;
} {
  return { classes, weights };
}

/**
 * Checks that a network can be built for a size.
 *
 * @throws {RangeError} If a side is not a positive multiple of `step`.
 */
export function checkSides(network: string, size: Size, step: number): void {
  const fits = [size.width, size.height].every((side) => side > 0 && side % step === 0);
  if (fits) return;
  const wanted = `both sides must be multiples of ${step}`;
  throw new RangeError(`Cannot build ${network} for ${formatSize(size)}: ${wanted}.`);
}

/** Declares the logits as the graph's output and sums up what the network costs. */
export function finishNetwork({ graph, parameters }: Layers, logits: Value): BuiltNetwork {
  graph.output(OUTPUT_NAMES.logits, logits);
  return {
    graph,
    parameters,
    macs: graph.layers.reduce((sum, layer) => sum + layer.macs, 0),
    grid: sizeOf(logits),
    classes: channelsOf(logits),
  };
}
