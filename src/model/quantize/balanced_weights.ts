import type { Layers } from "../fast_scnn.ts";
import type { FoldedConvolution } from "../layer_weights.ts";
import type { KernelShape } from "../onnx/operators.ts";
import { kernelCodes, type WeightRange } from "./codes.ts";
import type { LayerScales } from "./equalize.ts";

/** What is done to layers before they are quantised. */
export interface Balance {
  /** By the name of the convolution. */
  readonly scales: ReadonlyMap<string, LayerScales>;
  /** Mean of each channel that a convolution takes, before rescaling; by its name. */
  readonly inputMeans: ReadonlyMap<string, Float32Array>;
  /** Of the codes that the weights will get. */
  readonly weightRange: WeightRange;
}

/**
 * The layers of a network as they are quantised: rescaled, and with biases that make up for what
 * rounding the weights adds to the mean of each output (Nagel et al. 2019, arXiv 1906.04721, §4.2):
 * the weights' rounding errors times the inputs' means.
 */
export class BalancedWeights implements Layers {
  readonly #layers: Layers;
  readonly #balance: Balance;

  /** Takes the layers as trained. */
  constructor(layers: Layers, balance: Balance) {
    this.#layers = layers;
    this.#balance = balance;
  }

  /** The convolution `name`, balanced; it has a bias then. */
  convolution(name: string, shape: KernelShape): FoldedConvolution {
    const layer = this.#layers.convolution(name, shape);
    return this.#rescale(name, { ...layer, bias: layer.bias ?? new Float32Array(shape[0]) });
  }

  /** The convolution `name` with the batch norm `norm` folded in, balanced. */
  foldedConvolution(name: string, norm: string, shape: KernelShape): FoldedConvolution {
    return this.#rescale(name, this.#layers.foldedConvolution(name, norm, shape));
  }

  #rescale(name: string, { weight, shape, bias }: FoldedConvolution): FoldedConvolution {
    const [out, perGroup, height, width] = shape;
    const { input, output } = this.#balance.scales.get(name) ?? {};
    const taps = height * width;
    const scaled = new Float32Array(weight.length);
    const balanced = bias.map((value, channel) => value / (output?.[channel] ?? 1));
    for (let to = 0; to < out; to++) {
      for (let i = 0; i < perGroup; i++) {
        // A depthwise kernel, which has one plane, takes the channel of its output.
        const factor = (input?.[perGroup === 1 ? to : i] ?? 1) / (output?.[to] ?? 1);
        const start = (to * perGroup + i) * taps;
        for (let at = start; at < start + taps; at++) scaled[at] = weight[at]! * factor;
      }
    }
    const means = this.#balance.inputMeans.get(name);
    if (means) this.#correct(balanced, { weight: scaled, shape, bias }, means, input);
    return { weight: scaled, shape, bias: balanced };
  }

  /** Adds to each bias what rounding the weights takes from the output's mean. */
  #correct(
    bias: Float32Array,
    { weight, shape }: FoldedConvolution,
    means: Float32Array,
    inputScales: Float32Array | undefined,
  ): void {
    const [out, perGroup, height, width] = shape;
    const taps = height * width;
    const { codes, scales } = kernelCodes(weight, out, this.#balance.weightRange);
    for (let to = 0; to < out; to++) {
      const scale = scales[to]!;
      let sum = 0;
      for (let i = 0; i < perGroup; i++) {
        const channel = perGroup === 1 ? to : i;
        const start = (to * perGroup + i) * taps;
        let error = 0;
        for (let at = start; at < start + taps; at++) error += weight[at]! - codes[at]! * scale;
        sum += error * means[channel]! / (inputScales?.[channel] ?? 1);
      }
      bias[to]! += sum;
    }
  }
}
