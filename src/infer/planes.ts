import { type I420Layout, i420Layout, planeOf, type Size } from "../frame/geometry.ts";
import { PlaneResampler } from "./resample.ts";

/** The planes Y, Cb and Cr. */
export type Planes = readonly [Uint8Array, Uint8Array, Uint8Array];

/** The three planes of a frame at the network's size, which may be odd: other networks' are. */
export class I420Planes {
  /** Filled by `resample`: the network's planes. */
  readonly targets: Planes;
  readonly #layout: I420Layout;
  readonly #luma: PlaneResampler;
  readonly #chroma: PlaneResampler;

  /** @param targets Where to put the planes; memory of its own by default. */
  constructor(source: Size, target: Size, targets?: Planes) {
    this.#layout = i420Layout(source);
    const { width, height } = target;
    const chroma = { width: (width + 1) >> 1, height: (height + 1) >> 1 };
    this.#luma = new PlaneResampler(this.#layout.y, target);
    this.#chroma = new PlaneResampler(this.#layout.u, chroma);
    const samples = chroma.width * chroma.height;
    this.targets = targets ??
      [new Uint8Array(width * height), new Uint8Array(samples), new Uint8Array(samples)];
  }

  /** Reads an I420 frame of the source's size. */
  resample(pixels: Uint8Array): void {
    this.#luma.run(planeOf(pixels, this.#layout.y), this.targets[0]);
    this.#chroma.run(planeOf(pixels, this.#layout.u), this.targets[1]);
    this.#chroma.run(planeOf(pixels, this.#layout.v), this.targets[2]);
  }
}
