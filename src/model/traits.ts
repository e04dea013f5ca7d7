import { ModelError } from "../errors.ts";
import type { FastScnnTraits } from "./fast_scnn.ts";
import { IMAGENET_NORMALISATION, type Normalisation, parseNormalisation } from "./normalisation.ts";
import type { Tensors } from "./tensor.ts";

/** PyTorch's BatchNorm2d. */
const DEFAULT_EPSILON = 1e-5;

/**
 * What a file's metadata says about its Fast-SCNN weights. Defaults are what the weights of this
 * project have: first convolution padded by 1, align_corners false, ReLU after every depthwise convolution,
 * ImageNet normalisation.
 *
 * Keys: `architecture`, `padding_first_conv`, `align_corners`, `depthwise_relu`, `bn_eps` and
 * `normalisation` ("RGB/255, mean R G B, std R G B").
 *
 * @throws {ModelError} If a value is not one of those it may have, or there is no classifier.
 */
export function readTraits(
  model: string,
  weights: Tensors,
  metadata: ReadonlyMap<string, string>,
): FastScnnTraits {
  const choose = <Value>(
    key: string,
    choices: Readonly<Record<string, Value>>,
    fallback: Value,
  ) => {
    const text = metadata.get(key);
    if (text === undefined) return fallback;
    if (!Object.hasOwn(choices, text)) {
      throw unusable(model, key, text, Object.keys(choices).join(" or "));
    }
    return choices[text]!;
  };
  choose("architecture", { "fast-scnn": true }, true);
  const epsilon = Number(metadata.get("bn_eps") ?? DEFAULT_EPSILON);
  if (!(epsilon >= 0 && epsilon < 1)) {
    throw unusable(model, "bn_eps", metadata.get("bn_eps")!, "a number from 0 to 1");
  }
  return {
    classes: countClasses(model, weights),
    firstPadding: choose<0 | 1>("padding_first_conv", { "0": 0, "1": 1 }, 1),
    alignCorners: choose("align_corners", { "true": true, "false": false }, false),
    depthwiseRelu: choose("depthwise_relu", { "true": true, "false": false }, true),
    epsilon,
    ...readNormalisation(model, metadata.get("normalisation")),
  };
}

function countClasses(model: string, weights: Tensors): number {
  const tensor = "classifier.conv.1.weight";
  const classes = weights.get(tensor)?.shape[0];
  if (classes !== undefined) return classes;
  throw new ModelError(
    `Cannot use "${model}": it has no tensor "${tensor}", so it is not Fast-SCNN in the layout of ` +
      "its public PyTorch checkpoints.",
    { model, tensor },
  );
}

function readNormalisation(model: string, text: string | undefined): Normalisation {
  if (text === undefined) return IMAGENET_NORMALISATION;
  const normalisation = parseNormalisation(text);
  if (normalisation !== undefined) return normalisation;
  throw unusable(model, "normalisation", text, '"RGB/255, mean R G B, std R G B"');
}

function unusable(model: string, key: string, actual: string, expected: string): ModelError {
  return new ModelError(
    `Cannot use "${model}": its metadata has ${key} ${
      JSON.stringify(actual)
    }; segstream knows ${expected}. ` +
      "Mend the metadata.",
    { model, expected, actual },
  );
}
