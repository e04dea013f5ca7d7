/** What every layout of a dataset is read into. */
import type { SegmentationClass } from "../frame/classes.ts";

/** A class that annotations tell apart. */
export interface DatasetClass extends SegmentationClass {
  /** Names of a network's classes that count as this one. */
  readonly includes: readonly string[];
}

/** What the codes in an annotation mean. */
export interface LabelCodes {
  /** What they are called, for messages: "Cityscapes label ids". */
  readonly name: string;
  /** The class id of each code, or IGNORE_LABEL for what does not count; others are unknown. */
  readonly classOf: ReadonlyMap<number, number>;
}

/** A picture and its annotation. */
export interface Sample {
  /** The picture's path inside the dataset. */
  readonly name: string;
  readonly picture: string;
  readonly annotation: string;
  readonly codes: LabelCodes;
}

/** How a dataset's files are laid out. */
export interface Layout {
  readonly name: LayoutName;
  /** "Cityscapes", "CamVid". */
  readonly title: string;
  /** By class id. */
  readonly classes: readonly DatasetClass[];
  /** The split that is taken unless another is named. */
  readonly defaultSplit: string;
  /** The folders that it needs, for messages. */
  readonly expects: string;
  /** The splits that are there, sorted; none if the folder is of another layout. */
  listSplits(folder: string): Promise<string[]>;
  /** The pictures of a split in order of their names; their annotations may be missing. */
  listSamples(folder: string, split: string): Promise<Sample[]>;
}

/** Names of the layouts that can be read. */
export const LAYOUTS = ["cityscapes", "camvid"] as const;

/** One of {@link LAYOUTS}. */
export type LayoutName = typeof LAYOUTS[number];
