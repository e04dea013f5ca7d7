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
    const channelOf = channelLookup(shape);
    const perOutput = perGroup * height * width;
    const scaled = weight.map((value, i) =>
      value * (input?.[channelOf(i)] ?? 1) / (output?.[Math.floor(i / perOutput)] ?? 1)
    );
    const balanced = bias.map((value, channel) => value / (output?.[channel] ?? 1));
    const means = this.#balance.inputMeans.get(name);
    if (means) {
      const { codes, scales } = kernelCodes(scaled, out, this.#balance.weightRange);
      scaled.forEach((value, i) => {
        const channel = channelOf(i);
        const to = Math.floor(i / perOutput);
        const error = value - codes[i]! * scales[to]!;
        balanced[to]! += error * means[channel]! / (input?.[channel] ?? 1);
      });
    }
    return { weight: scaled, shape, bias: balanced };
  }
}

/** Which input channel a kernel's value is multiplied with; depthwise kernels take their own. */
function channelLookup([, perGroup, height, width]: KernelShape): (i: number) => number {
  const taps = height * width;
  return perGroup === 1 ? (i) => Math.floor(i / taps) : (i) => Math.floor(i / taps) % perGroup;
}
