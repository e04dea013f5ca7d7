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

/** The product's own input in 8 bits: an I420 frame as blocks; see block_stem.ts for what they hold. */
export interface BlockInput {
  /** Tells the forms apart. */
  readonly kind: "blocks";
  /** Name of the uint8 input [1, height / 2 + 1, width / 4, 16]. */
  readonly name: string;
  /** The codes of Y, Cb and Cr above and left of the frame. */
  readonly outside: readonly [number, number, number];
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

/** What a network gives that was not built here; its size is known when it runs. */
export interface ForeignOutput {
  /**
   * `scores`: logits, float32 [1, classes, any, any], upsampled as {@link LogitsOutput} is;
   * `labels`: class ids, uint8, any height and width on the last axes that are not 1.
   */
  readonly kind: "scores" | "labels";
  /** Name of the output. */
  readonly name: string;
  /** How scores are upsampled. */
  readonly alignCorners: boolean;
}

/** The arithmetic of a network: float32, or 8-bit integers. */
export type Precision = "fp32" | "int8";

/** All the forms of an input. */
export type NetworkInput = I420Input | BlockInput | RgbInput;

/** A network that is ready to run at one resolution: plain data that crosses threads. */
export interface Network<Output = LogitsOutput | ForeignOutput> {
  /** How people name it: the model's name or file. */
  readonly name: string;
  /** The ONNX file. */
  readonly onnx: Uint8Array;
  /** Size of the image it is fed. */
  readonly inputSize: Size;
  /** How it is fed. */
  readonly input: NetworkInput;
  /** What it gives. */
  readonly output: Output;
  /** By class id. */
  readonly classes: readonly SegmentationClass[];
  /** Of its arithmetic; fp32 where absent. */
  readonly precision?: Precision;
}
