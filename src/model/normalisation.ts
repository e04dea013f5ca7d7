import type { Triple } from "./stem.ts";

/** What is done to an image before a network sees it: (RGB/255 − mean)/std. */
export interface Normalisation {
  /** Of R, G and B. */
  readonly mean: Triple;
  /** Of R, G and B. */
  readonly std: Triple;
}

/** Of ImageNet, as torchvision's models take them; what nearly every published network uses. */
export const IMAGENET_NORMALISATION: Normalisation = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/**
 * A mean and a deviation as people write them: of values 0–1, or of codes 0–255 where any of the six
 * is above 1. Codes that are fed as they are have the mean 0 and the deviation 1/255.
 *
 * @throws {RangeError} If they are not three numbers each, or a deviation is not positive.
 */
export function normalisationOf(mean: unknown, std: unknown): Normalisation {
  const means = triple("mean", mean);
  const deviations = triple("std", std);
  if (means.some((value) => value < 0 || value > 255)) {
    throw new RangeError("mean must be from 0 to 1, or from 0 to 255 for codes.");
  }
  if (deviations.some((value) => !(value > 0 && value <= 255))) {
    throw new RangeError("std must be above 0, and at most 1, or 255 for codes.");
  }
  const isOfCodes = [...means, ...deviations].some((value) => value > 1);
  if (!isOfCodes) return { mean: means, std: deviations };
  const scale = ([r, g, b]: Triple): Triple => [r / 255, g / 255, b / 255];
  return { mean: scale(means), std: scale(deviations) };
}

/** "RGB/255, mean 0.485 0.456 0.406, std 0.229 0.224 0.225", as metadata has it. */
export function formatNormalisation({ mean, std }: Normalisation): string {
  return `RGB/255, mean ${mean.join(" ")}, std ${std.join(" ")}`;
}

/** The inverse of {@link formatNormalisation}; undefined if the text is not of that form. */
export function parseNormalisation(text: string): Normalisation | undefined {
  const match = /^RGB\/255, mean (\S+) (\S+) (\S+), std (\S+) (\S+) (\S+)$/.exec(text);
  const numbers = match?.slice(1).map(Number) ?? [];
  const isValid = numbers.length === 6 &&
    numbers.every((value, i) => value <= 1 && (i < 3 ? value >= 0 : value > 0));
  if (!isValid) return undefined;
  const [r, g, b, deviationR, deviationG, deviationB] = numbers;
  return { mean: [r!, g!, b!], std: [deviationR!, deviationG!, deviationB!] };
}

function triple(name: string, value: unknown): Triple {
  const isTriple = Array.isArray(value) && value.length === 3 && value.every(Number.isFinite);
  if (isTriple) return [value[0], value[1], value[2]];
  throw new RangeError(`${name} must be three numbers, for R, G and B.`);
}
