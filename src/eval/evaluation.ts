import type { Provider } from "../infer/providers.ts";
import type { Resolution } from "../model/resolution.ts";
import { formatSize, type Size } from "../frame/geometry.ts";
import type { ConfusionMatrix } from "./confusion.ts";
import type { DatasetClass, LayoutName } from "./layout.ts";
import type { PictureInput } from "./messages.ts";
import type { Scores } from "./scores.ts";
import type { WorstPicture } from "./worst.ts";

/** The pictures of an evaluation. */
export interface EvaluatedDataset {
  /** As it was named. */
  readonly path: string;
  /** How it is laid out. */
  readonly layout: LayoutName;
  /** "Cityscapes", "CamVid". */
  readonly title: string;
  /** Such as "val". */
  readonly split: string;
  /** How many pictures were evaluated. */
  readonly pictures: number;
  /** How many the split has. */
  readonly available: number;
  /** Of every picture; undefined where they differ. */
  readonly size: Size | undefined;
}

/** How well a network segments a dataset. */
export interface Evaluation {
  /** What it was measured on. */
  readonly dataset: EvaluatedDataset;
  /** The model's name. */
  readonly model: string;
  /** What ran it. */
  readonly provider: Provider;
  /** How many threads did. */
  readonly workers: number;
  /** How the pictures reached it. */
  readonly input: PictureInput;
  /** `zero` where the skip connection was silenced. */
  readonly skip: "keep" | "zero";
  /** Wall time from the first picture to the last. */
  readonly seconds: number;
  /** The dataset's, by class id. */
  readonly classes: readonly DatasetClass[];
  /** In the order they were asked for. */
  readonly results: readonly ResolutionResult[];
  /** Worst first, at the first resolution; thumbnails. */
  readonly worst: readonly WorstPicture[];
  /** What the reader should know, one line each. */
  readonly notes: readonly string[];
}

/** The scores at one resolution. */
export interface ResolutionResult {
  /** As it was asked for. */
  readonly resolution: Resolution;
  /** What the network was fed with; undefined where it differed between pictures. */
  readonly networkSize: Size | undefined;
  /** Over all pictures. */
  readonly scores: Scores;
  /** The counts behind them. */
  readonly confusion: ConfusionMatrix;
}

/** "half", "960x704". */
export function nameResolution(resolution: Resolution): string {
  return typeof resolution === "string" ? resolution : formatSize(resolution);
}

/**
 * The evaluation as plain data, for JSON: shares are 0–1 and null where there is none. `confusion` has
 * a row for each true class and a column for each predicted one; the last column is none of them.
 */
export function toJson(evaluation: Evaluation): unknown {
  const { dataset, model, provider, workers, input, skip, seconds, classes, notes } = evaluation;
  const score = ({ name, pixels, iou }: Scores["classes"][number]) => ({
    name,
    pixels,
    iou: iou ?? null,
  });
  return {
    dataset: { ...dataset, size: dataset.size ?? null },
    model,
    provider,
    workers,
    input,
    skip,
    seconds,
    classes: classes.map(({ name, category, includes }) => ({ name, category, includes })),
    results: evaluation.results.map(({ resolution, networkSize, scores, confusion }) => ({
      resolution: nameResolution(resolution),
      networkSize: networkSize ?? null,
      meanIou: scores.meanIou ?? null,
      meanCategoryIou: scores.meanCategoryIou ?? null,
      pixelAccuracy: scores.pixelAccuracy ?? null,
      pixels: scores.pixels,
      classes: scores.classes.map(score),
      categories: scores.categories.map(score),
      confusion: confusion.rows(),
    })),
    worst: evaluation.worst.map(({ name, pixelAccuracy, meanIou }) => ({
      name,
      pixelAccuracy,
      meanIou,
    })),
    notes,
  };
}
