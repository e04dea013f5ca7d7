import type { SegmentationClass } from "../frame/classes.ts";
import type { Size } from "../frame/geometry.ts";
import { PlaneResampler } from "../infer/prepare/resample.ts";
import { ConfusionMatrix } from "./confusion.ts";
import type { Result } from "./messages.ts";
import { scoreConfusion } from "./scores.ts";

/** A picture that was segmented badly, small enough to be shown beside others. */
export interface WorstPicture {
  /** Its path inside the dataset. */
  readonly name: string;
  /** Share of its labelled pixels that were right. */
  readonly pixelAccuracy: number;
  /** Mean IoU over its own classes. */
  readonly meanIou: number;
  /** Of the three below. */
  readonly size: Size;
  /** uint8 [height, width, 3] */
  readonly rgb: Uint8Array<ArrayBuffer>;
  /** uint8 [height, width], the dataset's class ids. */
  readonly truth: Uint8Array<ArrayBuffer>;
  /** As `truth`; the number of classes where it is none of them. */
  readonly predicted: Uint8Array<ArrayBuffer>;
}

/** The longer side of what is kept, in pixels. */
const THUMBNAIL_SIDE = 480;

/** Keeps the pictures with the smallest pixel accuracy. A picture without labels is never kept. */
export class WorstPictures {
  readonly #capacity: number;
  readonly #classes: readonly SegmentationClass[];
  readonly #worst: WorstPicture[] = [];

  constructor(capacity: number, classes: readonly SegmentationClass[]) {
    this.#capacity = capacity;
    this.#classes = classes;
  }

  /** Worst first; of equals the one whose name comes first. */
  get list(): readonly WorstPicture[] {
    return this.#worst;
  }

  /** Considers a picture; copies what it keeps. */
  offer(name: string, { outcomes: [outcome], predicted, picture }: Result): void {
    const counts = new ConfusionMatrix(this.#classes.length, outcome!.counts);
    const { pixelAccuracy, meanIou } = scoreConfusion(counts, this.#classes);
    if (this.#capacity === 0 || pixelAccuracy === undefined || meanIou === undefined) return;
    const rank = this.#worst.findIndex((kept) =>
      pixelAccuracy < kept.pixelAccuracy ||
      (pixelAccuracy === kept.pixelAccuracy && name < kept.name)
    );
    if (rank < 0 && this.#worst.length === this.#capacity) return;
    const size = thumbnailSize(picture.size);
    const kept = {
      name,
      pixelAccuracy,
      meanIou,
      size,
      rgb: shrinkColours(picture.rgb, picture.size, size),
      truth: pickLabels(picture.truth, picture.size, size),
      predicted: pickLabels(predicted, picture.size, size),
    };
    this.#worst.splice(rank < 0 ? this.#worst.length : rank, 0, kept);
    this.#worst.length = Math.min(this.#worst.length, this.#capacity);
  }
}

function thumbnailSize({ width, height }: Size): Size {
  const scale = Math.min(1, THUMBNAIL_SIDE / Math.max(width, height));
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}

function shrinkColours(rgb: Uint8Array, from: Size, to: Size): Uint8Array<ArrayBuffer> {
  const resampler = new PlaneResampler(from, to);
  const channel = new Uint8Array(from.width * from.height);
  const small = new Uint8Array(to.width * to.height);
  const result = new Uint8Array(3 * small.length);
  for (let index = 0; index < 3; index++) {
    for (let pixel = 0; pixel < channel.length; pixel++) channel[pixel] = rgb[3 * pixel + index]!;
    resampler.run(channel, small);
    for (let pixel = 0; pixel < small.length; pixel++) result[3 * pixel + index] = small[pixel]!;
  }
  return result;
}

/** Labels cannot be averaged: each pixel takes the one at its centre. */
function pickLabels(labels: Uint8Array, from: Size, to: Size): Uint8Array<ArrayBuffer> {
  const picked = new Uint8Array(to.width * to.height);
  for (let y = 0; y < to.height; y++) {
    const row = Math.floor((y + 0.5) * from.height / to.height) * from.width;
    for (let x = 0; x < to.width; x++) {
      picked[y * to.width + x] = labels[row + Math.floor((x + 0.5) * from.width / to.width)]!;
    }
  }
  return picked;
}
