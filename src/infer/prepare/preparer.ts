import type { Colour } from "../../frame/colour.ts";
import type { Size } from "../../frame/geometry.ts";
import type { FrameMemoryOptions } from "../../wasm/frame_kernels.ts";

/** One input of a network: its shape and the memory it is fed from. */
export interface InputBuffer {
  readonly name: string;
  readonly type: "float32" | "float16" | "uint8";
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint16Array | Uint8Array;
}

/** Turns a frame into a network's input. */
export interface FramePreparer {
  /** Filled anew by every `run`; not shared memory, which ONNX Runtime refuses. */
  readonly buffers: readonly InputBuffer[];
  /** Reads one I420 frame of the source's size. */
  run(pixels: Uint8Array): void;
}

/** Which frames become which input. */
export interface PreparerOptions extends FrameMemoryOptions {
  /** Size of the frames. */
  readonly source: Size;
  /** Size of the network's input. */
  readonly inputSize: Size;
  /** Of the frames. */
  readonly colour: Colour;
}
