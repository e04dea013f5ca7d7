import type { Size } from "../../frame/geometry.ts";

/** Metres before the lens where everything is cut off. */
export const NEAR = 0.4;

/** Metres after which nothing but the backdrop is drawn. */
export const FAR = 260;

/**
 * A pinhole camera that looks straight ahead. World coordinates are metres: x to the right, y up
 * from the road, z ahead of the lens. A point is seen at column centre + focal · x / z and row
 * horizon − focal · (y − height) / z.
 */
export class Camera {
  /** Pixels; 1.1 frame widths is a field of view of 49°, as Cityscapes' camera has. */
  readonly focal: number;
  /** The column of what lies straight ahead. */
  readonly centre: number;
  /** Metres of the lens above the road. */
  readonly height = 1.3;
  /** The row of the horizon; it moves a little with the car's springs. */
  horizon: number;
  /** Metres of the lens to the right of the road's centre line. */
  x = 0;
  readonly #restingHorizon: number;

  /** A camera for frames of `size`, on the centre line. */
  constructor(size: Size) {
    this.focal = 1.1 * Math.max(size.width, size.height);
    this.centre = size.width / 2;
    this.#restingHorizon = 0.45 * size.height;
    this.horizon = this.#restingHorizon;
  }

  /** Puts the lens `x` metres from the centre line and tilts it by `pitch` radians, nose up. */
  place(x: number, pitch: number): void {
    this.x = x;
    this.horizon = this.#restingHorizon + this.focal * pitch;
  }
}

/** How much of a colour the air has replaced, for each whole metre up to {@link FAR}. */
const HAZE = Float64Array.from({ length: FAR + 2 }, (_, z) => 0.85 * (1 - Math.exp(-z / 230)));

/** Haze at `z` metres, 0 (none) to 0.85. */
export function hazeAt(z: number): number {
  return HAZE[Math.min(FAR, Math.max(0, z | 0))]!;
}

/** The luma of haze: a bright, slightly blue grey. */
export const HAZE_LUMA = 196;
/** Its Cb. */
export const HAZE_U = 131;
/** Its Cr. */
export const HAZE_V = 126;
