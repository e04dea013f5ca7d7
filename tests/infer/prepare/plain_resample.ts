import type { Size } from "../../../src/frame/geometry.ts";

/** The resize in float64, straight from its definition: a triangle around each output's centre. */
export function plainResample(source: Uint8Array, from: Size, to: Size): number[] {
  const rows = Array.from({ length: to.height }, (_, y) => weigh(from.height, to.height, y));
  const columns = Array.from({ length: to.width }, (_, x) => weigh(from.width, to.width, x));
  return rows.flatMap((row) =>
    columns.map((column) => {
      let value = 0;
      for (const [y, a] of row) {
        for (const [x, b] of column) value += a * b * source[y * from.width + x]!;
      }
      return value;
    })
  );
}

/** The inputs that count for an output, with their weights, which sum to one. */
function weigh(points: number, pixels: number, i: number): (readonly [number, number])[] {
  const factor = points / pixels;
  const radius = factor > 2 ? factor : 1;
  const centre = Math.min(points - 0.5, Math.max(0.5, (i + 0.5) * factor));
  const weights = Array.from(
    { length: points },
    (_, j) => [j, Math.max(0, 1 - Math.abs(j + 0.5 - centre) / radius)] as const,
  );
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);
  return weights.flatMap(([j, weight]) => weight > 0 ? [[j, weight / sum] as const] : []);
}
