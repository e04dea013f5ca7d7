import type { Rgb } from "../../frame/colour.ts";
import { CLASS, type Paint, paint } from "./paint.ts";
import { type Face, face, type Mesh, mirrored, type Point } from "./mesh.ts";

/** What a face of a vehicle is made of; the position of its paint. */
const SLOT = { body: 0, glass: 1, dark: 2, trim: 3, tail: 4, head: 5, plate: 6 } as const;

/** A kind of vehicle: its shape and the ground it covers. */
export interface Vehicle {
  readonly mesh: Mesh;
  readonly halfWidth: number;
  readonly halfLength: number;
  readonly label: number;
}

/** The paints of a vehicle with bodywork of this colour. */
export function vehiclePaints(body: Rgb, label: number): readonly Paint[] {
  const parts: readonly Rgb[] = [
    body,
    [52, 60, 68],
    [30, 30, 32],
    [128, 130, 132],
    [150, 40, 38],
    [226, 228, 222],
    [214, 214, 204],
  ];
  return parts.map((rgb) => paint(rgb, label));
}

/** Where a car's outline bends, in metres from its middle (front is positive) and up. */
interface CarOutline {
  readonly halfLength: number;
  readonly halfWidth: number;
  readonly roof: number;
  readonly nose: number;
  readonly cowl: number;
  readonly deck: number;
  readonly cowlZ: number;
  readonly roofFrontZ: number;
  readonly roofRearZ: number;
  readonly deckZ: number;
  /** How far the windows lean in. */
  readonly lean: number;
}

const SILL = 0.3;

/** The vehicles of the street. */
export const VEHICLES = {
  hatchback: car({
    halfLength: 2.05,
    halfWidth: 0.88,
    roof: 1.48,
    nose: 0.74,
    cowl: 0.98,
    deck: 1,
    cowlZ: 0.95,
    roofFrontZ: 0.2,
    roofRearZ: -1.55,
    deckZ: -1.95,
    lean: 0.18,
  }),
  saloon: car({
    halfLength: 2.35,
    halfWidth: 0.9,
    roof: 1.43,
    nose: 0.7,
    cowl: 0.94,
    deck: 1,
    cowlZ: 0.95,
    roofFrontZ: 0.2,
    roofRearZ: -1,
    deckZ: -1.65,
    lean: 0.2,
  }),
  estate: car({
    halfLength: 2.3,
    halfWidth: 0.9,
    roof: 1.56,
    nose: 0.78,
    cowl: 1.02,
    deck: 1.02,
    cowlZ: 1,
    roofFrontZ: 0.25,
    roofRearZ: -1.95,
    deckZ: -2.2,
    lean: 0.15,
  }),
  van: car({
    halfLength: 2.45,
    halfWidth: 0.98,
    roof: 1.95,
    nose: 0.95,
    cowl: 1.2,
    deck: 1.12,
    cowlZ: 1.75,
    roofFrontZ: 1,
    roofRearZ: -2.3,
    deckZ: -2.4,
    lean: 0.1,
  }),
  truck: { mesh: truckMesh(), halfWidth: 1.2, halfLength: 4, label: CLASS.truck },
  bus: { mesh: busMesh(), halfWidth: 1.25, halfLength: 5.75, label: CLASS.bus },
} as const satisfies Record<string, Vehicle>;

function car(outline: CarOutline): Vehicle {
  const { halfWidth, halfLength } = outline;
  return { mesh: carMesh(outline), halfWidth, halfLength, label: CLASS.car };
}

