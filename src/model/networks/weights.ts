import type { FoldedConvolution } from "../layer_weights.ts";
import type { ConvolutionWeights, KernelShape } from "../onnx/operators.ts";
import { countElements } from "../tensor.ts";

/** What follows a convolution's kernels: batch norm (folded in), a bias, or neither. */
export type Shift = "norm" | "bias" | "none";

/** Where a network's values come from, by layer name. */
export interface NetworkWeights {
  /** A convolution, its batch norm folded in; without a bias where the shift is `none`. */
  convolution(name: string, shape: KernelShape, shift: Shift): ConvolutionWeights;
  /** A transposed convolution; the weight's shape is [in, out, height, width]. */
  transposedConvolution(name: string, shape: KernelShape, shift: Shift): ConvolutionWeights;
  /** Slopes of a PReLU: one, or one for each channel. */
  slopes(name: string, channels: number): Float32Array;
  /**
   * Scale and shift of the normalisation after a layer that has the shift `norm`, where it works with
   * the statistics of the image at hand; then the layer's own values have no norm folded in.
   */
  imageNorm?(name: string, channels: number): ImageNorm;
}

/** What is applied to each channel after it was brought to mean 0 and variance 1. */
export interface ImageNorm {
  /** γ, [channels]. */
  readonly scale: Float32Array;
  /** β, [channels]. */
  readonly shift: Float32Array;
  /** Keeps the division finite. */
  readonly epsilon: number;
}

/**
 * Random values of a scale that keeps the features' variance, the same for the same seed: a
 * network's speed does not depend on its weights, as long as they make no denormal numbers.
 */
export class RandomWeights implements NetworkWeights {
  #state: number;

  /** Starts the sequence. */
  constructor(seed: number) {
    this.#state = seed;
  }

  /** See {@link NetworkWeights.convolution}. */
  convolution(_name: string, shape: KernelShape, shift: Shift): ConvolutionWeights {
    const [out, perGroup, height, width] = shape;
    return this.#draw(shape, perGroup * height * width, shift === "none" ? 0 : out);
  }

  /** See {@link NetworkWeights.transposedConvolution}. */
  transposedConvolution(_name: string, shape: KernelShape, shift: Shift): ConvolutionWeights {
    const [inputs, out, height, width] = shape;
    return this.#draw(shape, inputs * height * width / 4, shift === "none" ? 0 : out);
  }

  /** See {@link NetworkWeights.slopes}. */
  slopes(_name: string, channels: number): Float32Array {
    return new Float32Array(channels).fill(0.25);
  }

  #draw(shape: KernelShape, fanIn: number, biases: number): ConvolutionWeights {
    const bound = Math.sqrt(3 / fanIn);
    const weight = this.#uniform(countElements(shape), bound);
    return biases === 0 ? { weight, shape } : this.#biased(weight, shape, biases);
  }

  #biased(weight: Float32Array, shape: KernelShape, biases: number): FoldedConvolution {
    return { weight, shape, bias: this.#uniform(biases, 0.1) };
  }

  /** Values in ±bound (mulberry32). */
  #uniform(length: number, bound: number): Float32Array {
    const values = new Float32Array(length);
    let state = this.#state;
    for (let i = 0; i < length; i++) {
      state = state + 0x6d2b79f5 | 0;
      let bits = Math.imul(state ^ state >>> 15, state | 1);
      bits ^= bits + Math.imul(bits ^ bits >>> 7, bits | 61);
      values[i] = (((bits ^ bits >>> 14) >>> 0) / 2 ** 31 - 1) * bound;
    }
    this.#state = state;
    return values;
  }
}
