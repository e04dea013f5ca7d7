/**
 * The layout of Cityscapes (Cordts et al. 2016) as it is unpacked: `leftImg8bit/SPLIT/CITY` and
 * `gtFine/SPLIT/CITY`, annotations as label ids or as train ids.
 */
import { join } from "node:path";
import { CITYSCAPES_CLASSES, IGNORE_LABEL } from "../frame/classes.ts";
import { listFolders, listPictures } from "./folders.ts";
import type { DatasetClass, LabelCodes, Layout, Sample } from "./layout.ts";

const PICTURES = "leftImg8bit";
const ANNOTATIONS = "gtFine";

/** Label ids 0–33 in the dataset's definitions; 29 and 30 are caravan and trailer. */
const LABEL_IDS = 34;

/** The label id of each train id, from the dataset's definitions; the others do not count. */
const ID_OF_TRAIN_ID = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33];

/** What `_gtFine_labelIds.png` holds. */
export const LABEL_ID_CODES: LabelCodes = {
  name: "Cityscapes label ids",
  classOf: new Map(
    Array.from({ length: LABEL_IDS }, (_, id) => {
      const trainId = ID_OF_TRAIN_ID.indexOf(id);
      return [id, trainId < 0 ? IGNORE_LABEL : trainId];
    }),
  ),
};

/** What `_gtFine_labelTrainIds.png` holds. */
export const TRAIN_ID_CODES: LabelCodes = {
  name: "Cityscapes train ids",
  classOf: new Map([
    ...ID_OF_TRAIN_ID.map((_, trainId) => [trainId, trainId] as const),
    [IGNORE_LABEL, IGNORE_LABEL],
  ]),
};

const CLASSES: readonly DatasetClass[] = CITYSCAPES_CLASSES.map((each) => ({
  ...each,
  includes: [each.name],
}));

/** Cityscapes. */
export const CITYSCAPES_LAYOUT: Layout = {
  name: "cityscapes",
  title: "Cityscapes",
  classes: CLASSES,
  defaultSplit: "val",
  expects: `${PICTURES}/SPLIT/CITY and ${ANNOTATIONS}/SPLIT/CITY`,

  async listSplits(folder) {
    const annotated = await listFolders(join(folder, ANNOTATIONS));
    const splits = await listFolders(join(folder, PICTURES));
    return splits.filter((split) => annotated.includes(split));
  },

  async listSamples(folder, split) {
    const samples: Sample[] = [];
    for (const city of await listFolders(join(folder, PICTURES, split))) {
      const annotations = join(folder, ANNOTATIONS, split, city);
      const known = new Set(await listPictures(annotations));
      for (const file of await listPictures(join(folder, PICTURES, split, city))) {
        const stem = file.replace(/(_leftImg8bit)?\.[^.]+$/, "");
        const ids = `${stem}_gtFine_labelIds.png`;
        const trainIds = `${stem}_gtFine_labelTrainIds.png`;
        // The label ids come with the dataset; train ids are what somebody made of them.
        const isTrainIds = !known.has(ids) && known.has(trainIds);
        samples.push({
          name: `${city}/${stem}`,
          picture: join(folder, PICTURES, split, city, file),
          annotation: join(annotations, isTrainIds ? trainIds : ids),
          codes: isTrainIds ? TRAIN_ID_CODES : LABEL_ID_CODES,
        });
      }
    }
    return samples;
  },
};
