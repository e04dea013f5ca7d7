import { basename } from "node:path";
import { formatSize } from "../frame/geometry.ts";
import { type Evaluation, nameResolution } from "./evaluation.ts";
import { percent } from "./table.ts";

const CELL_WIDTH = 12;

/**
 * The means of several models on one dataset, a line for each model and resolution. Ends without a
 * line break.
 */
export function formatBeside(evaluations: readonly Evaluation[]): string {
  const lines = evaluations.flatMap(({ model, results }) =>
    results.map(({ resolution, networkSize, scores }) => {
      const size = networkSize === undefined ? nameResolution(resolution) : formatSize(networkSize);
      return {
        name: `${basename(model)}, ${size}`,
        cells: [scores.meanIou, scores.meanCategoryIou, scores.pixelAccuracy].map(percent),
      };
    })
  );
  const width = Math.max(...lines.map(({ name }) => name.length), 24);
  const line = (name: string, cells: readonly string[]) =>
    name.padEnd(width) + cells.map((cell) => cell.padStart(CELL_WIDTH)).join("");
  return [
    line("side by side, %", ["classes", "categories", "pixels"]),
    ...lines.map(({ name, cells }) => line(name, cells)),
  ].join("\n");
}
