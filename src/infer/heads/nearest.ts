import { formatSize, type Size } from "../../frame/geometry.ts";

/**
 * Resizes a class map by taking, for each output pixel, the label whose area its centre lies in.
 *
 * Shapes: source uint8 [gridHeight, gridWidth]; target uint8 [height, width].
 * Memory: allocates nothing after construction; writes every element of the target.
 */
export class UpsampleNearest {
  /** Size of the map that is read. */
  readonly grid: Size;
  readonly #output: Size;
  /** For each output column and row, where it is taken from. */
  readonly #columns: Int32Array;
  readonly #rows: Int32Array;

  /** Prepares the way from one size to another. */
  constructor(grid: Size, output: Size) {
    this.grid = grid;
    this.#output = output;
    this.#columns = nearest(grid.width, output.width);
    this.#rows = nearest(grid.height, output.height);
  }

  /**
   * Fills `target`.
   *
   * @throws {RangeError} If a map's length is not that of its size.
   */
  run(source: Uint8Array, target: Uint8Array): void {
    const { width } = this.#output;
    if (source.length !== this.grid.width * this.grid.height) {
      throw new RangeError(`Cannot resize ${source.length} labels as ${formatSize(this.grid)}.`);
    }
    if (target.length !== width * this.#output.height) {
      throw new RangeError(
        `Cannot resize to ${formatSize(this.#output)} in ${target.length} bytes.`,
      );
    }
    const columns = this.#columns;
    let last = -1;
    for (const [y, from] of this.#rows.entries()) {
      const to = y * width;
      if (from === last) {
        target.copyWithin(to, to - width, to);
        continue;
      }
      last = from;
      const row = from * this.grid.width;
      for (let x = 0; x < width; x++) target[to + x] = source[row + columns[x]!]!;
    }
  }
}

function nearest(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to }, (_, i) => Math.floor((i + 0.5) * from / to));
}
