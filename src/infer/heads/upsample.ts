import type { Size } from "../../frame/geometry.ts";

/**
 * How output pixels lie between the points of a coarser grid along one axis: pixel `i` lies in the
 * cell between the points `cell` and `cell + 1`, at `weights[i]` of the way.
 */
export interface UpsampleAxis {
  /** Cells along the axis: one fewer than points, at least one. */
  readonly cells: number;
  /** First pixel of each cell, and the number of pixels at the end: `cells + 1` entries. */
  readonly starts: Int32Array;
  /** The weight of the cell's second point for each pixel, 0–1. */
  readonly weights: Float32Array;
}

/**
 * The axis of a bilinear resize from `points` samples to `pixels`.
 *
 * Coordinates are those of ONNX Resize: `half_pixel`, clamped at the border, as PyTorch's
 * `align_corners=False`; or `align_corners`.
 */
export function upsampleAxis(points: number, pixels: number, alignCorners: boolean): UpsampleAxis {
  const cells = Math.max(1, points - 1);
  const starts = new Int32Array(cells + 1);
  const weights = new Float32Array(pixels);
  let cell = 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const position = alignCorners
      ? pixel * (points - 1) / Math.max(1, pixels - 1)
      : (pixel + 0.5) * points / pixels - 0.5;
    const clamped = Math.min(points - 1, Math.max(0, position));
    const target = Math.min(cells - 1, Math.floor(clamped));
    while (cell < target) starts[++cell] = pixel;
    weights[pixel] = clamped - target;
  }
  starts.fill(pixels, cell + 1);
  return { cells, starts, weights };
}

/** What a head needs to know of the logits it upsamples. */
export interface UpsampleShape {
  /** Number of classes: planes of the logits. At most 255. */
  readonly classes: number;
  /** Size of each plane of logits. */
  readonly grid: Size;
  /** Size of the class map. */
  readonly output: Size;
  /** Whether the corner logits lie on the corner pixels' centres; false unless said. */
  readonly alignCorners?: boolean;
}

/** @throws {RangeError} If a buffer does not have the length that `shape` asks for. */
export function checkLengths(shape: UpsampleShape, logits: Float32Array, map: Uint8Array): void {
  const { classes, grid, output } = shape;
  if (logits.length !== classes * grid.width * grid.height) {
    throw new RangeError(
      `Cannot label ${logits.length} logits: ${classes} classes on a grid of ` +
        `${grid.width}x${grid.height} are ${classes * grid.width * grid.height}.`,
    );
  }
  if (map.length !== output.width * output.height) {
    throw new RangeError(
      `Cannot label into ${map.length} bytes: ${output.width}x${output.height} pixels are ` +
        `${output.width * output.height}.`,
    );
  }
}
