import { CITYSCAPES_CLASSES, IGNORE_LABEL } from "../../frame/classes.ts";
import { type Colour, type Rgb, rgbToYuv } from "../../frame/colour.ts";

/** The street is drawn in BT.709 limited range, as HD video is. */
export const STREET_COLOUR: Colour = { matrix: "bt709", range: "limited" };

/**
 * A colour and its class in one 32-bit number: Y, U, V and the train id from the lowest byte up.
 * One read of a texture then gives a pixel all it needs.
 */
export type Paint = number;

/** A texel that shows what lies behind it. */
export const CLEAR: Paint = IGNORE_LABEL << 24;

/** The Cityscapes train ids by name. */
export const CLASS = {
  road: 0,
  sidewalk: 1,
  building: 2,
  wall: 3,
  fence: 4,
  pole: 5,
  trafficLight: 6,
  trafficSign: 7,
  vegetation: 8,
  terrain: 9,
  sky: 10,
  person: 11,
  rider: 12,
  car: 13,
  truck: 14,
  bus: 15,
  train: 16,
  motorcycle: 17,
  bicycle: 18,
} as const;

/** The paint of an R'G'B' colour of 0–255 and a train id. */
export function paint(rgb: Rgb, label: number): Paint {
  if (!(label in CITYSCAPES_CLASSES)) throw new RangeError(`No class has the train id ${label}.`);
  const [y, u, v] = rgbToYuv(rgb, STREET_COLOUR);
  return y | (u << 8) | (v << 16) | (label << 24);
}

/** The same colour, lighter or darker: its luma times `gain`, its chroma kept. */
export function relight(base: Paint, gain: number): Paint {
  const luma = Math.min(235, Math.max(16, 16 + ((base & 255) - 16) * gain));
  return (base & ~255) | Math.round(luma);
}

/** A colour scaled channel by channel, for variants of one hue. */
export function tint(rgb: Rgb, gain: number): Rgb {
  return [rgb[0] * gain, rgb[1] * gain, rgb[2] * gain];
}
