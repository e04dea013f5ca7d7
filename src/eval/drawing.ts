/** Class maps as pictures. */
import { IGNORE_LABEL } from "../frame/classes.ts";
import type { Rgb } from "../frame/colour.ts";
import type { DatasetClass } from "./layout.ts";
import type { WorstPicture } from "./worst.ts";

/** Where nothing counts. */
export const VOID: Rgb = [0, 0, 0];
/** What was predicted as none of the dataset's classes. */
const NONE: Rgb = [255, 255, 255];
/** What was predicted wrong. */
export const WRONG: Rgb = [255, 72, 56];

/** Each pixel in the colour of its class; uint8 [height, width, 3], a new buffer. */
export function paintClasses(
  labels: Uint8Array,
  classes: readonly DatasetClass[],
): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array(3 * labels.length);
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const id = labels[pixel]!;
    rgb.set(id === IGNORE_LABEL ? VOID : classes[id]?.colour ?? NONE, 3 * pixel);
  }
  return rgb;
}

/**
 * The picture in dark grey, with what was predicted wrong in red and what does not count in black;
 * uint8 [height, width, 3], a new buffer.
 */
export function paintDifference({ rgb, truth, predicted }: WorstPicture): Uint8Array<ArrayBuffer> {
  const painted = new Uint8Array(rgb.length);
  for (let pixel = 0; pixel < truth.length; pixel++) {
    const at = 3 * pixel;
    const id = truth[pixel]!;
    if (id === IGNORE_LABEL) continue; // black already
    if (id !== predicted[pixel]) {
      painted.set(WRONG, at);
      continue;
    }
    const luma = 0.2126 * rgb[at]! + 0.7152 * rgb[at + 1]! + 0.0722 * rgb[at + 2]!; // BT.709
    painted.fill(Math.round(40 + luma / 2), at, at + 3);
  }
  return painted;
}
