import { IGNORE_LABEL } from "../frame/classes.ts";
import { type Colour, type Rgb, rgbToYuv } from "../frame/colour.ts";
import type { Palette } from "./palette.ts";

/**
 * What the blend does to a pixel of every label 0–255, in the codes of the stream's own matrix and
 * range: `out = source + ((tint − source) · weight + 128 >> 8)`.
 */
export interface TintTable {
  /** By label: 0 leaves the source, 256 replaces it. */
  readonly weight: Int32Array;
  /** By label: the tint's luma code. */
  readonly y: Int32Array;
  /** By label: the tint's Cb code. */
  readonly u: Int32Array;
  /** By label: the tint's Cr code. */
  readonly v: Int32Array;
  /** By confidence: the weight of a shown label that is this certain; `fade[0]` is 0. */
  readonly fade: Int32Array;
  /** By label: 255 where it is shown, otherwise 0, so that `fade[confidence & shown]` is its weight. */
  readonly shown: Int32Array;
}

/** How labels without a colour are drawn where there is no picture to leave as it is. */
const UNLABELLED: Rgb = [24, 24, 24];

/**
 * Shown labels get `alpha`, scaled by the confidence where there is one:
 * `weight = round(256 · alpha · confidence / 255)`. Hidden labels, labels beyond the palette and the
 * ignore label get 0.
 */
export function overlayTints(
  palette: Palette,
  visible: ReadonlySet<number>,
  alpha: number,
  colour: Colour,
): TintTable {
  const table = emptyTable();
  for (let confidence = 0; confidence < 256; confidence++) {
    table.fade[confidence] = Math.round(256 * alpha * confidence / 255);
  }
  for (const [id, rgb] of shownColours(palette, visible)) {
    setTint(table, id, rgb, colour);
    table.weight[id] = table.fade[255]!;
    table.shown[id] = 255;
  }
  return table;
}

/** Every label replaces the source: shown ones by their colour, all others by a dark grey. */
export function maskTints(
  palette: Palette,
  visible: ReadonlySet<number>,
  colour: Colour,
): TintTable {
  const table = emptyTable();
  for (let label = 0; label < 256; label++) setTint(table, label, UNLABELLED, colour);
  for (const [id, rgb] of shownColours(palette, visible)) setTint(table, id, rgb, colour);
  table.weight.fill(256);
  table.fade.fill(256);
  table.shown.fill(255);
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

function emptyTable(): TintTable {
  const byCode = () => new Int32Array(256);
  return {
    weight: byCode(),
    y: byCode(),
    u: byCode(),
    v: byCode(),
    fade: byCode(),
    shown: byCode(),
  };
}

function setTint(table: TintTable, label: number, rgb: Rgb, colour: Colour): void {
  [table.y[label], table.u[label], table.v[label]] = rgbToYuv(rgb, colour);
}
