/**
 * CamVid (Brostow et al. 2009) with the 11 classes of SegNet, laid out as its tutorial has it:
 * pictures in `SPLIT`, annotations of the same names in `SPLITannot`.
 */
import { join } from "node:path";
import { IGNORE_LABEL } from "../frame/classes.ts";
import type { Rgb } from "../frame/colour.ts";
import { listFolders, listPictures } from "./folders.ts";
import type { DatasetClass, LabelCodes, Layout } from "./layout.ts";

const ANNOTATIONS = "annot";

const VOID = 11;

/**
 * The classes by id, and which of the Cityscapes train classes count as each. Colours are SegNet's.
 * Categories are those of Cityscapes; a bicyclist is a human, bicycle included.
 */
const CLASSES: readonly DatasetClass[] = [
  of("sky", [128, 128, 128], "sky", "sky"),
  of("building", [128, 0, 0], "construction", "building", "wall"),
  of("pole", [192, 192, 128], "object", "pole"),
  of("road", [128, 64, 128], "flat", "road"),
  of("pavement", [60, 40, 222], "flat", "sidewalk"),
  of("tree", [128, 128, 0], "nature", "vegetation", "terrain"),
  of("sign", [192, 128, 128], "object", "traffic light", "traffic sign"),
  of("fence", [64, 64, 128], "construction", "fence"),
  of("car", [64, 0, 128], "vehicle", "car", "truck", "bus", "train"),
  of("pedestrian", [64, 64, 0], "human", "person"),
  of("bicyclist", [0, 128, 192], "human", "rider", "motorcycle", "bicycle"),
];

function of(name: string, colour: Rgb, category: string, ...includes: string[]): DatasetClass {
  return { name, colour, category, includes: [...new Set([name, ...includes])] };
}

const CODES: LabelCodes = {
  name: "CamVid's labels",
  classOf: new Map([...CLASSES.map((_, id) => [id, id] as const), [VOID, IGNORE_LABEL]]),
};

/** CamVid, 11 classes. */
export const CAMVID_LAYOUT: Layout = {
  name: "camvid",
  title: "CamVid",
  classes: CLASSES,
  defaultSplit: "test",
  expects: `SPLIT and SPLIT${ANNOTATIONS}`,

  async listSplits(folder) {
    const folders = await listFolders(folder);
    return folders.filter((name) => folders.includes(name + ANNOTATIONS));
  },

  async listSamples(folder, split) {
    const files = await listPictures(join(folder, split));
    return files.map((file) => ({
      name: `${split}/${file}`,
      picture: join(folder, split, file),
      annotation: join(folder, split + ANNOTATIONS, file.replace(/\.[^.]+$/, ".png")),
      codes: CODES,
    }));
  },
};
