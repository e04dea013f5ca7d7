import { type I420Layout, i420Layout, planeOf, type Size } from "../../frame/geometry.ts";
import type { FrameMemoryOptions } from "../../wasm/frame_kernels.ts";
import { PlanesResampler } from "./resample.ts";

/** The planes Y, Cb and Cr. */
export type Planes = readonly [Uint8Array, Uint8Array, Uint8Array];

/**
 * The three planes of a frame at the network's size, which may be odd: other networks' are.
 *
 * Memory: allocates only views after construction. Thread: any, one at a time.
 */
export class I420Planes {
  /** Where the planes lie: the resized ones, or those of frames; undefined where frames lie anywhere. */
  readonly memory: WebAssembly.Memory | undefined;
  readonly #layout: I420Layout;
  readonly #resampler: PlanesResampler | undefined;

  /** @throws {RangeError} If the source's size is not even. */
  constructor(source: Size, target: Size, options: FrameMemoryOptions = {}) {
    const { width, height } = target;
    this.#layout = i420Layout(source);
    if (source.width !== width || source.height !== height) {
      const luma = { from: source, to: target };
      const chroma = {
        from: this.#layout.u,
        to: { width: (width + 1) >> 1, height: (height + 1) >> 1 },
      };
      this.#resampler = new PlanesResampler([luma, chroma, chroma], options);
    }
    this.memory = this.#resampler?.memory ?? options.frames;
  }

  /** Reads an I420 frame of the source's size. The planes hold until the next one; only read them. */
  read(pixels: Uint8Array): Planes {
    const { y, u, v } = this.#layout;
    const planes = [planeOf(pixels, y), planeOf(pixels, u), planeOf(pixels, v)] as const;
    if (!this.#resampler) return planes;
    this.#resampler.run(planes);
    const [luma, cb, cr] = this.#resampler.targets;
    return [luma!, cb!, cr!];
  }
}
