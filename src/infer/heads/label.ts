import { FrameKernels, type FrameMemoryOptions } from "../../wasm/frame_kernels.ts";
import { KernelModule } from "../../wasm/kernel.ts";
import { copyBand } from "./bands.ts";
import { labelCells, placeOperands } from "./label_cells.ts";
import { type LabelLayout, layOutLabels } from "./label_layout.ts";
import { findWinners } from "./label_winners.ts";
import { checkLengths, type UpsampleShape } from "./upsample.ts";

const KERNELS = { findWinners, labelCells };
const MODULE = new KernelModule(KERNELS);

/**
 * The "cls" head: labels every output pixel with the class of largest bilinear logit, without
 * building the full-resolution logits.
 *
 * Between four neighbouring logits the bilinear weights are a convex combination. So a class that
 * is the maximum at all four corners of a cell is the maximum everywhere in it, and a class that
 * another one matches or exceeds at all four corners is nowhere above it. Cells whose corners agree
 * are filled; in the others each pixel compares only the classes that no corner's winner dominates.
 *
 * It goes through the grid in bands of rows, which are copied to where the kernels reach them.
 *
 * Shapes: logits float32 [classes, gridHeight, gridWidth]; labels uint8 [height, width].
 * Exact:  equal to argmax(bilinear(logits)) except where two classes tie to float rounding.
 * Memory: after construction it allocates views alone; writes every element of labels, in place
 *         where these lie in the memory of frames.
 * Thread: any, one at a time.
 */
export class UpsampleArgmax {
  readonly #shape: UpsampleShape;
  readonly #layout: LabelLayout;
  readonly #kernels: FrameKernels<keyof typeof KERNELS>;
  readonly #operands: readonly number[];

  /**
   * Computes the tables.
   *
   * @throws {RangeError} If there are not 1 to 255 classes.
   */
  constructor(shape: UpsampleShape, options: FrameMemoryOptions = {}) {
    const { classes } = shape;
    if (classes < 1 || classes > 255) {
      throw new RangeError(`Cannot label ${classes} classes: 1 to 255 fit a class map of bytes.`);
    }
    this.#shape = shape;
    this.#layout = layOutLabels(shape);
    this.#kernels = new FrameKernels(MODULE, this.#layout.memory, options);
    this.#operands = placeOperands(this.#layout.places);
  }

  /**
   * Fills `labels`.
   *
   * @throws {RangeError} If a buffer's length is not what the shape says.
   */
  run(logits: Float32Array, labels: Uint8Array): void {
    checkLengths(this.#shape, logits, labels);
    const { rows, bandRows } = this.#layout;
    for (let row = 0; row < rows; row += bandRows) {
      this.#labelBand(row, Math.min(rows, row + bandRows), logits, labels);
    }
  }

  /** The lines of pixels between two rows of cells. */
  #labelBand(row: number, endRow: number, logits: Float32Array, labels: Uint8Array): void {
    const { output } = this.#shape;
    const { lineStarts, planes, places } = this.#layout;
    const points = copyBand(logits, planes, this.#shape, row, endRow);
    const { logits: band, planeBytes, classes, winners } = places;
    this.#kernels.run("findWinners", [], band, planeBytes, classes, points, winners);
    const bytes = labels.subarray(
      lineStarts[row]! * output.width,
      lineStarts[endRow]! * output.width,
    );
    this.#kernels.run("labelCells", [{ bytes, isWritten: true }], row, endRow, ...this.#operands);
  }
}
