import type { OnnxGraph } from "../onnx/model_proto.ts";
import { type ChannelFamily, type Families, findFamilies } from "./channel_families.ts";
import { GraphIndex } from "./graph_index.ts";
import type { Statistics } from "./statistics.ts";

/** What the channels of a convolution are rescaled by; absent where they keep their scale. */
export interface LayerScales {
  /** [in]: the weights are multiplied by it. */
  readonly input?: Float32Array;
  /** [out]: the weights and the bias are divided by it. */
  readonly output?: Float32Array;
}

/** A network that computes the same with other scales of its channels. */
export interface Equalization {
  /** By the name of the convolution. */
  readonly layers: ReadonlyMap<string, LayerScales>;
  /** What each channel of a value is divided by, by the name of the value. */
  readonly values: ReadonlyMap<string, Float32Array>;
}

/**
 * How far a wide channel is narrowed at the cost of the 1×1 kernels that take it: 0 not at all, 1
 * wholly. Between them, as in SmoothQuant (Xiao et al. 2023, arXiv 2211.10438, equation 4).
 */
const MIGRATION = 0.6;

/** A channel that hardly holds anything is not blown up by more than this. */
const LARGEST_GAIN = 1000;

/**
 * Chooses scales for the channels so that those of one activation, which share 256 codes, have
 * similar ranges (cross-layer equalisation: Nagel et al. 2019, arXiv 1906.04721, §4.1).
 *
 * What only depthwise convolutions take gets equal ranges, for nothing: each of their kernels has a
 * scale of its own.
 */
export function equalize(graph: OnnxGraph, statistics: Statistics): Equalization {
  const families = findFamilies(graph);
  const extents = measureExtents(families, statistics);
  const weights = measureWeights(graph, families);
  const scales = new Map<ChannelFamily, Float32Array>();
  for (const [family, extent] of extents) {
    scales.set(family, chooseScales(extent, weights.get(family)));
  }
  const values = new Map<string, Float32Array>();
  for (const [value, parts] of families) {
    values.set(value, Float32Array.from(parts.flatMap((family) => [...scales.get(family)!])));
  }
  const layers = new Map<string, LayerScales>();
  for (const { name, operator, inputs, outputs } of graph.nodes) {
    if (operator !== "Conv") continue;
    const input = values.get(inputs[0]!);
    const output = values.get(outputs[0]!);
    layers.set(name, { ...(input && { input }), ...(output && { output }) });
  }
  return { layers, values };
}

/** The largest magnitude of each channel, over all values of a family. */
function measureExtents(
  families: Families,
  statistics: Statistics,
): Map<ChannelFamily, Float32Array> {
  const extents = new Map<ChannelFamily, Float32Array>();
  for (const [value, [family, ...others]] of families) {
    if (!family || others.length > 0) continue;
    const extent = extents.get(family) ?? new Float32Array(family.channels);
    extents.set(family, extent);
    const seen = statistics.get(value);
    seen?.high.forEach((high, channel) => {
      extent[channel] = Math.max(extent[channel]!, high, -seen.low[channel]!);
    });
  }
  return extents;
}

/**
 * The largest weight that 1×1 convolutions give to each channel, relative to the largest weight of
 * the same kernel; none for families that only depthwise convolutions take.
 */
function measureWeights(graph: OnnxGraph, families: Families): Map<ChannelFamily, Float32Array> {
  const index = new GraphIndex(graph);
  const largest = new Map<ChannelFamily, Float32Array>();
  for (const { operator, inputs, attributes } of graph.nodes) {
    const parts = families.get(inputs[0]!);
    if (operator !== "Conv" || attributes.group !== 1 || !parts) continue;
    const channels = parts.reduce((sum, family) => sum + family.channels, 0);
    const relative = relativeWeights(index.floats(inputs[1]), channels);
    let start = 0;
    for (const family of parts) {
      const known = largest.get(family) ?? new Float32Array(family.channels);
      largest.set(family, known.map((value, i) => Math.max(value, relative[start + i]!)));
      start += family.channels;
    }
  }
  return largest;
}

/** For a matrix [out, channels]: the largest of each column once each row's largest is 1. */
function relativeWeights(weight: Float32Array, channels: number): Float32Array {
  const relative = new Float32Array(channels);
  for (let start = 0; start < weight.length; start += channels) {
    let most = 0;
    for (let i = 0; i < channels; i++) most = Math.max(most, Math.abs(weight[start + i]!));
    if (most === 0) continue;
    for (let i = 0; i < channels; i++) {
      const share = Math.abs(weight[start + i]!) / most;
      if (share > relative[i]!) relative[i] = share;
    }
  }
  return relative;
}

function chooseScales(extent: Float32Array, weight: Float32Array | undefined): Float32Array {
  const wide = relativeToMean(extent);
  if (!weight) return wide;
  const heavy = relativeToMean(weight);
  return wide.map((value, i) => value ** MIGRATION / heavy[i]! ** (1 - MIGRATION));
}

/** Over their geometric mean, so that scales are about 1; what is (nearly) 0 stays within bounds. */
function relativeToMean(values: Float32Array): Float32Array {
  const positive = values.filter((value) => value > 0);
  const logs = positive.reduce((sum, value) => sum + Math.log(value), 0);
  const mean = positive.length > 0 ? Math.exp(logs / positive.length) : 1;
  return values.map((value) => Math.max(value / mean, 1 / LARGEST_GAIN));
}
