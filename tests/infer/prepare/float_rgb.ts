/** The way to the network that the product saves: every pixel as R'G'B' in floating point. */
import { type Colour, colourTransform } from "../../../src/frame/colour.ts";
import type { Size } from "../../../src/frame/geometry.ts";
import { I420Planes } from "../../../src/infer/prepare/planes.ts";
import type { FramePreparer, InputBuffer } from "../../../src/infer/prepare/preparer.ts";
import { buildFastScnn } from "../../../src/model/fast_scnn.ts";
import { LayerWeights } from "../../../src/model/layer_weights.ts";
import { buildNetwork, type Model } from "../../../src/model/model.ts";
import type { Network } from "../../../src/model/network.ts";
import { encodeOnnx } from "../../../src/model/onnx/model_proto.ts";
import { INPUT_NAMES } from "../../../src/model/stem.ts";

/** What becomes of a colour: kept as computed, limited to 0–255, or rounded to codes as well. */
export type RgbForm = "unclamped" | "clamped" | "rounded";

/** The model's network with an input of its own: R'G'B' of 0–255 as float32 [1, height, width, 3]. */
export function floatRgbNetwork(model: Model, size: Size): Network {
  const options = { input: "rgb", size } as const;
  const { name, weights, traits } = model;
  const layers = new LayerWeights(weights, { model: name, epsilon: traits.epsilon });
  const graph = buildFastScnn(layers, traits, options).build();
  const inputs = graph.inputs.map((input) => ({ ...input, type: "float32" as const }));
  return { ...buildNetwork(model, options), onnx: encodeOnnx({ ...graph, inputs }) };
}

/** Converts pixel by pixel; each chroma sample holds for the 2×2 pixels it belongs to. */
export class FloatRgbPreparer implements FramePreparer {
  readonly buffers: readonly InputBuffer[];
  /** Of the last frame's pixels, the share with a channel outside 0–255. */
  outside = 0;
  readonly #size: Size;
  readonly #colour: Colour;
  readonly #form: RgbForm;
  readonly #planes: I420Planes;
  readonly #rgb: Float32Array;

  constructor(source: Size, inputSize: Size, colour: Colour, form: RgbForm) {
    const { width, height } = inputSize;
    this.#size = inputSize;
    this.#colour = colour;
    this.#form = form;
    this.#planes = new I420Planes(source, inputSize);
    this.#rgb = new Float32Array(3 * width * height);
    const shape = [1, height, width, 3];
    this.buffers = [{ name: INPUT_NAMES.image, type: "float32", shape, data: this.#rgb }];
  }

  run(pixels: Uint8Array): void {
    const [luma, cb, cr] = this.#planes.read(pixels);
    const { offset, toRgb: m } = colourTransform(this.#colour);
    const { width, height } = this.#size;
    let outside = 0;
    for (let pixel = 0; pixel < width * height; pixel++) {
      const row = Math.floor(pixel / width);
      const chroma = (row >> 1) * (width >> 1) + ((pixel - row * width) >> 1);
      const y = luma[pixel]! - offset[0];
      const u = cb[chroma]! - offset[1];
      const v = cr[chroma]! - offset[2];
      let isOutside = false;
      for (let channel = 0; channel < 3; channel++) {
        const from = 3 * channel;
        const value = m[from]! * y + m[from + 1]! * u + m[from + 2]! * v;
        isOutside ||= value < 0 || value > 255;
        this.#rgb[3 * pixel + channel] = this.#limit(value);
      }
      if (isOutside) outside++;
    }
    this.outside = outside / (width * height);
  }

  #limit(value: number): number {
    if (this.#form === "unclamped") return value;
    const clamped = Math.min(255, Math.max(0, value));
    return this.#form === "clamped" ? clamped : Math.round(clamped);
  }
}
