import { ModelError } from "../errors.ts";
import type { FastScnnTraits } from "./fast_scnn.ts";
import type { Triple } from "./stem.ts";
import type { Tensors } from "./tensor.ts";

/** Of ImageNet, as torchvision's models take them; what nearly every published network uses. */
const IMAGENET_MEAN: Triple = [0.485, 0.456, 0.406];
const IMAGENET_STD: Triple = [0.229, 0.224, 0.225];

/** PyTorch's BatchNorm2d. */
const DEFAULT_EPSILON = 1e-5;

/**
 * What a file's metadata says about its Fast-SCNN weights. Defaults are what the weights of this
 * project have: first convolution padded by 1, align_corners false, ImageNet normalisation.
 *
 * Keys: `architecture`, `padding_first_conv`, `align_corners`, `bn_eps` and `normalisation`
 * ("RGB/255, mean R G B, std R G B").
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

function readNormalisation(
  model: string,
  text: string | undefined,
): { readonly mean: Triple; readonly std: Triple } {
  if (text === undefined) return { mean: IMAGENET_MEAN, std: IMAGENET_STD };
  const match = /^RGB\/255, mean (\S+) (\S+) (\S+), std (\S+) (\S+) (\S+)$/.exec(text);
  const numbers = match?.slice(1).map(Number) ?? [];
  const [r, g, b, deviationR, deviationG, deviationB] = numbers;
  if (numbers.some((value) => !(value > 0 && value < 1)) || deviationB === undefined) {
    throw unusable(model, "normalisation", text, '"RGB/255, mean R G B, std R G B"');
  }
  return { mean: [r!, g!, b!], std: [deviationR!, deviationG!, deviationB] };
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
