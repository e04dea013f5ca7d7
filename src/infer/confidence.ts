import { checkLengths, type UpsampleAxis, upsampleAxis, type UpsampleShape } from "./upsample.ts";

/** exp(−x) in steps of 1/STEPS_PER_UNIT for 0 ≤ x < CUTOFF; beyond, it is below 1/8000. */
const STEPS_PER_UNIT = 256;
const CUTOFF = 9;

/**
 * Of one cell, classes that together could take this little from the winner are left out: half of
 * the last bit of a confidence byte.
 */
const NEGLIGIBLE = 1 / 512;

/**
 * The "prob" head: the softmax of the class that won each pixel, over the bilinear logits.
 *
 * Like the "cls" head it works cell by cell: a class that stays so far below the winners at all four
 * corners that its exponential cannot change the result is left out, so that of 19 classes about
 * three are evaluated.
 *
 * Shapes: logits float32 [classes, gridHeight, gridWidth]; labels and confidence uint8
 *         [height, width], confidence in 1/255.
 * Exact:  within 2/255 of softmax(bilinear(logits)).
 * Memory: allocates nothing after construction; writes every element of confidence.
 */
export class UpsampleConfidence {
  readonly #shape: UpsampleShape;
  readonly #horizontal: UpsampleAxis;
  readonly #vertical: UpsampleAxis;
  readonly #exponential: Float32Array;
  readonly #corners: Float32Array;
  readonly #left: Float32Array;
  readonly #step: Float32Array;
  /** Position of a class among the contenders of the cell. */
  readonly #position: Uint8Array;

  constructor(shape: UpsampleShape) {
    const { classes, grid, output, alignCorners = false } = shape;
    this.#shape = shape;
    this.#horizontal = upsampleAxis(grid.width, output.width, alignCorners);
    this.#vertical = upsampleAxis(grid.height, output.height, alignCorners);
    this.#exponential = Float32Array.from(
      { length: CUTOFF * STEPS_PER_UNIT + 1 },
      (_, i) => Math.exp(-i / STEPS_PER_UNIT),
    );
    this.#exponential[CUTOFF * STEPS_PER_UNIT] = 0;
    this.#corners = new Float32Array(4 * classes);
    this.#left = new Float32Array(classes);
    this.#step = new Float32Array(classes);
    this.#position = new Uint8Array(classes);
  }

  /**
   * Fills `confidence`.
   *
   * @param labels The class map of the same logits.
   * @throws {RangeError} If a buffer's length is not what the shape says.
   */
  run(logits: Float32Array, labels: Uint8Array, confidence: Uint8Array): void {
    checkLengths(this.#shape, logits, labels);
    checkLengths(this.#shape, logits, confidence);
    const { width: gridWidth } = this.#shape.grid;
    const horizontal = this.#horizontal;
    const vertical = this.#vertical;
    for (let row = 0; row < vertical.cells; row++) {
      const top = row * gridWidth;
      const bottom = vertical.seconds[row]! * gridWidth;
      for (let cell = 0; cell < horizontal.cells; cell++) {
        const second = horizontal.seconds[cell]!;
        const count = this.#findContenders(
          logits,
          top + cell,
          top + second,
          bottom + cell,
          bottom + second,
        );
        this.#rateCell(count, row, cell, labels, confidence);
      }
    }
  }

  /** Collects the classes whose exponential may matter in a cell. Returns how many there are. */
  #findContenders(
    logits: Float32Array,
    topLeft: number,
    topRight: number,
    bottomLeft: number,
    bottomRight: number,
  ): number {
    const { classes, grid } = this.#shape;
    const points = grid.width * grid.height;
    // At every pixel the winner is at least as high as any class's lowest corner.
    let floor = -Infinity;
    for (let id = 0; id < classes; id++) {
      const plane = id * points;
      const lowest = Math.min(
        logits[plane + topLeft]!,
        logits[plane + topRight]!,
        logits[plane + bottomLeft]!,
        logits[plane + bottomRight]!,
      );
      if (lowest > floor) floor = lowest;
    }
    const threshold = floor + Math.log(NEGLIGIBLE / classes);
    const corners = this.#corners;
    let count = 0;
    for (let id = 0; id < classes; id++) {
      const plane = id * points;
      const a = logits[plane + topLeft]!;
      const b = logits[plane + topRight]!;
      const c = logits[plane + bottomLeft]!;
      const d = logits[plane + bottomRight]!;
      if (a < threshold && b < threshold && c < threshold && d < threshold) continue;
      this.#position[id] = count;
      corners[4 * count] = a;
      corners[4 * count + 1] = b;
      corners[4 * count + 2] = c;
      corners[4 * count + 3] = d;
      count++;
    }
    return count;
  }

  #rateCell(
    count: number,
    row: number,
    cell: number,
    labels: Uint8Array,
    confidence: Uint8Array,
  ): void {
    const { width } = this.#shape.output;
    const { starts, weights: weightsX } = this.#horizontal;
    const startX = starts[cell]!;
    const endX = starts[cell + 1]!;
    const endY = this.#vertical.starts[row + 1]!;
    const corners = this.#corners;
    const left = this.#left;
    const step = this.#step;
    const position = this.#position;
    const exponential = this.#exponential;
    const last = CUTOFF * STEPS_PER_UNIT;
    for (let y = this.#vertical.starts[row]!; y < endY; y++) {
      const line = y * width;
      if (count === 1) {
        confidence.fill(255, line + startX, line + endX);
        continue;
      }
      const weightY = this.#vertical.weights[y]!;
      for (let i = 0; i < count; i++) {
        const topLeft = corners[4 * i]!;
        const topRight = corners[4 * i + 1]!;
        const atLeft = topLeft + (corners[4 * i + 2]! - topLeft) * weightY;
        left[i] = atLeft;
        step[i] = topRight + (corners[4 * i + 3]! - topRight) * weightY - atLeft;
      }
      for (let x = startX; x < endX; x++) {
        const weightX = weightsX[x]!;
        const winner = position[labels[line + x]!]!;
        const highest = left[winner]! + step[winner]! * weightX;
        let sum = 0;
        for (let i = 0; i < count; i++) {
          const below = (highest - left[i]! - step[i]! * weightX) * STEPS_PER_UNIT + 0.5;
          sum += exponential[below < 0 ? 0 : below > last ? last : below | 0]!;
        }
        confidence[line + x] = 255 / sum + 0.5;
      }
    }
  }
}
