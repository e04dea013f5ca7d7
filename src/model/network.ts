import type { SegmentationClass } from "../frame/classes.ts";
import type { Size } from "../frame/geometry.ts";

/** The product's own input: the planes of an I420 frame; colour and normalisation are in the graph. */
export interface I420Input {
  /** Tells the forms apart. */
  readonly kind: "i420";
  /** Name of the uint8 input [1, 1, height, width]. */
  readonly luma: string;
  /** Name of the uint8 input [1, 2, height / 2, width / 2], Cb then Cr. */
  readonly chroma: string;
}

/** The usual input of a segmentation network: normalised RGB. */
export interface RgbInput {
  /** Tells the forms apart. */
  readonly kind: "rgb";
  /** Name of the input. */
  readonly name: string;
  /** `nchw`: [1, 3, height, width]; `nhwc`: [1, height, width, 3]. */
  readonly layout: "nchw" | "nhwc";
  /** Element type of the input. */
  readonly type: "float32" | "float16" | "uint8";
  /** Subtracted from channel / 255, then divided by `std`; uint8 input is fed as it is. */
  readonly mean: readonly [number, number, number];
  /** Of R, G and B; see `mean`. */
  readonly std: readonly [number, number, number];
}

/** Scores for each class on a grid; they are upsampled to the source's size. */
export interface LogitsOutput {
  /** Tells the forms apart. */
  readonly kind: "logits";
  /** Name of the float32 output [1, classes, grid.height, grid.width]. */
  readonly name: string;
  /** Size of the grid of scores. */
  readonly grid: Size;
  /** How the network means its logits to be upsampled. */
  readonly alignCorners: boolean;
}

/** A network that is ready to run at one resolution: plain data that crosses threads. */
export interface Network {
  /** How people name it: the model's name or file. */
  readonly name: string;
  /** The ONNX file. */
  readonly onnx: Uint8Array;
  /** Size of the image it is fed. */
  readonly inputSize: Size;
  /** How it is fed. */
  readonly input: I420Input | RgbInput;
  /** What it gives. */
  readonly output: LogitsOutput;
  /** By class id. */
  readonly classes: readonly SegmentationClass[];
}
