import { IGNORE_LABEL } from "../frame/classes.ts";
import { type Colour, type Rgb, rgbToYuv } from "../frame/colour.ts";
import type { Palette } from "./palette.ts";

/** Labels that share a group of the table: as many as one swizzle can look up. */
export const GROUP_LABELS = 16;
/** Where a group has what of its labels, a byte for each; `shown` is 255, or 0 for the source as it is. */
export const TINT = { y: 0, cb: 16, cr: 32, shown: 48 } as const;
/** What the table has of a label. */
export type TintPart = keyof typeof TINT;
/** Of a group. */
export const GROUP_BYTES = 64;
/** Of all labels, 0–255. */
export const TABLE_BYTES = 256 / GROUP_LABELS * GROUP_BYTES;

/**
 * What the blend does to a pixel of every label, in the codes of the stream's own matrix and range:
 * `out = source + ((tint − source) · weight + 128 >> 8)` where the label is shown.
 */
export interface TintTable {
  /** 0 leaves the source, 256 replaces it. */
  readonly weight: number;
  /** The first label that has no colour: labels from here on are all drawn alike. */
  readonly unlabelled: number;
  /**
   * Groups of sixteen labels, each a table for a swizzle of what {@link TINT} names:
   *
   * ```
   * Y of 0–15 │ Cb of 0–15 │ Cr of 0–15 │ shown of 0–15 ║ Y of 16–31 │ Cb of 16–31 │ …
   * ```
   */
  readonly bytes: Uint8Array;
}

/** How labels without a colour are drawn where there is no picture to leave as it is. */
const UNLABELLED: Rgb = [24, 24, 24];

/**
 * Shown labels get `alpha`. Hidden labels, labels beyond the palette and the ignore label leave the
 * source.
 */
export function overlayTints(
  palette: Palette,
  visible: ReadonlySet<number>,
  alpha: number,
  colour: Colour,
): TintTable {
  const table = emptyTable(palette, Math.round(256 * alpha));
  for (const [id, rgb] of shownColours(palette, visible)) setTint(table, id, rgb, colour);
  return table;
}

/** Every label replaces the source: shown ones by their colour, all others by a dark grey. */
export function maskTints(
  palette: Palette,
  visible: ReadonlySet<number>,
  colour: Colour,
): TintTable {
  const table = emptyTable(palette, 256);
  for (let label = 0; label < 256; label++) setTint(table, label, UNLABELLED, colour);
  for (const [id, rgb] of shownColours(palette, visible)) setTint(table, id, rgb, colour);
  return table;
}

function* shownColours(
  palette: Palette,
  visible: ReadonlySet<number>,
): Generator<[id: number, rgb: Rgb]> {
  for (const [id, rgb] of palette.entries()) {
    if (visible.has(id) && id < IGNORE_LABEL) yield [id, rgb];
  }
}

function emptyTable(palette: Palette, weight: number): TintTable {
  const unlabelled = Math.min(palette.length, IGNORE_LABEL);
  return { weight, unlabelled, bytes: new Uint8Array(TABLE_BYTES) };
}

function setTint({ bytes }: TintTable, label: number, rgb: Rgb, colour: Colour): void {
  const lane = label % GROUP_LABELS;
  const entry = (label - lane) / GROUP_LABELS * GROUP_BYTES + lane;
  const [y, cb, cr] = rgbToYuv(rgb, colour);
  bytes[entry + TINT.y] = y;
  bytes[entry + TINT.cb] = cb;
  bytes[entry + TINT.cr] = cr;
  bytes[entry + TINT.shown] = 255;
}
