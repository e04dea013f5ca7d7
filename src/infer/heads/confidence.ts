import { CellTerms } from "./cell_terms.ts";
import { type Span, upsampleSpans } from "./spans.ts";
import { checkLengths, type UpsampleShape } from "./upsample.ts";

/**
 * The "prob" head: the softmax of the class that wins each pixel, over the bilinear logits.
 *
 * Like the "cls" head it works cell by cell. {@link CellTerms} reduces the classes of a cell to a
 * few exponentials of bilinear functions, most often one; such an exponential grows by a constant factor
 * from pixel to pixel, and that factor by a constant one from line to line, so that a pixel takes a
 * multiplication a term and a division.
 *
 * Shapes: logits float32 [classes, gridHeight, gridWidth]; confidence uint8 [height, width], in
 *         1/255.
 * Exact:  within 2/255 of softmax(bilinear(logits)).
 * Memory: allocates nothing after construction; writes every element of confidence.
 */
export class UpsampleConfidence {
  readonly #shape: UpsampleShape;
  readonly #columns: readonly Span[];
  readonly #rows: readonly Span[];
  readonly #terms: CellTerms;
  /** Of each term: its value at the first pixel of a line, and its growth to the right. */
  readonly #first: Float64Array;
  readonly #growth: Float64Array;
  /** What these two grow by from one line to the next. */
  readonly #firstDown: Float64Array;
  readonly #growthDown: Float64Array;
  /** Of each pixel of a line of a cell: the sum of the terms, and the largest that may win. */
  readonly #sums: Float64Array;
  readonly #bests: Float64Array;
  /** Of each class: its logit at the current pixel. */
  readonly #values: Float64Array;

  constructor(shape: UpsampleShape) {
    const { classes, grid, output, alignCorners = false } = shape;
    this.#shape = shape;
    this.#columns = upsampleSpans(grid.width, output.width, alignCorners);
    this.#rows = upsampleSpans(grid.height, output.height, alignCorners);
    this.#terms = new CellTerms(shape);
    this.#first = new Float64Array(classes + 1);
    this.#growth = new Float64Array(classes + 1);
    this.#firstDown = new Float64Array(classes + 1);
    this.#growthDown = new Float64Array(classes + 1);
    const longest = this.#columns.reduce((most, { start, end }) => Math.max(most, end - start), 0);
    this.#sums = new Float64Array(longest);
    this.#bests = new Float64Array(longest);
    this.#values = new Float64Array(classes);
  }

  /**
   * Fills `confidence`.
   *
   * @throws {RangeError} If a buffer's length is not what the shape says.
   */
  run(logits: Float32Array, confidence: Uint8Array): void {
    checkLengths(this.#shape, logits, confidence);
    const gridWidth = this.#shape.grid.width;
    const terms = this.#terms;
    terms.read(logits);
    for (const row of this.#rows) {
      const top = row.first * gridWidth;
      const bottom = row.second * gridWidth;
      for (const column of this.#columns) {
        const { first, second } = column;
        if (terms.resolve(top + first, top + second, bottom + first, bottom + second)) {
          this.#rateCell(row, column, confidence);
        } else {
          this.#ratePlainly(row, column, logits, confidence);
        }
      }
    }
  }

  #rateCell(row: Span, column: Span, confidence: Uint8Array): void {
    const { width } = this.#shape.output;
    const { count } = this.#terms;
    this.#startTerms(row, column);
    const first = this.#first;
    const growth = this.#growth;
    const firstDown = this.#firstDown;
    const growthDown = this.#growthDown;
    for (let y = row.start; y < row.end; y++) {
      this.#rateLine(y * width + column.start, y * width + column.end, confidence);
      for (let i = 0; i < count; i++) {
        first[i]! *= firstDown[i]!;
        growth[i]! *= growthDown[i]!;
      }
    }
  }

  #startTerms(row: Span, column: Span): void {
    const { corners, count } = this.#terms;
    for (let i = 0; i < count; i++) {
      const topLeft = corners[4 * i]!;
      const across = corners[4 * i + 1]! - topLeft;
      const down = corners[4 * i + 2]! - topLeft;
      const twist = corners[4 * i + 3]! - topLeft - across - down;
      const atTop = across + twist * row.weight;
      const atLeft = down + twist * column.weight;
      this.#first[i] = Math.exp(topLeft + down * row.weight + atTop * column.weight);
      this.#growth[i] = Math.exp(atTop * column.step);
      this.#firstDown[i] = Math.exp(atLeft * row.step);
      this.#growthDown[i] = Math.exp(twist * column.step * row.step);
    }
  }

  #rateLine(start: number, end: number, confidence: Uint8Array): void {
    const { contenders, count } = this.#terms;
    const growth = this.#growth;
    if (count === 1) {
      let value = this.#first[0]!;
      const factor = growth[0]!;
      for (let pixel = start; pixel < end; pixel++) {
        confidence[pixel] = 255 / (1 + value) + 0.5;
        value *= factor;
      }
      return;
    }
    const first = this.#first;
    const sums = this.#sums;
    const bests = this.#bests;
    const length = end - start;
    const winner = contenders === 0 ? 1 : 0;
    for (let x = 0; x < length; x++) sums[x] = winner;
    for (let i = contenders; i < count; i++) {
      let value = first[i]!;
      const factor = growth[i]!;
      for (let x = 0; x < length; x++) {
        sums[x]! += value;
        value *= factor;
      }
    }
    if (contenders === 0) {
      for (let x = 0; x < length; x++) confidence[start + x] = 255 / sums[x]! + 0.5;
      return;
    }
    for (let x = 0; x < length; x++) bests[x] = 0;
    for (let i = 0; i < contenders; i++) {
      let value = first[i]!;
      const factor = growth[i]!;
      for (let x = 0; x < length; x++) {
        sums[x]! += value;
        if (value > bests[x]!) bests[x] = value;
        value *= factor;
      }
    }
    for (let x = 0; x < length; x++) confidence[start + x] = 255 * bests[x]! / sums[x]! + 0.5;
  }

  /** A cell whose logits differ by more than exponentials can hold: every class, pixel by pixel. */
  #ratePlainly(row: Span, column: Span, logits: Float32Array, confidence: Uint8Array): void {
    const { classes, grid, output } = this.#shape;
    const points = grid.width * grid.height;
    const top = row.first * grid.width;
    const bottom = row.second * grid.width;
    const values = this.#values;
    for (let y = row.start; y < row.end; y++) {
      const weightY = row.weight + row.step * (y - row.start);
      for (let x = column.start; x < column.end; x++) {
        const weightX = column.weight + column.step * (x - column.start);
        let highest = -Infinity;
        for (let id = 0; id < classes; id++) {
          const left = id * points + column.first;
          const right = id * points + column.second;
          const above = logits[left + top]! * (1 - weightX) + logits[right + top]! * weightX;
          const below = logits[left + bottom]! * (1 - weightX) + logits[right + bottom]! * weightX;
          const value = above * (1 - weightY) + below * weightY;
          values[id] = value;
          if (value > highest) highest = value;
        }
        let sum = 0;
        for (let id = 0; id < classes; id++) sum += Math.exp(values[id]! - highest);
        confidence[y * output.width + x] = 255 / sum + 0.5;
      }
    }
  }
}
