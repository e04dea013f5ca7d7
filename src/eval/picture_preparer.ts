import { formatSize, type Size } from "../frame/geometry.ts";
import { fedCodes, type FramePreparer, type InputBuffer } from "../infer/prepare/prepare.ts";
import { PlaneResampler } from "../infer/prepare/resample.ts";
import type { RgbInput } from "../model/network.ts";

/**
 * Feeds a network with a picture's own RGB: resized channel by channel, as the product resizes the
 * planes of a frame, but without the detour over 4:2:0.
 *
 * Memory: allocates nothing after construction. Thread: any, one at a time.
 */
export class PicturePreparer implements FramePreparer {
  readonly buffers: readonly [InputBuffer];
  readonly #source: Size;
  readonly #resampler: PlaneResampler;
  readonly #channel: Uint8Array;
  readonly #resized: Uint8Array;
  /** The fed value of each code of each channel, 3 × 256. */
  readonly #codes: InputBuffer["data"];
  readonly #isPlanar: boolean;

  constructor(input: RgbInput, source: Size, inputSize: Size) {
    const { width, height } = inputSize;
    this.#source = source;
    this.#resampler = new PlaneResampler(source, inputSize);
    this.#channel = new Uint8Array(source.width * source.height);
    this.#resized = new Uint8Array(width * height);
    this.#codes = fedCodes(input);
    this.#isPlanar = input.layout === "nchw";
    const Data = this.#codes.constructor as new (length: number) => InputBuffer["data"];
    this.buffers = [{
      name: input.name,
      type: input.type,
      shape: this.#isPlanar ? [1, 3, height, width] : [1, height, width, 3],
      data: new Data(3 * width * height),
    }];
  }

  /**
   * Fills the network's input.
   *
   * @param rgb uint8 [height, width, 3] of the source's size; only read.
   * @throws {RangeError} If its length is another.
   */
  run(rgb: Uint8Array): void {
    const channel = this.#channel;
    if (rgb.length !== 3 * channel.length) {
      throw new RangeError(
        `Cannot feed ${rgb.length} bytes: a picture of ${formatSize(this.#source)} has ` +
          `${3 * channel.length}.`,
      );
    }
    const [{ data }] = this.buffers;
    const area = this.#resized.length;
    const step = this.#isPlanar ? 1 : 3;
    for (let index = 0; index < 3; index++) {
      for (let pixel = 0; pixel < channel.length; pixel++) channel[pixel] = rgb[3 * pixel + index]!;
      this.#resampler.run(channel, this.#resized);
      const start = this.#isPlanar ? index * area : index;
      const codes = this.#codes.subarray(256 * index, 256 * (index + 1));
      for (let pixel = 0; pixel < area; pixel++) {
        data[start + step * pixel] = codes[this.#resized[pixel]!]!;
      }
    }
  }
}
