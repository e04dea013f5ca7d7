import type { UpsampleShape } from "../../../src/infer/heads/upsample.ts";

/** The bilinear logits of one pixel, computed in the plainest way in float64. */
export function bilinearLogits(
  shape: UpsampleShape,
  logits: Float32Array,
  x: number,
  y: number,
): number[] {
  const { classes, grid, output } = shape;
  const at = (pixel: number, pixels: number, points: number) => {
    const position = shape.alignCorners
      ? pixel * (points - 1) / Math.max(1, pixels - 1)
      : (pixel + 0.5) * points / pixels - 0.5;
    const clamped = Math.min(points - 1, Math.max(0, position));
    const first = Math.min(Math.max(0, points - 2), Math.floor(clamped));
    return { first, second: Math.min(points - 1, first + 1), weight: clamped - first };
  };
  const h = at(x, output.width, grid.width);
  const v = at(y, output.height, grid.height);
  return Array.from({ length: classes }, (_, id) => {
    const value = (row: number, column: number) =>
      logits[(id * grid.height + row) * grid.width + column]!;
    const top = value(v.first, h.first) * (1 - h.weight) + value(v.first, h.second) * h.weight;
    const bottom = value(v.second, h.first) * (1 - h.weight) +
      value(v.second, h.second) * h.weight;
    return top * (1 - v.weight) + bottom * v.weight;
  });
}

/** How many labels are not a largest bilinear logit, by more than `tolerance`. */
export function countWrongLabels(
  shape: UpsampleShape,
  logits: Float32Array,
  labels: Uint8Array,
  tolerance = 1e-4,
): number {
  let wrong = 0;
  for (let y = 0; y < shape.output.height; y++) {
    for (let x = 0; x < shape.output.width; x++) {
      const values = bilinearLogits(shape, logits, x, y);
      const label = labels[y * shape.output.width + x]!;
      if (!(values[label]! >= Math.max(...values) - tolerance)) wrong++;
    }
  }
  return wrong;
}

/** Softmax of a pixel's class over its bilinear logits. */
export function softmaxOf(values: readonly number[], label: number): number {
  return 1 / values.reduce((sum, value) => sum + Math.exp(value - values[label]!), 0);
}

/**
 * Counts the labels that differ from the argmax of the bilinear logits, all in float64 and pixel by
 * pixel; pixels whose two best logits are within `tie` of each other do not count.
 */
export function countDifferences(
  shape: UpsampleShape,
  logits: Float32Array,
  labels: Uint8Array,
  tie = 1e-5,
): number {
  const { classes, grid, output } = shape;
  const points = grid.width * grid.height;
  const place = (pixel: number, pixels: number, count: number) => {
    const position = Math.min(count - 1, Math.max(0, (pixel + 0.5) * count / pixels - 0.5));
    const first = Math.min(count - 2, Math.floor(position));
    return [first, position - first] as const;
  };
  let differences = 0;
  for (let y = 0; y < output.height; y++) {
    const [row, weightY] = place(y, output.height, grid.height);
    for (let x = 0; x < output.width; x++) {
      const [column, weightX] = place(x, output.width, grid.width);
      let best = -Infinity;
      let second = -Infinity;
      let winner = 0;
      for (let id = 0; id < classes; id++) {
        const at = id * points + row * grid.width + column;
        const top = logits[at]! * (1 - weightX) + logits[at + 1]! * weightX;
        const bottom = logits[at + grid.width]! * (1 - weightX) +
          logits[at + grid.width + 1]! * weightX;
        const value = top * (1 - weightY) + bottom * weightY;
        if (value > best) {
          second = best;
          best = value;
          winner = id;
        } else if (value > second) second = value;
      }
      if (labels[y * output.width + x] !== winner && best - second > tie) differences++;
    }
  }
  return differences;
}
