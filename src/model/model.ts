import { ModelError } from "../errors.ts";
import { CITYSCAPES_CLASSES, type SegmentationClass } from "../frame/classes.ts";
import { parseClasses } from "./class_list.ts";
import {
  buildFastScnn,
  type FastScnnOptions,
  type FastScnnTraits,
  LOGITS_STRIDE,
} from "./fast_scnn.ts";
import { OUTPUT_NAMES } from "./heads.ts";
import { LayerWeights } from "./layer_weights.ts";
import type { I420Input, LogitsOutput, Network, RgbInput } from "./network.ts";
import type { Layer } from "./onnx/graph_builder.ts";
import { encodeOnnx } from "./onnx/model_proto.ts";
import { DEFAULT_MODEL, findModel } from "./registry.ts";
import { readSafetensors } from "./safetensors.ts";
import { INPUT_NAMES } from "./stem.ts";
import type { Tensors } from "./tensor.ts";
import { readTraits } from "./traits.ts";

/** Weights of a network, and what they mean. */
export interface Model {
  /** How people name it: the name it was found by, or its file. */
  readonly name: string;
  /** The file it was read from. */
  readonly path: string;
  /** The strings its file carries. */
  readonly metadata: ReadonlyMap<string, string>;
  /** What the weights were trained with. */
  readonly traits: FastScnnTraits;
  /** By class id. */
  readonly classes: readonly SegmentationClass[];
  /** By PyTorch name, batch norms apart. */
  readonly weights: Tensors;
}

/**
 * Loads a model by the name of one that comes with segstream or by its .safetensors file.
 *
 * @throws {ModelError} If there is none, or it is not Fast-SCNN for classes that are known.
 */
export async function loadModel(reference: string = DEFAULT_MODEL): Promise<Model> {
  const { name, path } = await findModel(reference);
  const { tensors, metadata } = await readSafetensors(path);
  const traits = readTraits(name, tensors, metadata);
  return {
    name,
    path,
    metadata,
    traits,
    classes: nameClasses(name, traits.classes, metadata),
    weights: tensors,
  };
}

/** What {@link buildNetwork} takes: the product upsamples logits itself. */
export type NetworkOptions = FastScnnOptions & { readonly head?: "logits" };

/**
 * Builds a network that the product runs: the ONNX file and how to feed and read it.
 *
 * @throws {RangeError} If a side of the size is not a positive multiple of 32.
 * @throws {ModelError} If a tensor is missing or has another shape.
 */
export function buildNetwork(model: Model, options: NetworkOptions): Network<LogitsOutput> {
  const { size } = options;
  return {
    name: model.name,
    onnx: buildOnnx(model, options),
    inputSize: size,
    input: describeInput(model, options),
    output: {
      kind: "logits",
      name: OUTPUT_NAMES.logits,
      grid: { width: size.width / LOGITS_STRIDE, height: size.height / LOGITS_STRIDE },
      alignCorners: model.traits.alignCorners,
    },
    classes: model.classes,
  };
}

/**
 * Builds the ONNX file (operator set 17) of a model at a fixed resolution. Inputs are
 * {@link INPUT_NAMES}, outputs {@link OUTPUT_NAMES}.
 *
 * @throws {RangeError} If a side of the size is not a positive multiple of 32.
 * @throws {ModelError} If a tensor is missing or has another shape.
 */
export function buildOnnx(model: Model, options: FastScnnOptions): Uint8Array {
  return encodeOnnx(buildGraph(model, options).build(), model.metadata);
}

/**
 * The computing layers of the graph that {@link buildOnnx} writes, in order, with what each costs.
 *
 * @throws As {@link buildOnnx} does.
 */
export function listLayers(model: Model, options: FastScnnOptions): readonly Layer[] {
  return buildGraph(model, options).layers;
}

/** Trained parameters: all weights, biases and batch norm factors, without running statistics. */
export function countParameters(weights: Tensors): number {
  let count = 0;
  for (const [name, { data }] of weights) {
    if (!/\.(running_mean|running_var|num_batches_tracked)$/.test(name)) count += data.length;
  }
  return count;
}

function buildGraph({ name, weights, traits }: Model, options: FastScnnOptions) {
  const layers = new LayerWeights(weights, { model: name, epsilon: traits.epsilon });
  return buildFastScnn(layers, traits, options);
}

function describeInput({ traits }: Model, options: FastScnnOptions): I420Input | RgbInput {
  const { image, luma, chroma } = INPUT_NAMES;
  if (options.input === "i420") return { kind: "i420", luma, chroma };
  const { mean, std } = traits;
  return { kind: "rgb", name: image, layout: "nhwc", type: "uint8", mean, std };
}

/** The metadata's `class_names`, as {@link parseClasses} reads them, or Cityscapes' where there are 19. */
function nameClasses(
  model: string,
  count: number,
  metadata: ReadonlyMap<string, string>,
): readonly SegmentationClass[] {
  const list = metadata.get("class_names");
  const classes = list === undefined ? CITYSCAPES_CLASSES : readNames(model, list);
  if (classes.length === count) return classes;
  const known = list === undefined
    ? `segstream names the ${classes.length} Cityscapes train classes. Import it with --classes`
    : `its metadata names ${classes.length}. Import it again with --classes`;
  throw new ModelError(`Cannot use "${model}": it has ${count} classes; ${known}.`, {
    model,
    expected: `${classes.length} classes`,
    actual: `${count} classes`,
  });
}

function readNames(model: string, list: string): readonly SegmentationClass[] {
  try {
    return parseClasses(JSON.parse(list));
  } catch (cause) {
    throw new ModelError(
      `Cannot use "${model}": the class_names in its metadata are no list of classes. Mend them.`,
      { model, actual: list },
      { cause },
    );
  }
}
