import type { Rgb } from "../../frame/colour.ts";
import { CLASS, type Paint, paint } from "./paint.ts";
import { across, lamps, pairs, panel, SLOT, undercarriage, wheelFaces } from "./vehicle_parts.ts";
import { carMesh, type CarOutline } from "./cars.ts";
import type { Mesh } from "./mesh.ts";

/** A kind of vehicle: its shape and the ground it covers. */
export interface Vehicle {
  /** Its faces. */
  readonly mesh: Mesh;
  /** Metres from its middle to its sides. */
  readonly halfWidth: number;
  /** Metres from its middle to its ends. */
  readonly halfLength: number;
  /** The train id of all its pixels. */
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
