import { type Face, face, type Mesh, type Point } from "./mesh.ts";
import { pairs, panel, SILL, SLOT, undercarriage, wheelFaces } from "./vehicle_parts.ts";

/** Where a car's outline bends, in metres from its middle (front is positive) and up. */
export interface CarOutline {
  /** To the bumpers. */
  readonly halfLength: number;
  /** To the doors. */
  readonly halfWidth: number;
  /** The height of the roof. */
  readonly roof: number;
  /** The height of the bonnet's front edge. */
  readonly nose: number;
  /** The height of the foot of the windscreen. */
  readonly cowl: number;
  /** The height of the foot of the rear window. */
  readonly deck: number;
  /** The foot of the windscreen. */
  readonly cowlZ: number;
  /** The head of the windscreen. */
  readonly roofFrontZ: number;
  /** The head of the rear window. */
  readonly roofRearZ: number;
  /** The foot of the rear window. */
  readonly deckZ: number;
  /** How far the windows lean in. */
  readonly lean: number;
}

/** The body, windows, wheels and lamps of a car. */
export function carMesh(outline: CarOutline): Mesh {
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
    1.2,
    0.6,
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
  const line = (y0: number, y1: number, z0: number, z1: number, slot: number) =>
    panel(w, y0, y1, z0, z1, slot);
  const flanks = [
    flank,
    strip,
    face(
      [[w, cowl - 0.13, -l * 0.97], [w, nose - 0.06, l], [w, nose, l], [w, cowl - 0.05, -l * 0.97]],
      [1, 0, 0],
      SLOT.body,
      1.55,
      1.2,
    ),
    line(SILL + 0.1, cowl - 0.04, pillar - 0.012, pillar + 0.012, SLOT.dark),
    line(SILL + 0.1, cowl - 0.06, cowlZ - 0.09, cowlZ - 0.066, SLOT.dark),
    line(0.58, 0.62, -l * 0.98, l * 0.94, SLOT.dark),
    line(0.84, 0.875, pillar + 0.1, pillar + 0.28, SLOT.trim),
    line(0.84, 0.875, deckZ + 0.55, deckZ + 0.73, SLOT.trim),
    panel(w + 0.12, 0.98, 1.12, cowlZ - 0.42, cowlZ - 0.22, SLOT.dark),
  ];
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
    ...pairs(flanks),
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
