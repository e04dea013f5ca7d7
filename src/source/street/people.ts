import type { Rgb } from "../../frame/colour.ts";
import { CLASS, type Paint, paint, relight } from "./paint.ts";
import type { Pen } from "./pen.ts";
import { between, pick, type Random } from "./random.ts";

/** What someone wears and how they move. */
export interface Look {
  /** Face and hands. */
  readonly skin: Paint;
  /** Hair, or a helmet. */
  readonly hair: Paint;
  /** What covers body and arms. */
  readonly coat: Paint;
  /** What covers the legs. */
  readonly trousers: Paint;
  /** What covers the feet. */
  readonly shoes: Paint;
  /** Metres. */
  readonly height: number;
  /** Whether the coat reaches the knees. */
  readonly long: boolean;
  /** Whether the face is seen: they come towards the camera. */
  readonly towards: boolean;
  /** Steps a second; 0 stands. */
  readonly pace: number;
  /** Radians, so that people do not march in step. */
  readonly phase: number;
}

const SKIN: readonly Rgb[] = [[206, 162, 138], [176, 128, 102], [120, 84, 64], [222, 182, 158]];
const HAIR: readonly Rgb[] = [[44, 36, 32], [84, 62, 44], [132, 104, 70], [96, 94, 92]];
const COATS: readonly Rgb[] = [
  [38, 42, 52],
  [92, 44, 44],
  [52, 66, 92],
  [122, 112, 98],
  [58, 72, 56],
  [44, 40, 40],
  [156, 150, 142],
  [132, 70, 46],
];
const TROUSERS: readonly Rgb[] = [[40, 46, 62], [48, 46, 46], [82, 78, 74], [58, 66, 84]];

/** Someone by chance, of class `label`: a person on foot or a rider. */
export function dress(
  random: Random,
  label: number,
  motion: { towards: boolean; pace: number },
): Look {
  const colour = (choices: readonly Rgb[]) => paint(pick(random, choices), label);
  return {
    skin: colour(SKIN),
    hair: colour(HAIR),
    coat: colour(COATS),
    trousers: colour(TROUSERS),
    shoes: paint([34, 32, 32], label),
    height: between(random, 1.58, 1.88),
    long: random() < 0.25,
    towards: motion.towards,
    pace: motion.pace,
    phase: between(random, 0, 2 * Math.PI),
  };
}

/** Draws someone who walks along the street, seen from ahead or behind, at the pen's origin. */
export function drawPerson(pen: Pen, look: Look, timeS: number): void {
  const s = look.height / 1.75;
  const swing = look.pace === 0 ? 0 : Math.sin(Math.PI * look.pace * timeS + look.phase);
  const bob = 0.02 * Math.abs(swing);
  pen.groundShadow(0.34 * s, 0.3, 0.72);
  for (const side of [-1, 1]) {
    const lift = Math.max(0, side * swing) * 0.16;
    const foot = side * (0.09 + 0.02 * swing * side);
    const hip = (0.9 + bob) * s;
    const knee = (0.48 + lift * 0.5) * s;
    const light = 1 - 0.12 * side;
    pen.limb(side * 0.09 * s, hip, foot * s, knee, 0.22 * s, 0.17 * s, look.trousers, light);
    pen.limb(foot * s, knee, foot * s, (0.07 + lift) * s, 0.17 * s, 0.13 * s, look.trousers, light);
    pen.box((foot - 0.06) * s, lift * s, (foot + 0.06) * s, (lift + 0.08) * s, look.shoes);
  }
  const hem = (look.long ? 0.6 : 0.84) * s;
  pen.limb(0, hem, 0, (1.44 + bob) * s, (look.long ? 0.46 : 0.38) * s, 0.46 * s, look.coat, 1.05);
  for (const side of [-1, 1]) {
    const reach = side * swing * 0.05;
    const light = 0.95 - 0.15 * side;
    pen.limb(
      side * 0.21 * s,
      1.43 * s,
      side * 0.245 * s,
      1.14 * s,
      0.13 * s,
      0.1 * s,
      look.coat,
      light,
    );
    const handY = (0.86 + Math.abs(reach)) * s;
    pen.limb(
      side * 0.245 * s,
      1.15 * s,
      side * 0.235 * s,
      handY,
      0.1 * s,
      0.08 * s,
      look.coat,
      light,
    );
    pen.disc(side * 0.235 * s, handY - 0.03, 0.045 * s, 0.055 * s, look.skin, 1, 6);
  }
  pen.limb(0, 1.42 * s, 0, 1.54 * s, 0.13 * s, 0.12 * s, look.skin, 0.8);
  drawHead(pen, look, 1.62 + bob, s);
}

