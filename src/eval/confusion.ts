import { IGNORE_LABEL } from "../frame/classes.ts";

/**
 * How often each class was taken for each: the counts behind every score.
 *
 * Shape: counts float64 [classes, classes + 1], rows by the true class, columns by the predicted one;
 * the last column is what was predicted as none of the classes. Counts are exact to 2⁵³ pixels.
 */
export class ConfusionMatrix {
  /** How many. */
  readonly classes: number;
  /** See above; count() and add() write it. */
  readonly counts: Float64Array<ArrayBuffer>;

  /**
   * Begins with `counts`, which it keeps; zeros by default.
   *
   * @throws {RangeError} If `counts` is not of the size that `classes` asks for.
   */
  constructor(
    classes: number,
    counts: Float64Array<ArrayBuffer> = new Float64Array(classes * (classes + 1)),
  ) {
    if (counts.length !== classes * (classes + 1)) {
      throw new RangeError(
        `Cannot use ${counts.length} counts for ${classes} classes: ` +
          `they are ${classes * (classes + 1)}.`,
      );
    }
    this.classes = classes;
    this.counts = counts;
  }

  /**
   * Counts the pixels of one picture. Pixels whose truth is IGNORE_LABEL do not count, whatever was
   * predicted there.
   *
   * @param truth Class ids, or IGNORE_LABEL.
   * @param predicted Class ids; `classes` and above mean none of them.
   * @throws {RangeError} If the lengths differ, or a truth is no class.
   */
  count(truth: Uint8Array, predicted: Uint8Array): void {
    if (truth.length !== predicted.length) {
      throw new RangeError(
        `Cannot compare ${predicted.length} predicted pixels with ${truth.length} true ones.`,
      );
    }
    const { classes, counts } = this;
    const columns = classes + 1;
    for (let pixel = 0; pixel < truth.length; pixel++) {
      const row = truth[pixel]!;
      if (row === IGNORE_LABEL) continue;
      if (row >= classes) throw new RangeError(`Cannot count class ${row} of ${classes}.`);
      counts[row * columns + Math.min(classes, predicted[pixel]!)]!++;
    }
  }

  /** Adds the counts of another matrix of the same classes. */
  add({ counts }: ConfusionMatrix): void {
    if (counts.length !== this.counts.length) {
      throw new RangeError(`Cannot add a matrix of other classes than ${this.classes}.`);
    }
    for (let i = 0; i < counts.length; i++) this.counts[i]! += counts[i]!;
  }

  /** How often `truth` was predicted as `predicted`; `classes` is none of them. */
  at(truth: number, predicted: number): number {
    return this.counts[truth * (this.classes + 1) + predicted]!;
  }

  /** The counts by true class, then by predicted one. */
  rows(): number[][] {
    const columns = this.classes + 1;
    return Array.from(
      { length: this.classes },
      (_, row) => [...this.counts.subarray(row * columns, (row + 1) * columns)],
    );
  }
}
