import { type Face, face, mirrored, type Point } from "./mesh.ts";

/** What a face of a vehicle is made of; the position of its paint. */
export const SLOT = { body: 0, glass: 1, dark: 2, trim: 3, tail: 4, head: 5, plate: 6 } as const;

/** Metres from the road to the lower edge of a car's body. */
export const SILL = 0.3;

/** The dark between the body and the road, with the tyres seen end on. */
export function undercarriage(w: number, l: number, sill = SILL): Face[] {
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

/** A wheel on the right side: its arch, tyre and rim. */
export function wheelFaces(x: number, z: number, radius: number): Face[] {
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
export function panel(
  x: number,
  y0: number,
  y1: number,
  z0: number,
  z1: number,
  slot: number,
): Face {
  return face([[x, y0, z0], [x, y0, z1], [x, y1, z1], [x, y1, z0]], [1, 0, 0], slot, 1, 0.8);
}

/** Both sides' faces; the right ones as given. */
export function pairs(faces: readonly Face[]): Face[] {
  return [...faces, ...faces.map(mirrored)];
}

/** A rectangle across the vehicle, seen from ahead (`end` 1) or behind (−1). */
export function across(
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

/** Both lamps of an end: white ones ahead, red ones behind. */
export function lamps(end: 1 | -1, z: number, w: number, y: number): Face[] {
  const slot = end === 1 ? SLOT.head : SLOT.tail;
  return [
    across(end, z, w * 0.95, y, y + 0.28, slot, w * 0.7),
    across(end, z, -w * 0.7, y, y + 0.28, slot, -w * 0.95),
  ];
}