function carMesh(outline: CarOutline): Mesh {
  const { halfLength: l, halfWidth: w, roof, nose, cowl, deck } = outline;
  const { cowlZ, roofFrontZ, roofRearZ, deckZ, lean } = outline;
  const top = w - lean;
  const tailTop = deck - 0.06;
  const flank = face(
    [
      [w, SILL, -l],
      [w, SILL, l],
      [w, nose, l],
      [w, cowl, cowlZ],
      [w, deck, deckZ],
      [w, tailTop, -l],
    ],
    [1, 0, 0],
    SLOT.body,
    1.12,
    0.72,
  );
  const strip = panel(w, SILL, SILL + 0.1, -l, l, SLOT.dark);
  const cabin = face(
    [[w, deck, deckZ], [w, cowl, cowlZ], [top, roof, roofFrontZ], [top, roof, roofRearZ]],
    [1, 0, 0],
    SLOT.body,
    1.1,
    0.95,
  );
  // Points on the leaning side, `up` from belt (0) to roof (1).
  const lerp = (a: number, b: number, t: number) => a + (b - a) * t;
  const side = (z0: number, z1: number, up: number): Point => {
    const belt = lerp(deck, cowl, 0.5);
    return [lerp(w, top, up), lerp(belt, roof, up), lerp(z0, z1, up)];
  };
  const pillar = lerp(roofRearZ, roofFrontZ, 0.52);
  const pane = (rearLow: number, rearHigh: number, frontLow: number, frontHigh: number) =>
    face(
      [
        side(rearLow, rearHigh, 0.08),
        side(frontLow, frontHigh, 0.08),
        side(frontLow, frontHigh, 0.88),
        side(rearLow, rearHigh, 0.88),
      ],
      [1, 0, 0],
      SLOT.glass,
      1.45,
      0.75,
    );
  const frontPane = pane(pillar + 0.04, pillar + 0.04, cowlZ - 0.12, roofFrontZ - 0.1);
  const rearPane = pane(deckZ + 0.3, roofRearZ + 0.16, pillar - 0.04, pillar - 0.04);
  const sides = [flank, strip, cabin, frontPane, rearPane];
  const wheels = [-l * 0.62, l * 0.64].flatMap((z) => wheelFaces(w, z, 0.32));
  return [
    ...undercarriage(w, l),
    face(
      [[-w, nose, l], [w, nose, l], [w, cowl, cowlZ], [-w, cowl, cowlZ]],
      [0, 1, 0.2],
      SLOT.body,
    ),
    face(
      [[-w, deck, deckZ], [w, deck, deckZ], [w, tailTop, -l], [-w, tailTop, -l]],
      [0, 1, 0],
      SLOT.body,
    ),
    ...pairs([cabin, frontPane, rearPane]),
    ...screen(w, top, cowl, roof, cowlZ, roofFrontZ, 1),
    ...screen(w, top, deck, roof, deckZ, roofRearZ, -1),
    ...pairs(sides.slice(0, 2)),
    ...front(w, nose, l),
    ...rear(w, tailTop, l),
    ...pairs(wheels),
  ];
}

/** A windscreen or rear window in its frame. */
function screen(
  low: number,
  high: number,
  belt: number,
  roof: number,
  beltZ: number,
  roofZ: number,
  ahead: 1 | -1,
): Face[] {
  const outward: Point = [0, 0.3, ahead];
  const at = (share: number, x: number): Point => [
    x,
    belt + (roof - belt) * share,
    beltZ + (roofZ - beltZ) * share,
  ];
  const frame = [at(0, -low), at(0, low), at(1, high), at(1, -high)];
  const glass = [
    at(0.1, -low + 0.1),
    at(0.1, low - 0.1),
    at(0.86, high - 0.05),
    at(0.86, -high + 0.05),
  ];
  return [face(frame, outward, SLOT.body), face(glass, outward, SLOT.glass, 1.7, 0.7)];
}

function front(w: number, top: number, l: number): Face[] {
  const ahead: Point = [0, 0, 1];
  const at = (x0: number, y0: number, x1: number, y1: number, slot: number, gain = 1) =>
    face(
      [[x0, y0, l], [x1, y0, l], [x1, y1, l], [x0, y1, l]],
      ahead,
      slot,
      gain,
      gain * 0.8,
    );
  return [
    at(-w, SILL - 0.08, w, top, SLOT.body, 1.05),
    at(-w * 0.55, top - 0.24, w * 0.55, top - 0.06, SLOT.dark),
    at(-w * 0.7, SILL - 0.02, w * 0.7, SILL + 0.12, SLOT.dark),
    at(-w * 0.97, top - 0.22, -w * 0.62, top - 0.04, SLOT.head, 1.2),
    at(w * 0.62, top - 0.22, w * 0.97, top - 0.04, SLOT.head, 1.2),
    at(-0.26, SILL + 0.12, 0.26, SILL + 0.23, SLOT.plate),
  ];
}

function rear(w: number, top: number, l: number): Face[] {
  const behind: Point = [0, 0, -1];
  const at = (x0: number, y0: number, x1: number, y1: number, slot: number, gain = 1) =>
    face(
      [[x0, y0, -l], [x1, y0, -l], [x1, y1, -l], [x0, y1, -l]],
      behind,
      slot,
      gain,
      gain * 0.75,
    );
  return [
    at(-w, SILL - 0.04, w, top, SLOT.body, 1.05),
    at(-w, SILL - 0.06, w, SILL + 0.1, SLOT.dark),
    at(-w * 0.98, SILL + 0.17, w * 0.98, SILL + 0.2, SLOT.dark),
    at(-w * 0.98, top - 0.3, -w * 0.68, top - 0.06, SLOT.tail, 1.1),
    at(w * 0.68, top - 0.3, w * 0.98, top - 0.06, SLOT.tail, 1.1),
    at(-0.26, SILL + 0.3, 0.26, SILL + 0.42, SLOT.plate),
  ];
}

/** The dark between the body and the road, with the tyres seen end on. */
function undercarriage(w: number, l: number, sill = SILL): Face[] {
  const ends = [-1, 1].flatMap((end) => {
    const z = end * l * 0.82;
    const tyre = (x: number) =>
      face(
        [[x, 0, z], [x + 0.2, 0, z], [x + 0.2, sill, z], [x, sill, z]],
        [0, 0, end],
        SLOT.dark,
        0.75,
        0.6,
      );
    const gap = face(
      [[-w * 0.9, 0.13, z], [w * 0.9, 0.13, z], [w * 0.9, sill, z], [-w * 0.9, sill, z]],
      [0, 0, end],
      SLOT.dark,
      0.6,
      0.45,
    );
    return [gap, tyre(-w), tyre(w - 0.2)];
  });
  return [...ends, ...pairs([panel(w - 0.05, 0.13, sill, -l * 0.9, l * 0.9, SLOT.dark)])];
}

