/** "[1, 3, height, ?]". */
export function formatSides(shape: readonly (number | string)[] | undefined): string {
  return shape === undefined ? "of unknown shape" : `[${shape.join(", ")}]`;
}
