import { checkLengths, type UpsampleAxis, upsampleAxis, type UpsampleShape } from "./upsample.ts";

/**
 * The "cls" head: labels every output pixel with the class of largest bilinear logit, without
 * building the full-resolution logits.
 *
 * Between four neighbouring logits the bilinear weights are a convex combination. So a class that
 * is the maximum at all four corners of a cell is the maximum everywhere in it, and a class that
 * another one matches or exceeds at all four corners is nowhere above it. Cells whose corners agree
 * are filled; in the others each pixel compares only the classes that no corner's winner dominates.
 *
 * Shapes: logits float32 [classes, gridHeight, gridWidth]; labels uint8 [height, width].
 * Exact:  equal to argmax(bilinear(logits)) except where two classes tie to float rounding.
 * Memory: allocates nothing after construction; writes every element of labels.
 * Thread: any, one at a time.
 */
export class UpsampleArgmax {
  readonly #shape: UpsampleShape;
  readonly #horizontal: UpsampleAxis;
  readonly #vertical: UpsampleAxis;
  /** The winner at each grid point, and its logit. */
  readonly #winners: Uint8Array;
  readonly #maxima: Float32Array;
  /** Of the classes that are compared within one cell: their ids and the logits at its corners. */
  readonly #contenders: Uint8Array;
  readonly #corners: Float32Array;
  /** Of each contender on one row of a cell: its value at the left and the step to the right. */
  readonly #left: Float32Array;
  readonly #step: Float32Array;

  constructor(shape: UpsampleShape) {
    const { classes, grid, output, alignCorners = false } = shape;
    if (classes < 1 || classes > 255) {
      throw new RangeError(`Cannot label ${classes} classes: 1 to 255 fit a class map of bytes.`);
    }
    this.#shape = shape;
    this.#horizontal = upsampleAxis(grid.width, output.width, alignCorners);
    this.#vertical = upsampleAxis(grid.height, output.height, alignCorners);
    this.#winners = new Uint8Array(grid.width * grid.height);
    this.#maxima = new Float32Array(grid.width * grid.height);
    this.#contenders = new Uint8Array(classes);
    this.#corners = new Float32Array(4 * classes);
    this.#left = new Float32Array(classes);
    this.#step = new Float32Array(classes);
  }

  /**
   * Fills `labels`.
   *
   * @throws {RangeError} If a buffer's length is not what the shape says.
   */
  run(logits: Float32Array, labels: Uint8Array): void {
    checkLengths(this.#shape, logits, labels);
    this.#findWinners(logits);
    const { starts, cells } = this.#vertical;
    for (let row = 0; row < cells; row++) {
      if (starts[row]! < starts[row + 1]!) this.#labelCellRow(row, logits, labels);
    }
  }

  /** Argmax at each grid point, plane by plane so that memory is read in order. */
  #findWinners(logits: Float32Array): void {
    const winners = this.#winners;
    const maxima = this.#maxima;
    const points = maxima.length;
    maxima.set(logits.subarray(0, points));
    winners.fill(0);
    for (let id = 1; id < this.#shape.classes; id++) {
      const plane = id * points;
      for (let point = 0; point < points; point++) {
        const value = logits[plane + point]!;
        if (value > maxima[point]!) {
          maxima[point] = value;
          winners[point] = id;
        }
      }
    }
  }

  /**
   * One row of cells: the first line of pixels is filled as if every cell agreed and copied to the
   * lines below, which is two block moves a line; then the cells that do not agree are redone.
   */
  #labelCellRow(row: number, logits: Float32Array, labels: Uint8Array): void {
    const { width } = this.#shape.output;
    const gridWidth = this.#shape.grid.width;
    const winners = this.#winners;
    const { cells, starts, seconds } = this.#horizontal;
    const firstLine = this.#vertical.starts[row]!;
    const endLine = this.#vertical.starts[row + 1]!;
    const top = row * gridWidth;
    const bottom = this.#vertical.seconds[row]! * gridWidth;

    const origin = firstLine * width;
    let runStart = 0;
    let runClass = winners[top]!;
    for (let cell = 1; cell < cells; cell++) {
      const winner = winners[top + cell]!;
      if (winner === runClass) continue;
      labels.fill(runClass, origin + runStart, origin + starts[cell]!);
      runStart = starts[cell]!;
      runClass = winner;
    }
    labels.fill(runClass, origin + runStart, origin + width);
    for (let line = firstLine + 1; line < endLine; line++) {
      labels.copyWithin(line * width, origin, origin + width);
    }