function wheelFaces(x: number, z: number, radius: number): Face[] {
  const round = (r: number, slot: number, gain: number) =>
    face(
      Array.from({ length: 10 }, (_, corner): Point => {
        const angle = (2 * Math.PI * (corner + 0.5)) / 10;
        return [x, radius + r * Math.sin(angle), z + r * Math.cos(angle)];
      }),
      [1, 0, 0],
      slot,
      gain,
      gain,
    );
  return [
    round(radius + 0.06, SLOT.dark, 0.7),
    round(radius, SLOT.dark, 1.1),
    round(radius * 0.62, SLOT.trim, 1),
  ];
}

/** A rectangle on the right side. */
function panel(x: number, y0: number, y1: number, z0: number, z1: number, slot: number): Face {
  return face([[x, y0, z0], [x, y0, z1], [x, y1, z1], [x, y1, z0]], [1, 0, 0], slot, 1, 0.8);
}

/** Both sides' faces; the right ones as given. */
function pairs(faces: readonly Face[]): Face[] {
  return [...faces, ...faces.map(mirrored)];
}

/** A rectangle across the vehicle, seen from ahead (`end` 1) or behind (−1). */
function across(
  end: 1 | -1,
  z: number,
  x: number,
  y0: number,
  y1: number,
  slot: number,
  left = -x,
): Face {
  return face(
    [[left, y0, z], [x, y0, z], [x, y1, z], [left, y1, z]],
    [0, 0, end],
    slot,
    1.1,
    0.85,
  );
}

function lamps(end: 1 | -1, z: number, w: number, y: number): Face[] {
  const slot = end === 1 ? SLOT.head : SLOT.tail;
  return [
    across(end, z, w * 0.95, y, y + 0.28, slot, w * 0.7),
    across(end, z, -w * 0.7, y, y + 0.28, slot, -w * 0.95),
  ];
}

function busMesh(): Mesh {
  const w = 1.25;
  const l = 5.75;
  const roof = 3.05;
  const windows = Array.from({ length: 6 }, (_, index) => {
    const from = -l + 0.35 + index * 1.87;
    return panel(w, 1.35, 2.6, from, from + 1.7, SLOT.glass);
  });
  const wheels = [-3.2, 3.4].flatMap((z) => wheelFaces(w, z, 0.46));
  const band = panel(w, 0.32, 0.6, -l, l, SLOT.dark);
  return [
    ...undercarriage(w, l),
    ...pairs([panel(w, 0.3, roof, -l, l, SLOT.body), band, ...windows]),
    ...([1, -1] as const).flatMap((end) => [
      across(end, end * l, w, 0.3, roof, SLOT.body),
      across(end, end * l, w * 0.92, end === 1 ? 1.1 : 1.5, 2.5, SLOT.glass),
      across(end, end * l, w * 0.7, 2.62, 2.92, SLOT.dark),
      ...lamps(end, end * l, w, 0.7),
      across(end, end * l, w, 0.3, 0.5, SLOT.dark),
      across(end, end * l, 0.26, 0.55, 0.67, SLOT.plate),
    ]),
    ...pairs(wheels),
  ];
}

function truckMesh(): Mesh {
  const w = 1.2;
  const l = 4;
  const cabZ = 2.3;
  const wheels = [-2.6, 2.9].flatMap((z) => wheelFaces(w, z, 0.48));
  return [
    ...undercarriage(w, l, 0.46),
    across(1, l, w, 0.4, 2.6, SLOT.body),
    across(1, l, w * 0.9, 1.5, 2.4, SLOT.glass),
    across(1, l, w * 0.7, 0.75, 1.25, SLOT.dark),
    ...lamps(1, l, w, 0.6),
    ...pairs([
      panel(w, 0.4, 2.6, cabZ, l, SLOT.body),
      panel(w, 1.45, 2.35, cabZ + 0.4, l - 0.15, SLOT.glass),
      panel(w, 0.75, 3.3, -l, cabZ - 0.15, SLOT.trim),
      panel(w, 0.45, 0.75, -l, cabZ, SLOT.dark),
    ]),
    across(1, cabZ - 0.15, w, 2.6, 3.3, SLOT.trim),
    across(-1, -l, w, 0.75, 3.3, SLOT.trim),
    across(-1, -l, 0.02, 0.8, 3.2, SLOT.dark),
    across(-1, -l, w, 0.42, 0.75, SLOT.dark),
    ...lamps(-1, -l, w, 0.46),
    across(-1, -l, 0.26, 0.5, 0.62, SLOT.plate),
    ...pairs(wheels),
  ];
}
