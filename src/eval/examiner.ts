import { formatSize, type Size } from "../frame/geometry.ts";
import { HEADER_FIELDS } from "../frame/timing.ts";
import { Segmenter } from "../infer/segmenter.ts";
import { modelSize, type Resolution } from "../model/resolution.ts";
import { ConfusionMatrix } from "./confusion.ts";
import { I420_COLOUR, toI420 } from "./i420.ts";
import type { Outcome, Result, Setup } from "./messages.ts";
import { frameSize, networkOf } from "./network_of.ts";
import { PicturePreparer } from "./picture_preparer.ts";
import type { AnnotatedPicture } from "./picture.ts";

const NOTHING = new Uint8Array(0);

interface Runner {
  readonly networkSize: Size;
  readonly segmenter: Segmenter;
}

/**
 * Segments pictures at every resolution and counts how each class was taken.
 *
 * Memory: keeps a session for each resolution as long as pictures stay of one size.
 * Thread: blocks its own; one picture at a time.
 */
export class Examiner {
  readonly #setup: Setup;
  /** By the size that was asked for, and by the size of the network's input. */
  readonly #runners = new Map<string, Runner>();
  readonly #header = new Float64Array(HEADER_FIELDS);
  #size = "";

  constructor(setup: Setup) {
    this.#setup = setup;
  }

  /**
   * Examines a picture.
   *
   * @throws {ProviderError} If the provider cannot start here.
   * @throws {ModelError} If the network cannot be built or loaded.
   */
  async examine(picture: AnnotatedPicture): Promise<Result> {
    const { size } = picture;
    if (formatSize(size) !== this.#size) await this.dispose();
    this.#size = formatSize(size);
    const pixels = this.#setup.input === "i420" ? toI420(picture.rgb, size) : picture.rgb;
    const frame = frameSize(this.#setup, size);
    const outcomes = new Map<Runner, Outcome & { predicted: Uint8Array<ArrayBuffer> }>();
    const inOrder = [];
    for (const resolution of this.#setup.resolutions) {
      const runner = await this.#runnerFor(size, resolution);
      let outcome = outcomes.get(runner);
      if (outcome === undefined) {
        const labels = new Uint8Array(frame.width * frame.height);
        await runner.segmenter.segment({ pixels, labels, confidence: NOTHING }, this.#header);
        const predicted = this.#toDataset(crop(labels, frame, size));
        const matrix = new ConfusionMatrix(this.#setup.classes);
        matrix.count(picture.truth, predicted);
        outcome = { networkSize: runner.networkSize, counts: matrix.counts, predicted };
        outcomes.set(runner, outcome);
      }
      inOrder.push(outcome);
    }
    return {
      outcomes: inOrder.map(({ networkSize, counts }) => ({ networkSize, counts })),
      predicted: inOrder[0]!.predicted,
      picture,
    };
  }

  /** Frees the sessions. Safe to call twice. */
  async dispose(): Promise<void> {
    for (const { segmenter } of new Set(this.#runners.values())) await segmenter.dispose();
    this.#runners.clear();
  }

  /** Resolutions that come to one size of the network have one runner. */
  async #runnerFor(size: Size, resolution: Resolution): Promise<Runner> {
    const source = frameSize(this.#setup, size);
    const key = formatSize(modelSize(source, resolution));
    let runner = this.#runners.get(key);
    if (runner === undefined) {
      const network = networkOf(this.#setup, size, resolution);
      const { input, inputSize: networkSize } = network;
      runner = this.#runners.get(formatSize(networkSize)) ?? {
        networkSize,
        segmenter: await Segmenter.create(
          network,
          { source, colour: I420_COLOUR, provider: this.#setup.provider, threads: 1 },
          this.#setup.input === "rgb" && input.kind === "rgb"
            ? new PicturePreparer(input, source, networkSize)
            : undefined,
        ),
      };
      // A network that fixes its size has it whatever was asked for.
      this.#runners.set(formatSize(networkSize), runner).set(key, runner);
    }
    return runner;
  }

  /** Turns the network's class ids into the dataset's, in place. */
  #toDataset(labels: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const { classOf } = this.#setup;
    for (let pixel = 0; pixel < labels.length; pixel++) labels[pixel] = classOf[labels[pixel]!]!;
    return labels;
  }
}

/** The picture's part of a class map that may be a column or a row larger. */
function crop(labels: Uint8Array<ArrayBuffer>, from: Size, to: Size): Uint8Array<ArrayBuffer> {
  if (from.width === to.width && from.height === to.height) return labels;
  const cropped = new Uint8Array(to.width * to.height);
  for (let row = 0; row < to.height; row++) {
    const start = row * from.width;
    cropped.set(labels.subarray(start, start + to.width), row * to.width);
  }
  return cropped;
}
