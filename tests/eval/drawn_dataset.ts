/** Small annotated datasets of the drawn street, in every layout. */
import { dirname } from "node:path";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { encodeImage } from "../../src/ffmpeg/images.ts";
import { colourTransform } from "../../src/frame/colour.ts";
import { i420Layout, planeOf, type Size } from "../../src/frame/geometry.ts";
import { PngEncoder } from "../../src/sink/png.ts";
import { StreetScene } from "../../src/source/street.ts";
import { STREET_COLOUR } from "../../src/source/street/paint.ts";

/** One view of the street. */
export interface DrawnPicture {
  readonly size: Size;
  /** uint8 [height, width, 3] */
  readonly rgb: Uint8Array<ArrayBuffer>;
  /** uint8 [height, width], Cityscapes train ids. */
  readonly trainIds: Uint8Array<ArrayBuffer>;
}

/** CamVid's class of each Cityscapes train id, written down anew from the README of the weights. */
export const CAMVID_OF_TRAIN_ID = [3, 4, 1, 1, 7, 2, 6, 6, 5, 5, 0, 9, 10, 8, 8, 8, 8, 10, 10];

/** The label ids of the train ids 0–18, from the dataset's definitions (helpers/labels.py). */
export const LABEL_ID_OF_TRAIN_ID = [
  ...[7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33],
];

/** Views of one street, a second apart. */
export function drawPictures(count: number, size: Size): DrawnPicture[] {
  const scene = new StreetScene({ size, seed: 3 });
  const layout = i420Layout(size);
  const frame = new Uint8Array(layout.byteLength);
  const { toRgb: m, offset } = colourTransform(STREET_COLOUR);
  return Array.from({ length: count }, (_, index) => {
    const trainIds = new Uint8Array(size.width * size.height);
    scene.draw(index * 1e6, frame, trainIds);
    const [y, u, v] = [layout.y, layout.u, layout.v].map((plane) => planeOf(frame, plane));
    const rgb = new Uint8ClampedArray(3 * trainIds.length);
    for (let pixel = 0; pixel < trainIds.length; pixel++) {
      const [column, row] = [pixel % size.width, Math.floor(pixel / size.width)];
      const chroma = (row >> 1) * (size.width >> 1) + (column >> 1);
      const code = [y![pixel]! - offset[0], u![chroma]! - offset[1], v![chroma]! - offset[2]];
      for (let channel = 0; channel < 3; channel++) {
        rgb[3 * pixel + channel] = code.reduce((sum, c, i) => sum + m[3 * channel + i]! * c, 0);
      }
    }
    return { size, rgb: new Uint8Array(rgb.buffer), trainIds };
  });
}

/** Writes `SPLIT/N.png` and `SPLITannot/N.png`. */
export async function writeCamVid(
  folder: string,
  pictures: readonly DrawnPicture[],
  split = "test",
): Promise<void> {
  for (const [index, { size, rgb, trainIds }] of pictures.entries()) {
    await writePicture(`${folder}/${split}/${index}.png`, size, rgb);
    const labels = trainIds.map((id) => CAMVID_OF_TRAIN_ID[id] ?? 11);
    await writeLabels(`${folder}/${split}annot/${index}.png`, size, labels);
  }
}

/** Writes `leftImg8bit/SPLIT/town` and `gtFine/SPLIT/town`. */
export async function writeCityscapes(
  folder: string,
  pictures: readonly DrawnPicture[],
  options: { split?: string; codes?: "labelIds" | "labelTrainIds" } = {},
): Promise<void> {
  const { split = "val", codes = "labelIds" } = options;
  for (const [index, { size, rgb, trainIds }] of pictures.entries()) {
    const stem = `town_${String(index).padStart(6, "0")}`;
    await writePicture(`${folder}/leftImg8bit/${split}/town/${stem}_leftImg8bit.png`, size, rgb);
    const labels = codes === "labelTrainIds"
      ? trainIds
      : trainIds.map((id) => LABEL_ID_OF_TRAIN_ID[id] ?? 0);
    await writeLabels(`${folder}/gtFine/${split}/town/${stem}_gtFine_${codes}.png`, size, labels);
  }
}

/** Writes an RGB PNG, and the folders it lies in. */
export async function writePicture(
  path: string,
  size: Size,
  rgb: Uint8Array<ArrayBuffer>,
): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeFile(path, await encodeImage(await findFfmpeg(), { size, rgb }, "png"));
}

/** Writes a grey PNG, and the folders it lies in. */
export async function writeLabels(path: string, size: Size, labels: Uint8Array): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeFile(path, new PngEncoder(size).encode(labels));
}
