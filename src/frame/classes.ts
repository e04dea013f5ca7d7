import type { Rgb } from "./colour.ts";

/** One class of a segmentation: its name, its colour in the overlay and its category. */
export interface SegmentationClass {
  /** Lower case, words apart: "traffic light". */
  readonly name: string;
  /** In the overlay, unless a palette says otherwise. */
  readonly colour: Rgb;
  /** The Cityscapes category, for category IoU and for picking several classes at once. */
  readonly category: string;
}

/** The label of a pixel that belongs to no class or does not count. */
export const IGNORE_LABEL = 255;

/**
 * The 19 Cityscapes train classes; the position is the train id. Names, colours and categories are
 * those of Cordts et al. 2016 and the dataset's label definitions.
 */
export const CITYSCAPES_CLASSES: readonly SegmentationClass[] = [
  { name: "road", colour: [128, 64, 128], category: "flat" },
  { name: "sidewalk", colour: [244, 35, 232], category: "flat" },
  { name: "building", colour: [70, 70, 70], category: "construction" },
  { name: "wall", colour: [102, 102, 156], category: "construction" },
  { name: "fence", colour: [190, 153, 153], category: "construction" },
  { name: "pole", colour: [153, 153, 153], category: "object" },
  { name: "traffic light", colour: [250, 170, 30], category: "object" },
  { name: "traffic sign", colour: [220, 220, 0], category: "object" },
  { name: "vegetation", colour: [107, 142, 35], category: "nature" },
  { name: "terrain", colour: [152, 251, 152], category: "nature" },
  { name: "sky", colour: [70, 130, 180], category: "sky" },
  { name: "person", colour: [220, 20, 60], category: "human" },
  { name: "rider", colour: [255, 0, 0], category: "human" },
  { name: "car", colour: [0, 0, 142], category: "vehicle" },
  { name: "truck", colour: [0, 0, 70], category: "vehicle" },
  { name: "bus", colour: [0, 60, 100], category: "vehicle" },
  { name: "train", colour: [0, 80, 100], category: "vehicle" },
  { name: "motorcycle", colour: [0, 0, 230], category: "vehicle" },
  { name: "bicycle", colour: [119, 11, 32], category: "vehicle" },
];
