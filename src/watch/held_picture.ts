import type { StreamInfo } from "../frame/stream.ts";
import { Banner } from "../overlay/banner.ts";

/** A copy of the last frame with a line on it, for while no other comes. */
export class HeldPicture {
  readonly #banner: Banner;
  #pixels: Uint8Array | undefined;

  /** For frames of this stream. */
  constructor({ size, colour }: Pick<StreamInfo, "size" | "colour">) {
    this.#banner = new Banner(size, colour);
  }

  /** The frame with the line; the result is overwritten by the next call, `pixels` is only read. */
  draw(pixels: Uint8Array, line: string): Uint8Array {
    this.#pixels ??= new Uint8Array(pixels.length);
    this.#pixels.set(pixels);
    this.#banner.draw(this.#pixels, line);
    return this.#pixels;
  }
}
