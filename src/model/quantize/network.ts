import type { Colour } from "../../frame/colour.ts";
import type { Size } from "../../frame/geometry.ts";
import { ModelError } from "../../errors.ts";
import { buildFastScnn, type FastScnnOptions, LOGITS_STRIDE } from "../fast_scnn.ts";
import { OUTPUT_NAMES } from "../heads.ts";
import { LayerWeights } from "../layer_weights.ts";
import type { Model } from "../model.ts";
import type { Network } from "../network.ts";
import { encodeOnnx, type OnnxGraph } from "../onnx/model_proto.ts";
import { INPUT_NAMES, zeroCodes } from "../stem.ts";
import { BalancedWeights } from "./balanced_weights.ts";
import type { Calibration } from "./calibration.ts";
import type { Range, WeightRange } from "./codes.ts";
import { equalize } from "./equalize.ts";
import { isQuantizable, quantizeGraph } from "./quantize.ts";
import type { ChannelStatistics, Statistics } from "./statistics.ts";

/** What {@link buildInt8Network} takes. */
export interface Int8Options {
  /** Size of the input; both sides are multiples of 32. */
  readonly size: Size;
  /** Of the frames that are fed. */
  readonly colour: Colour;
  /** Of the weights' codes; `full` by default. */
  readonly weightRange?: WeightRange;
}

/**
 * To be raised by whoever changes what the builder writes: graphs that older ones wrote are kept in
 * users' caches. A test notices the change.
 */
export const INT8_BUILDER = 1;

/** Any size will do where only the structure of a graph counts. */
const SMALLEST: FastScnnOptions = { input: "rgb", size: { width: 32, height: 32 } };

/** Whether the network of a model can be built in 8 bits: its first convolution must be padded. */
export function isQuantizableModel({ traits }: Model): boolean {
  return traits.firstPadding === 1;
}

/** Names of the layers that {@link buildInt8Network} quantises unless they are kept. */
export function listQuantizable(model: Model): string[] {
  return buildStructure(model).nodes.filter(isQuantizable).map(({ name }) => name);
}

/**
 * Builds a model's network on 8-bit codes: uint8 activations, int8 weights with a scale for each
 * output channel, fed with blocks of the frame's own samples.
 *
 * @throws {RangeError} If a side of the size is not a positive multiple of 32.
 * @throws {ModelError} If a tensor is missing or has another shape, or the first convolution has no
 *   padding.
 */
export function buildInt8Network(
  model: Model,
  calibration: Calibration,
  options: Int8Options,
): Network {
  return describeInt8Network(model, options, buildInt8Onnx(model, calibration, options));
}

/**
 * The ONNX file of {@link buildInt8Network}.
 *
 * @throws As {@link buildInt8Network} does.
 */
export function buildInt8Onnx(
  model: Model,
  calibration: Calibration,
  options: Int8Options,
): Uint8Array {
  return encodeOnnx(buildInt8Graph(model, calibration, options), model.metadata);
}

/**
 * Everything that decides what {@link buildInt8Onnx} gives, as one line of text.
 *
 * @param calibration As it was found beside the model, so that its fingerprint is the weights'.
 */
export function int8GraphKey(
  { metadata, traits }: Model,
  calibration: Calibration,
  options: Int8Options,
): string {
  const { fingerprint, keep, statistics } = calibration;
  const seen = [...statistics].map((
    [value, { low, high, mean }],
  ) => [value, ...[low, high, mean].map((values) => toBase64(values))]);
  return JSON.stringify([INT8_BUILDER, fingerprint, keep, seen, [...metadata], traits, options]);
}

function toBase64({ buffer, byteOffset, byteLength }: Float32Array): string {
  return new Uint8Array(buffer, byteOffset, byteLength).toBase64();
}

/** What the product runs and feeds, for an ONNX file that {@link buildInt8Onnx} gave. */
export function describeInt8Network(model: Model, options: Int8Options, onnx: Uint8Array): Network {
  const { size, colour } = options;
  const [y, cb, cr] = zeroCodes(colour, model.traits.mean);
  return {
    name: model.name,
    onnx,
    inputSize: size,
    input: {
      kind: "blocks",
      name: INPUT_NAMES.blocks,
      outside: [Math.round(y), Math.round(cb), Math.round(cr)],
    },
    output: {
      kind: "logits",
      name: OUTPUT_NAMES.logits,
      grid: { width: size.width / LOGITS_STRIDE, height: size.height / LOGITS_STRIDE },
      alignCorners: model.traits.alignCorners,
    },
    classes: model.classes,
    precision: "int8",
  };
}

/**
 * The graph of {@link buildInt8Network}.
 *
 * @throws As {@link buildInt8Network} does.
 */
export function buildInt8Graph(
  model: Model,
  { statistics, keep }: Calibration,
  options: Int8Options,
): OnnxGraph {
  const { name, traits } = model;
  if (!isQuantizableModel(model)) {
    throw new ModelError(
      `Cannot run "${name}" in int8: its first convolution has no padding. Use --precision fp32.`,
      { model: name },
    );
  }
  const { size, colour, weightRange = "full" } = options;
  const layers = layersOf(model);
  const structure = buildStructure(model);
  const { layers: scales, values } = equalize(structure, statistics);
  const kept = new Set(keep);
  const inputMeans = findInputMeans(structure, statistics, kept);
  const balanced = new BalancedWeights(layers, { scales, inputMeans, weightRange });
  const graph = buildFastScnn(balanced, traits, { input: "blocks", size, colour }).build();
  const ranges = new Map<string, Range>();
  for (const [value, seen] of statistics) ranges.set(value, spanOf(seen, values.get(value)));
  return quantizeGraph(graph, ranges, { keep: kept, weightRange });
}

function layersOf({ name, weights, traits }: Model): LayerWeights {
  return new LayerWeights(weights, { model: name, epsilon: traits.epsilon });
}

function buildStructure(model: Model): OnnxGraph {
  return buildFastScnn(layersOf(model), model.traits, SMALLEST).build();
}

/** The means of what each quantised convolution takes. Resizing leaves them nearly as they are. */
function findInputMeans(
  graph: OnnxGraph,
  statistics: Statistics,
  kept: ReadonlySet<string>,
): Map<string, Float32Array> {
  const resized = new Map(
    graph.nodes.filter(({ operator }) => operator === "Resize").map(({ inputs, outputs }) =>
      [outputs[0]!, inputs[0]!] as const
    ),
  );
  const means = new Map<string, Float32Array>();
  for (const { name, operator, inputs } of graph.nodes) {
    if (operator !== "Conv" || kept.has(name)) continue;
    const seen = statistics.get(resized.get(inputs[0]!) ?? inputs[0]!);
    if (seen) means.set(name, seen.mean);
  }
  return means;
}

/** The range of all channels together, once each is divided by its scale. */
function spanOf({ low, high }: ChannelStatistics, scales: Float32Array | undefined): Range {
  const scaled = (values: Float32Array) => values.map((value, i) => value / (scales?.[i] ?? 1));
  return {
    low: scaled(low).reduce((least, value) => Math.min(least, value), 0),
    high: scaled(high).reduce((most, value) => Math.max(most, value), 0),
  };
}
