/** PyTorch checkpoints in, weights with everything that must be known about them out. */

import { basename } from "node:path";
import { ModelError } from "../errors.ts";
import { CITYSCAPES_CLASSES, type SegmentationClass } from "../frame/classes.ts";
import { FileBytes } from "./byte_source.ts";
import { Checkpoint } from "./checkpoint/checkpoint.ts";
import { areCityscapes, formatClasses, parseClasses } from "./class_list.ts";
import { buildFastScnn, type FastScnnTraits } from "./fast_scnn.ts";
import { LayerWeights } from "./layer_weights.ts";
import { findStateDict, LAYOUTS } from "./layouts/state_dict.ts";
import { formatNormalisation, type Normalisation } from "./normalisation.ts";
import type { Tensor, Tensors } from "./tensor.ts";

/** Overrides what the layout implies. */
export interface ImportOptions extends Partial<Normalisation> {
  /** The layout's name; found out by default. */
  readonly layout?: string;
  /** Padding of the first convolution. */
  readonly padding?: 0 | 1;
  /** PyTorch's `align_corners` of every bilinear resize. */
  readonly alignCorners?: boolean;
  /** By class id; what the checkpoint says, or Cityscapes' where there are 19, by default. */
  readonly classes?: readonly SegmentationClass[];
}

/** What a checkpoint became. */
export interface ImportedWeights {
  /** The layout's name. */
  readonly layout: string;
  /** In the public layout. */
  readonly tensors: Tensors;
  /** What a .safetensors file says about them. */
  readonly metadata: ReadonlyMap<string, string>;
  /** What they mean. */
  readonly traits: FastScnnTraits;
  /** By class id. */
  readonly classes: readonly SegmentationClass[];
}

/** The names of the layouts. */
export const LAYOUT_NAMES: readonly string[] = LAYOUTS.map(({ name }) => name);

/**
 * Reads the Fast-SCNN weights of a checkpoint. Nothing in it is run, and only the network's own
 * tensors are read.
 *
 * @throws {ModelError} If it is no checkpoint, is damaged, names foreign code, holds another network
 *   or classes that nobody names.
 * @throws {RangeError} If there is no layout of the name that is asked for.
 */
export function importWeights(path: string, options: ImportOptions = {}): ImportedWeights {
  const wanted = LAYOUTS.find(({ name }) => name === options.layout);
  if (options.layout !== undefined && wanted === undefined) {
    throw new RangeError(
      `Cannot import in the layout "${options.layout}": it must be ${LAYOUT_NAMES.join(" or ")}.`,
    );
  }
  using file = FileBytes.open(path);
  const checkpoint = new Checkpoint(file);
  const { layout, tensors: stored } = findStateDict(checkpoint, path, wanted);
  const tensors = new Map<string, Tensor>();
  for (const [name, tensor] of stored) tensors.set(name, checkpoint.read(tensor));
  const objection = layout.objection?.(tensors);
  if (objection !== undefined) {
    throw new ModelError(`Cannot import "${path}": ${objection}.`, { model: path });
  }
  const count = tensors.get("classifier.conv.1.weight")?.shape[0] ?? CITYSCAPES_CLASSES.length;
  const classes = options.classes ??
    ownClasses(layout.classList?.(checkpoint.root)) ?? CITYSCAPES_CLASSES;
  checkCount(path, count, classes.length);
  const traits = {
    classes: count,
    firstPadding: options.padding ?? layout.traits.firstPadding,
    alignCorners: options.alignCorners ?? layout.traits.alignCorners,
    depthwiseRelu: layout.traits.depthwiseRelu,
    epsilon: layout.traits.epsilon,
    mean: options.mean ?? layout.traits.mean,
    std: options.std ?? layout.traits.std,
  };
  checkNetwork(path, tensors, traits);
  return {
    layout: layout.name,
    tensors,
    metadata: describe(traits, classes, { layout: layout.name, importedFrom: basename(path) }),
    traits,
    classes,
  };
}

/** What a checkpoint says of its classes, unless it is nonsense, which is no reason to refuse it. */
function ownClasses(list: unknown): readonly SegmentationClass[] | undefined {
  try {
    return list === undefined ? undefined : parseClasses(list);
  } catch {
    return undefined;
  }
}

function checkCount(model: string, count: number, named: number): void {
  if (count === named) return;
  throw new ModelError(
    `Cannot import "${model}": it has ${count} classes and ${named} are named. Give their names ` +
      "with --classes FILE, a name a line in the order of the ids.",
    { model, expected: `${named} classes`, actual: `${count} classes` },
  );
}

/** Builds the smallest network, which asks for every tensor in its shape. */
function checkNetwork(model: string, tensors: Tensors, traits: FastScnnTraits): void {
  const weights = new LayerWeights(tensors, { model, epsilon: traits.epsilon });
  buildFastScnn(weights, traits, { input: "rgb", size: { width: 32, height: 32 } });
}

function describe(
  traits: FastScnnTraits,
  classes: readonly SegmentationClass[],
  origin: { readonly layout: string; readonly importedFrom: string },
): ReadonlyMap<string, string> {
  const metadata = new Map([
    ["architecture", "fast-scnn"],
    ["classes", String(traits.classes)],
    ["class_set", areCityscapes(classes) ? "cityscapes-train" : "own"],
    ["padding_first_conv", String(traits.firstPadding)],
    ["align_corners", String(traits.alignCorners)],
    ["depthwise_relu", String(traits.depthwiseRelu)],
    ["normalisation", formatNormalisation(traits)],
    ["bn_eps", String(traits.epsilon)],
    ["layout", origin.layout],
    ["imported_from", origin.importedFrom],
  ]);
  if (!areCityscapes(classes)) metadata.set("class_names", formatClasses(classes));
  return metadata;
}
