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
