import { ModelError } from "../../errors.ts";
import type { Size } from "../../frame/geometry.ts";
import type { Network } from "../../model/network.ts";
import type { FrameMemoryOptions } from "../../wasm/frame_kernels.ts";
import { UpsampleConfidence } from "./confidence.ts";
import { UpsampleArgmax } from "./label.ts";
import { UpsampleNearest } from "./nearest.ts";
import type { RunOutput } from "../session.ts";
import type { UpsampleShape } from "./upsample.ts";

/** Turns what a network gives into the class map of a frame. */
export interface FrameHead {
  /**
   * Makes ready for outputs of this shape; `run` does so itself where nobody did.
   *
   * @throws {ModelError} If the output is not what the network's description says.
   */
  accept(shape: readonly number[]): void;
  /** Fills `labels`, and `confidence` where it is not empty. */
  run(output: RunOutput, labels: Uint8Array, confidence: Uint8Array): void;
}

/** The head for a network's kind of output; class maps are of the size `source`. */
export function createHead(
  network: Network,
  classes: number,
  source: Size,
  memory: FrameMemoryOptions = {},
): FrameHead {
  const { name, output } = network;
  if (output.kind === "labels") return new LabelsHead(source);
  const shape = { classes, output: source, alignCorners: output.alignCorners };
  return output.kind === "logits"
    ? new LogitsHead({ ...shape, grid: output.grid }, memory)
    : new ScoresHead(name, shape, memory);
}

class LogitsHead implements FrameHead {
  readonly #argmax: UpsampleArgmax;
  readonly #confidence: UpsampleConfidence;

  constructor(shape: UpsampleShape, memory: FrameMemoryOptions) {
    this.#argmax = new UpsampleArgmax(shape, memory);
    this.#confidence = new UpsampleConfidence(shape, memory);
  }

  accept(): void {}

  run({ data }: RunOutput, labels: Uint8Array, confidence: Uint8Array): void {
    const logits = data as Float32Array;
    this.#argmax.run(logits, labels);
    if (confidence.length > 0) this.#confidence.run(logits, confidence);
  }
}

/** Logits [1, classes, height, width] on a grid whose size is seen when they come. */
class ScoresHead implements FrameHead {
  readonly #model: string;
  readonly #shape: Omit<UpsampleShape, "grid">;
  readonly #memory: FrameMemoryOptions;
  #head: LogitsHead | undefined;

  constructor(model: string, shape: Omit<UpsampleShape, "grid">, memory: FrameMemoryOptions) {
    this.#model = model;
    this.#shape = shape;
    this.#memory = memory;
  }

  accept(shape: readonly number[]): void {
    const { classes } = this.#shape;
    const [batch, channels, height, width] = shape;
    const isFit = shape.length === 4 && batch === 1 && channels === classes;
    if (!isFit) {
      const actual = `[${shape.join(", ")}]`;
      throw new ModelError(
        `Cannot use "${this.#model}": it gives logits of ${actual}, and ${classes} classes are ` +
          "named. Name as many as it has, in its sidecar or with --model-classes.",
        { model: this.#model, expected: `${classes} classes`, actual },
      );
    }
    const grid = { height: height!, width: width! };
    this.#head = new LogitsHead({ ...this.#shape, grid }, this.#memory);
  }

  run(output: RunOutput, labels: Uint8Array, confidence: Uint8Array): void {
    if (this.#head === undefined) this.accept(output.shape);
    this.#head!.run(output, labels, confidence);
  }
}

/** Class ids that the network decided on; it says nothing of how certain they are. */
class LabelsHead implements FrameHead {
  readonly #source: Size;
  #nearest: UpsampleNearest | undefined;

  constructor(source: Size) {
    this.#source = source;
  }

  accept(shape: readonly number[]): void {
    // [1, height, width], [1, 1, height, width] or [1, height, width, 1].
    const sides = shape.length === 4 && shape[3] === 1 ? shape.slice(1, 3) : shape.slice(-2);
    const [height, width] = sides as [number, number];
    this.#nearest = new UpsampleNearest({ width, height }, this.#source);
  }

  run({ data, shape }: RunOutput, labels: Uint8Array, confidence: Uint8Array): void {
    if (this.#nearest === undefined) this.accept(shape);
    this.#nearest!.run(data as Uint8Array, labels);
    confidence.fill(255);
  }
}
