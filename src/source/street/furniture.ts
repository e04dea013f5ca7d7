import type { Rgb } from "../../frame/colour.ts";
import { CLASS, type Paint, paint } from "./paint.ts";
import type { Pen } from "./pen.ts";

const METAL = paint([98, 100, 100], CLASS.pole);
const DARK_METAL = paint([62, 64, 66], CLASS.pole);
const CASE = paint([38, 40, 40], CLASS.trafficLight);
const LENSES: readonly (readonly [lit: Paint, unlit: Paint])[] = (
  [[[232, 60, 44], [74, 34, 32]], [[240, 178, 52], [78, 62, 34]], [[64, 214, 150], [
    32,
    64,
    52,
  ]]] as readonly (readonly [Rgb, Rgb])[]
).map(([lit, unlit]) => [paint(lit, CLASS.trafficLight), paint(unlit, CLASS.trafficLight)]);

const SIGN: Record<"red" | "white" | "blue" | "yellow" | "grey", Paint> = {
  red: paint([196, 40, 42], CLASS.trafficSign),
  white: paint([226, 226, 222], CLASS.trafficSign),
  blue: paint([34, 84, 164], CLASS.trafficSign),
  yellow: paint([236, 190, 50], CLASS.trafficSign),
  grey: paint([132, 134, 136], CLASS.trafficSign),
};

/** A street lamp whose arm reaches over the road; `inward` is the direction of the road. */
export function drawLamp(pen: Pen, inward: number): void {
  pen.groundShadow(0.25, 0.3, 0.8);
  pen.limb(0, 0, 0, 1.1, 0.2, 0.18, DARK_METAL);
  pen.limb(0, 1.1, 0, 7.2, 0.15, 0.1, METAL);
  pen.limb(0, 7.15, inward * 1.7, 7.55, 0.1, 0.07, METAL);
  pen.limb(inward * 1.5, 7.55, inward * 2.2, 7.6, 0.16, 0.12, DARK_METAL);
}

/** How many kinds of signs {@link drawSign} knows. */
export const SIGN_KINDS = 6;

/** A traffic sign on its post. */
export function drawSign(pen: Pen, kind: number): void {
  pen.limb(0, 0, 0, 2.5, 0.075, 0.075, METAL);
  const y = 2.45;
  if (kind === 0) {
    pen.disc(0, y, 0.34, 0.34, SIGN.red, 1, 16);
    pen.disc(0, y, 0.25, 0.25, SIGN.white, 1, 16);
    pen.box(-0.11, y - 0.12, -0.03, y + 0.12, CASE_ON_SIGN);
    pen.box(0.03, y - 0.12, 0.13, y + 0.12, CASE_ON_SIGN);
  } else if (kind === 1) {
    pen.disc(0, y, 0.36, 0.36, SIGN.blue, 1, 16);
    pen.limb(-0.12, y - 0.2, 0.08, y + 0.16, 0.07, 0.07, SIGN.white);
    pen.disc(0.08, y + 0.16, 0.11, 0.11, SIGN.white, 1, 3, 0.9);
  } else if (kind === 2) {
    pen.disc(0, y - 0.06, 0.44, 0.44, SIGN.red, 1, 3, Math.PI / 2);
    pen.disc(0, y - 0.06, 0.29, 0.29, SIGN.white, 1, 3, Math.PI / 2);
  } else if (kind === 3) {
    pen.disc(0, y, 0.36, 0.36, SIGN.red, 1, 16);
    pen.box(-0.24, y - 0.06, 0.24, y + 0.06, SIGN.white);
  } else if (kind === 4) {
    pen.box(-0.32, y - 0.4, 0.32, y + 0.3, SIGN.blue);
    pen.box(-0.12, y - 0.28, -0.03, y + 0.2, SIGN.white);
    pen.disc(0, y + 0.08, 0.14, 0.13, SIGN.white, 1, 10);
  } else {
    pen.disc(0, y, 0.42, 0.42, SIGN.white, 1, 4, 0);
    pen.disc(0, y, 0.34, 0.34, SIGN.yellow, 1, 4, 0);
  }
}

const CASE_ON_SIGN = paint([44, 44, 46], CLASS.trafficSign);

/** A direction board on two posts. */
export function drawBoard(pen: Pen): void {
  pen.limb(-0.8, 0, -0.8, 3.2, 0.1, 0.1, METAL);
  pen.limb(0.8, 0, 0.8, 3.2, 0.1, 0.1, METAL);
  pen.box(-1.3, 2.2, 1.3, 3.7, SIGN.white);
  pen.box(-1.24, 2.26, 1.24, 3.64, SIGN.blue);
  for (let line = 0; line < 3; line++) {
    pen.box(-1, 3.3 - line * 0.42, 0.5 + 0.2 * (line % 2), 3.46 - line * 0.42, SIGN.white);
  }
}

/**
 * A traffic light on its post, with a second one on an arm over the road where `inward` is not 0.
 * `lit` is the lens that shines: 0 red, 1 amber, 2 green.
 */
export function drawTrafficLight(pen: Pen, inward: number, lit: number): void {
  pen.limb(0, 0, 0, inward === 0 ? 3.3 : 5.8, 0.16, 0.12, METAL);
  drawLenses(pen, 0, 2.35, lit);
  if (inward !== 0) {
    pen.limb(0, 5.7, inward * 3.8, 5.9, 0.13, 0.09, METAL);
    drawLenses(pen, inward * 3.6, 5, lit);
  }
}

function drawLenses(pen: Pen, x: number, y: number, lit: number): void {
  pen.box(x - 0.19, y, x + 0.19, y + 1.02, CASE);
  for (let lens = 0; lens < 3; lens++) {
    const [on, off] = LENSES[lens]!;
    pen.disc(x, y + 0.84 - lens * 0.33, 0.12, 0.12, lens === lit ? on : off, 1, 10);
  }
}

/** A bollard at the kerb. */
export function drawBollard(pen: Pen): void {
  pen.groundShadow(0.15, 0.15, 0.8);
  pen.limb(0, 0, 0, 0.95, 0.15, 0.13, DARK_METAL);
  pen.box(-0.065, 0.72, 0.065, 0.82, paint([206, 204, 200], CLASS.pole));
}
