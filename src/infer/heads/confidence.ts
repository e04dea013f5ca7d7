import { FrameKernels, type FrameMemoryOptions } from "../../wasm/frame_kernels.ts";
import { KernelModule } from "../../wasm/kernel.ts";
import { copyBand } from "./bands.ts";
import { rateCells, ratingOperands } from "./confidence_cells.ts";
import { type ConfidenceLayout, layOutConfidence } from "./confidence_layout.ts";
import { lowerToPowers } from "./confidence_points.ts";
import { findWinners } from "./label_winners.ts";
import { checkLengths, type UpsampleShape } from "./upsample.ts";

const KERNELS = { findWinners, lowerToPowers, rateCells };
const MODULE = new KernelModule(KERNELS);

/**
 * The "prob" head: the softmax of the class that wins each pixel, over the bilinear logits.
 *
 * Like the "cls" head it works cell by cell. There the logit of a class is bilinear, so exp of it
 * grows by a constant factor from line to line: a pixel takes one addition and one multiplication a
 * class, of four pixels at once, and one division. To stay within the range of floats, logits are
 * counted from the bilinear interpolation of the largest at the four corners, which none exceeds.
 *
 * A class does not count in a cell where it is so far below one and the same winner at all four
 * corners that all classes together would not be a thousandth of it: it is so far below everywhere.
 * Cells where one that counts is more than 69 below a winner are computed pixel by pixel.
 *
 * Shapes: logits float32 [classes, gridHeight, gridWidth]; confidence uint8 [height, width], in
 *         1/255.
 * Exact:  within 1/255 of softmax(bilinear(logits)): rounding to a byte is ½, leaving classes out ¼,
 *         and 32 lines of factors, each exact to 4e-6, 1/60. What float rounding does to the logits
 *         themselves comes on top: 1/255 where neighbouring ones differ by some 50,000.
 * Memory: after construction it allocates views alone; writes every element of confidence, in place
 *         where these lie in the memory of frames.
 * Thread: any, one at a time.
 */
export class UpsampleConfidence {
  readonly #shape: UpsampleShape;
  readonly #layout: ConfidenceLayout;
  readonly #kernels: FrameKernels<keyof typeof KERNELS>;
  readonly #operands: readonly number[];

  /** Computes the tables. */
  constructor(shape: UpsampleShape, options: FrameMemoryOptions = {}) {
    this.#shape = shape;
    this.#layout = layOutConfidence(shape);
    this.#kernels = new FrameKernels(MODULE, this.#layout.memory, options);
    this.#operands = ratingOperands(this.#layout.places);
  }

  /**
   * Fills `confidence`.
   *
   * @throws {RangeError} If a buffer's length is not what the shape says.
   */
  run(logits: Float32Array, confidence: Uint8Array): void {
    checkLengths(this.#shape, logits, confidence);
    const { rows, bandRows } = this.#layout;
    for (let row = 0; row < rows; row += bandRows) {
      this.#rateBand(row, Math.min(rows, row + bandRows), logits, confidence);
    }
  }

  /** The lines of pixels between two rows of cells. */
  #rateBand(row: number, endRow: number, logits: Float32Array, confidence: Uint8Array): void {
    const { planes, places, rowStarts } = this.#layout;
    const { width } = this.#shape.output;
    const points = copyBand(logits, planes, this.#shape, row, endRow);
    const band = [places.powers, places.planeBytes, places.classes, points];
    this.#kernels.run("findWinners", [], ...band, places.winners);
    this.#kernels.run("lowerToPowers", [], ...band);
    const [start, end] = [rowStarts[row]!, rowStarts[endRow]!];
    const bytes = confidence.subarray(start.line * width, end.line * width);
    const spans = [start.span, end.span, row];
    this.#kernels.run("rateCells", [{ bytes, isWritten: true }], ...spans, ...this.#operands);
  }
}
