/**
 * The scores of a segmentation, as the Cityscapes benchmark defines them
 * (cityscapesScripts, evalPixelLevelSemanticLabeling.py).
 *
 * IoU = TP / (TP + FP + FN) over the pixels of all pictures together. Pixels without a true class
 * count nowhere, so a class predicted there is no false positive. A class that is neither in the
 * truth nor in the prediction has no IoU and is left out of the mean. A category is scored with its
 * classes joined: taking a car for a truck is no error among vehicles.
 */
import type { SegmentationClass } from "../frame/classes.ts";
import type { ConfusionMatrix } from "./confusion.ts";

/** The score of one class, or of one category. */
export interface Score {
  /** The class's or the category's. */
  readonly name: string;
  /** True pixels of it. */
  readonly pixels: number;
  /** 0–1, or undefined where it is neither in the truth nor in the prediction. */
  readonly iou: number | undefined;
}

/** How good a segmentation is; shares are 0–1, and undefined where nothing is labelled. */
export interface Scores {
  /** Mean IoU over the classes. */
  readonly meanIou: number | undefined;
  /** Mean IoU over the categories. */
  readonly meanCategoryIou: number | undefined;
  /** The share of labelled pixels that were predicted right. */
  readonly pixelAccuracy: number | undefined;
  /** Labelled pixels. */
  readonly pixels: number;
  /** By class id. */
  readonly classes: readonly Score[];
  /** In the order in which the classes name them first. */
  readonly categories: readonly Score[];
}

/** Scores the counts of `classes`. */
export function scoreConfusion(
  matrix: ConfusionMatrix,
  classes: readonly SegmentationClass[],
): Scores {
  const perClass = classes.map(({ name }, id) => scoreGroup(matrix, name, [id]));
  const perCategory = [...new Set(classes.map(({ category }) => category))].map((category) => {
    const members = classes.flatMap((each, id) => each.category === category ? id : []);
    return scoreGroup(matrix, category, members);
  });
  const pixels = perClass.reduce((sum, score) => sum + score.pixels, 0);
  const right = classes.reduce((sum, _, id) => sum + matrix.at(id, id), 0);
  return {
    meanIou: meanOf(perClass),
    meanCategoryIou: meanOf(perCategory),
    pixelAccuracy: pixels === 0 ? undefined : right / pixels,
    pixels,
    classes: perClass,
    categories: perCategory,
  };
}

/** The IoU of classes taken as one. */
function scoreGroup(matrix: ConfusionMatrix, name: string, members: readonly number[]): Score {
  const isMember = (id: number) => members.includes(id);
  let hits = 0;
  let pixels = 0;
  let falsePositives = 0;
  for (let truth = 0; truth < matrix.classes; truth++) {
    for (let predicted = 0; predicted <= matrix.classes; predicted++) {
      const count = matrix.at(truth, predicted);
      if (isMember(truth)) pixels += count;
      if (isMember(truth) && isMember(predicted)) hits += count;
      if (!isMember(truth) && isMember(predicted)) falsePositives += count;
    }
  }
  const union = pixels + falsePositives;
  return { name, pixels, iou: union === 0 ? undefined : hits / union };
}

function meanOf(scores: readonly Score[]): number | undefined {
  const known = scores.flatMap(({ iou }) => iou ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, iou) => sum + iou) / known.length;
}