    for (let cell = 0; cell < cells; cell++) {
      const second = seconds[cell]!;
      const winner = winners[top + cell]!;
      if (
        winner === winners[top + second]! && winner === winners[bottom + cell]! &&
        winner === winners[bottom + second]!
      ) continue;
      const count = this.#findContenders(
        logits,
        top + cell,
        top + second,
        bottom + cell,
        bottom + second,
      );
      this.#compareInCell(count, starts[cell]!, starts[cell + 1]!, firstLine, endLine, labels);
    }
  }

  /** Collects the classes that may win somewhere in a cell. Returns how many there are. */
  #findContenders(
    logits: Float32Array,
    topLeft: number,
    topRight: number,
    bottomLeft: number,
    bottomRight: number,
  ): number {
    const points = this.#winners.length;
    const contenders = this.#contenders;
    const corners = this.#corners;
    const winners = this.#winners;
    let count = 0;
    for (let corner = 0; corner < 4; corner++) {
      const point = corner === 0
        ? topLeft
        : corner === 1
        ? topRight
        : corner === 2
        ? bottomLeft
        : bottomRight;
      const id = winners[point]!;
      let known = false;
      for (let i = 0; i < count; i++) known ||= contenders[i] === id;
      if (known) continue;
      const plane = id * points;
      contenders[count] = id;
      corners[4 * count] = logits[plane + topLeft]!;
      corners[4 * count + 1] = logits[plane + topRight]!;
      corners[4 * count + 2] = logits[plane + bottomLeft]!;
      corners[4 * count + 3] = logits[plane + bottomRight]!;
      count++;
    }
    const winnerCount = count;
    for (let id = 0; id < this.#shape.classes; id++) {
      const plane = id * points;
      const a = logits[plane + topLeft]!;
      const b = logits[plane + topRight]!;
      const c = logits[plane + bottomLeft]!;
      const d = logits[plane + bottomRight]!;
      let dominated = false;
      for (let i = 0; i < winnerCount && !dominated; i++) {
        // A winner dominates itself, so it is not collected twice.
        dominated = corners[4 * i]! >= a && corners[4 * i + 1]! >= b &&
          corners[4 * i + 2]! >= c && corners[4 * i + 3]! >= d;
      }
      if (dominated) continue;
      contenders[count] = id;
      corners[4 * count] = a;
      corners[4 * count + 1] = b;
      corners[4 * count + 2] = c;
      corners[4 * count + 3] = d;
      count++;
    }
    return count;
  }

  /** Labels the pixels of a cell with the best of the first `count` contenders. */
  #compareInCell(
    count: number,
    startX: number,
    endX: number,
    startY: number,
    endY: number,
    labels: Uint8Array,
  ): void {
    const { width } = this.#shape.output;
    const corners = this.#corners;
    const contenders = this.#contenders;
    const weightsX = this.#horizontal.weights;
    const weightsY = this.#vertical.weights;
    const left = this.#left;
    const step = this.#step;
    for (let y = startY; y < endY; y++) {
      const weightY = weightsY[y]!;
      for (let i = 0; i < count; i++) {
        const topLeft = corners[4 * i]!;
        const topRight = corners[4 * i + 1]!;
        const atLeft = topLeft + (corners[4 * i + 2]! - topLeft) * weightY;
        left[i] = atLeft;
        step[i] = topRight + (corners[4 * i + 3]! - topRight) * weightY - atLeft;
      }
      const line = y * width;
      if (count === 2) {
        const first = contenders[0]!;
        const second = contenders[1]!;
        const lead = left[0]! - left[1]!;
        const leadStep = step[0]! - step[1]!;
        for (let x = startX; x < endX; x++) {
          labels[line + x] = lead + leadStep * weightsX[x]! >= 0 ? first : second;
        }
        continue;
      }
      for (let x = startX; x < endX; x++) {
        const weightX = weightsX[x]!;
        let best = contenders[0]!;
        let bestValue = left[0]! + step[0]! * weightX;
        for (let i = 1; i < count; i++) {
          const value = left[i]! + step[i]! * weightX;
          if (value > bestValue) {
            bestValue = value;
            best = contenders[i]!;
          }
        }
        labels[line + x] = best;
      }
    }
  }
}
