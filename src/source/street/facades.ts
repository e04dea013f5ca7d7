import type { Rgb } from "../../frame/colour.ts";
import { CLASS, type Paint, paint, tint } from "./paint.ts";
import { between, pick, type Random, tileableNoise } from "./random.ts";
import { Sheet, type Texture } from "./texture.ts";

/** A building's front: a texture that repeats along the street every `width` metres. */
export interface Facade {
  /** What it looks like. */
  readonly texture: Texture;
  /** Metres from one end of the texture to the other. */
  readonly width: number;
  /** Metres from the ground to the eaves. */
  readonly height: number;
  /** The tiles above it. */
  readonly roof: Paint;
}

/** Plaster, brick and stone, as they look in soft daylight. */
const WALLS: readonly Rgb[] = [
  [168, 152, 130],
  [140, 112, 92],
  [156, 150, 142],
  [128, 98, 84],
  [178, 166, 146],
  [134, 128, 120],
  [150, 126, 100],
  [118, 112, 108],
];

const TEXELS_A_METRE = 32;
const STOREY = 3.1;

/** The fronts of one street: two to five storeys in walls of different colours. */
export function paintFacades(random: Random): readonly Facade[] {
  const noise = tileableNoise(random, 256, { first: 8, count: 5 });
  return WALLS.map((wall, index) => paintFacade(random, noise, wall, 2 + (index * 3 + 1) % 4));
}

function paintFacade(random: Random, noise: Float32Array, wall: Rgb, storeys: number): Facade {
  const side = 16 * TEXELS_A_METRE;
  const height = storeys * STOREY + 0.6;
  // Short buildings get a shorter sheet: texels stay about as tall as they are wide.
  const sheetHeight = height > 8 ? side : side / 2;
  const vertical = sheetHeight / height;
  const sheet = new Sheet(side, sheetHeight, building(wall));
  const bays = pick(random, [4, 5, 6]);
  const bay = side / bays;
  const frame = building(random() < 0.5 ? [206, 202, 194] : tint(wall, 0.72));
  const openWidth = bay * between(random, 0.36, 0.5);
  const openHeight = vertical * between(random, 1.4, 1.75);
  const row = (metres: number) => sheetHeight - metres * vertical;
  const shutters = random() < 0.3 ? building([74, 84, 78]) : undefined;
  for (let storey = 1; storey < storeys; storey++) {
    const sill = storey * STOREY + 0.85;
    for (let column = 0; column < bays; column++) {
      const left = (column + 0.5) * bay - openWidth / 2;
      if (shutters !== undefined) {
        const wing = openWidth * 0.4;
        sheet.rectangle(left - wing, row(sill) - openHeight, left, row(sill), shutters);
        const right = left + openWidth;
        sheet.rectangle(right, row(sill) - openHeight, right + wing, row(sill), shutters);
      }
      paintWindow(random, sheet, left, row(sill) - openHeight, openWidth, openHeight, frame);
    }
    sheet.rectangle(0, row(storey * STOREY) - 3, side, row(storey * STOREY) + 1, shade(wall, 0.82));
  }
  if (random() < 0.55) paintShops(random, sheet, bay, row, wall);
  else {
    for (let column = 0; column < bays; column++) {
      const left = (column + 0.5) * bay - openWidth / 2;
      if (column === 1) {
        const door = building(pick(random, [[70, 48, 36], [52, 60, 66], [92, 84, 76]]));
        sheet.rectangle(left - 4, row(2.6), left + openWidth + 4, sheetHeight, frame);
        sheet.rectangle(left, row(2.45), left + openWidth, sheetHeight, door);
      } else {
        paintWindow(random, sheet, left, row(1) - openHeight, openWidth, openHeight, frame);
      }
    }
  }
  sheet.rectangle(0, row(0.6), side, sheetHeight, shade(wall, 0.66));
  sheet.rectangle(0, 0, side, vertical * 0.35, shade(wall, 0.8));
  sheet.rectangle(0, vertical * 0.35, side, vertical * 0.45, shade(wall, 0.5));
  // A seam where the neighbour begins.
  sheet.rectangle(0, 0, 5, sheetHeight, shade(wall, 0.62));
  sheet.roughen(noise, 13);
  const roof = building(pick(random, [[112, 74, 60], [88, 84, 84], [104, 92, 84]]));
  return { texture: sheet.finish(), width: 16, height, roof };
}

/** A frame, panes that reflect the sky at the top and the dark room below, a bar, a sill. */
function paintWindow(
  random: Random,
  sheet: Sheet,
  left: number,
  top: number,
  width: number,
  height: number,
  frame: Paint,
): void {
  sheet.rectangle(left - 3, top - 3, left + width + 3, top + height + 3, frame);
  const dark = between(random, 36, 66);
  const reflection = between(random, 0.25, 0.6);
  for (let line = 0; line < 8; line++) {
    const sky = Math.max(0, 1 - line / 5) * reflection;
    const luma = dark + sky * 90;
    const pane = building([luma * 0.94, luma, luma * 1.08]);
    sheet.rectangle(
      left,
      top + (height * line) / 8,
      left + width,
      top + (height * (line + 1)) / 8,
      pane,
    );
  }
  if (random() < 0.35) {
    const curtain = building([168, 162, 152]);
    sheet.rectangle(left, top, left + width * 0.26, top + height, curtain);
    sheet.rectangle(left + width * 0.74, top, left + width, top + height, curtain);
  }
  sheet.rectangle(left + width / 2 - 1.5, top, left + width / 2 + 1.5, top + height, frame);
  sheet.rectangle(left, top + height * 0.33, left + width, top + height * 0.33 + 2, frame);
  sheet.rectangle(left - 5, top + height + 3, left + width + 5, top + height + 8, frame);
}

/** Wide panes under a band of sign boards, with a door in every other bay. */
function paintShops(
  random: Random,
  sheet: Sheet,
  bay: number,
  row: (metres: number) => number,
  wall: Rgb,
): void {
  const side = sheet.width;
  sheet.rectangle(0, row(3.05), side, sheet.height, shade(wall, 0.7));
  for (let left = 0; left < side - bay / 2; left += bay * 2) {
    const sign = pick<Rgb>(random, [[126, 52, 46], [52, 78, 112], [60, 92, 70], [176, 152, 96]]);
    sheet.rectangle(left + 8, row(3), left + 2 * bay - 8, row(2.45), building(sign));
    for (let letter = left + 30; letter < left + 2 * bay - 40; letter += 14) {
      if (random() < 0.8) {
        sheet.rectangle(letter, row(2.85), letter + 9, row(2.6), building([224, 220, 208]));
      }
    }
    for (let pane = 0; pane < 2; pane++) {
      const from = left + 12 + pane * (bay - 2);
      const to = from + bay - 22;
      const dark = between(random, 40, 72);
      sheet.rectangle(from, row(2.35), to, row(0.55), building([dark * 1.06, dark, dark * 0.9]));
      sheet.rectangle(from, row(2.35), to, row(2.0), building([dark + 44, dark + 46, dark + 48]));
      for (let item = from + 8; item < to - 12; item += 16) {
        const glow = between(random, 50, 150);
        const goods = building([glow, glow * between(random, 0.7, 1), glow * 0.7]);
        sheet.rectangle(item, row(between(random, 0.9, 1.6)), item + 10, row(0.62), goods);
      }
    }
  }
}

function building(rgb: Rgb): Paint {
  return paint(rgb, CLASS.building);
}

function shade(rgb: Rgb, gain: number): Paint {
  return building(tint(rgb, gain));
}