function drawHead(pen: Pen, look: Look, y: number, s: number): void {
  pen.disc(0, (y + 0.03) * s, 0.105 * s, 0.125 * s, look.hair, 1, 10);
  if (look.towards) pen.disc(0, (y - 0.01) * s, 0.085 * s, 0.11 * s, look.skin, 1.05, 10);
}

/** A cyclist seen from ahead or behind: rider and bicycle. */
export function drawRider(pen: Pen, look: Look, bicycle: Paint, timeS: number): void {
  const turn = 2 * Math.PI * 1.1 * timeS + look.phase;
  pen.groundShadow(0.3, 0.8, 0.65);
  pen.disc(0, 0.34, 0.05, 0.34, relight(bicycle, 0.5), 1, 12);
  pen.limb(0, 0.34, 0, 0.92, 0.07, 0.06, bicycle);
  for (const side of [-1, 1]) {
    const pedal = 0.3 + 0.16 * Math.sin(turn + (side < 0 ? Math.PI : 0));
    const knee = pedal * 0.6 + 0.5;
    pen.limb(side * 0.1, 0.98, side * 0.17, knee, 0.19, 0.15, look.trousers);
    pen.limb(side * 0.17, knee, side * 0.13, pedal, 0.14, 0.1, look.trousers, 0.85);
    pen.box(side * 0.13 - 0.06, pedal - 0.07, side * 0.13 + 0.06, pedal + 0.02, look.shoes);
  }
  pen.box(-0.3, 1, 0.3, 1.05, bicycle);
  pen.limb(0, 0.9, 0, 1.48, 0.36, 0.44, look.coat, 1.05);
  for (const side of [-1, 1]) {
    pen.limb(side * 0.22, 1.45, side * 0.31, 1.2, 0.13, 0.1, look.coat, 0.85);
    pen.limb(side * 0.31, 1.2, side * 0.27, 1.04, 0.1, 0.08, look.coat, 0.8);
  }
  drawHead(pen, look, 1.64, 1);
}

/** A parked bicycle from its side. */
export function drawBicycle(pen: Pen, frame: Paint): void {
  const tyre = relight(frame, 0.35);
  pen.groundShadow(0.8, 0.2, 0.8);
  pen.ring(-0.52, 0.34, 0.33, 0.33, 0.045, tyre);
  pen.ring(0.52, 0.34, 0.33, 0.33, 0.045, tyre);
  pen.limb(-0.52, 0.34, -0.16, 0.78, 0.035, 0.035, frame);
  pen.limb(-0.52, 0.34, 0, 0.3, 0.035, 0.035, frame);
  pen.limb(0, 0.3, -0.18, 0.86, 0.045, 0.045, frame);
  pen.limb(0, 0.3, 0.38, 0.78, 0.045, 0.045, frame);
  pen.limb(-0.16, 0.78, 0.38, 0.8, 0.045, 0.045, frame);
  pen.limb(0.52, 0.34, 0.36, 0.95, 0.04, 0.04, frame);
  pen.box(-0.32, 0.86, -0.08, 0.93, tyre);
  pen.limb(0.36, 0.96, 0.24, 1.02, 0.05, 0.04, tyre);
}

/** A parked motorcycle from its side. */
export function drawMotorcycle(pen: Pen, body: Paint): void {
  const dark = paint([34, 34, 36], CLASS.motorcycle);
  pen.groundShadow(1, 0.3, 0.65);
  for (const x of [-0.68, 0.68]) {
    pen.disc(x, 0.31, 0.31, 0.31, dark, 1, 12);
    pen.disc(x, 0.31, 0.17, 0.17, relight(dark, 3.4), 1, 10);
  }
  pen.limb(-0.5, 0.42, 0.4, 0.42, 0.3, 0.26, dark);
  pen.limb(-0.8, 0.74, -0.05, 0.72, 0.14, 0.22, dark, 1.3);
  pen.limb(-0.1, 0.74, 0.42, 0.82, 0.22, 0.3, body, 1.1);
  pen.limb(0.68, 0.31, 0.42, 1, 0.08, 0.08, relight(dark, 3));
  pen.limb(0.44, 0.98, 0.3, 1.08, 0.07, 0.06, dark);
  pen.disc(0.6, 0.86, 0.1, 0.1, relight(dark, 5), 1, 8);
}
