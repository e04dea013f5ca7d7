import { InputError } from "../errors.ts";
import { formatSize, type Size } from "../frame/geometry.ts";
import type { Resolution } from "../model/resolution.ts";
import { ConfusionMatrix } from "./confusion.ts";
import type { Dataset } from "./dataset.ts";
import type { ResolutionResult } from "./evaluation.ts";
import type { Sample } from "./layout.ts";
import type { Result } from "./messages.ts";
import { scoreConfusion } from "./scores.ts";
import { type WorstPicture, WorstPictures } from "./worst.ts";

/** Adds up what single pictures gave. */
export class Tally {
  readonly #dataset: Dataset;
  readonly #columns: readonly Column[];
  readonly #worst: WorstPictures;
  readonly #sizes = new SameSize();
  #pictures = 0;

  constructor(dataset: Dataset, resolutions: readonly Resolution[], worst: number) {
    const { classes } = dataset.layout;
    this.#dataset = dataset;
    this.#columns = resolutions.map((resolution) => ({
      resolution,
      matrix: new ConfusionMatrix(classes.length),
      networkSizes: new SameSize(),
    }));
    this.#worst = new WorstPictures(worst, classes);
  }

  /** Pictures so far. */
  get pictures(): number {
    return this.#pictures;
  }

  /** The size that all pictures have, or undefined. */
  get size(): Size | undefined {
    return this.#sizes.size;
  }

  /** Worst first. */
  get worst(): readonly WorstPicture[] {
    return this.#worst.list;
  }

  /** Adds a picture. */
  add(sample: Sample, result: Result): void {
    this.#pictures++;
    this.#sizes.add(result.picture.size);
    for (const [index, { networkSize, counts }] of result.outcomes.entries()) {
      const { matrix, networkSizes } = this.#columns[index]!;
      matrix.add(new ConfusionMatrix(matrix.classes, counts));
      networkSizes.add(networkSize);
    }
    this.#worst.offer(sample.name, result);
  }

  /**
   * The scores, one for each resolution.
   *
   * @throws {InputError} If no pixel of any picture was labelled.
   */
  results(): ResolutionResult[] {
    const { path, split, layout } = this.#dataset;
    return this.#columns.map(({ resolution, matrix, networkSizes }) => {
      const scores = scoreConfusion(matrix, layout.classes);
      if (scores.pixels > 0) {
        return { resolution, networkSize: networkSizes.size, scores, confusion: matrix };
      }
      throw new InputError(
        `Cannot evaluate on "${path}": no pixel of its split "${split}" is labelled, as in the ` +
          `test split of Cityscapes. Take --split ${layout.defaultSplit}.`,
        { input: path },
      );
    });
  }
}

interface Column {
  readonly resolution: Resolution;
  readonly matrix: ConfusionMatrix;
  readonly networkSizes: SameSize;
}

/** Remembers a size as long as every one is the same. */
class SameSize {
  #size: Size | undefined;
  #differs = false;

  get size(): Size | undefined {
    return this.#differs ? undefined : this.#size;
  }

  add(size: Size): void {
    this.#differs ||= this.#size !== undefined && formatSize(this.#size) !== formatSize(size);
    this.#size = size;
  }
}
