import { ModelError } from "../errors.ts";
import type { ConvolutionWeights, KernelShape } from "./onnx/operators.ts";
import { countElements, formatShape, type Tensors } from "./tensor.ts";

/** The four vectors of a batch norm and the number that keeps its division finite. */
export interface BatchNorm {
  /** γ, [channels]; `weight` in PyTorch. */
  readonly scale: Float32Array;
  /** β, [channels]; `bias` in PyTorch. */
  readonly shift: Float32Array;
  /** μ, [channels]. */
  readonly mean: Float32Array;
  /** σ², [channels]. */
  readonly variance: Float32Array;
  /** ε, which keeps the division finite. */
  readonly epsilon: number;
}

/** A convolution that has a bias, as every folded one does. */
export type FoldedConvolution = ConvolutionWeights & { readonly bias: Float32Array };

/**
 * The convolution that computes what the given one and a batch norm after it compute together:
 * w' = w·γ/√(σ² + ε), b' = β + (b − μ)·γ/√(σ² + ε) (Ioffe and Szegedy 2015, algorithm 2).
 */
export function foldBatchNorm(
  { weight, shape, bias }: ConvolutionWeights,
  { scale, shift, mean, variance, epsilon }: BatchNorm,
): FoldedConvolution {
  const [out] = shape;
  const perOutput = weight.length / out;
  const folded = new Float32Array(weight.length);
  const foldedBias = new Float32Array(out);
  for (let channel = 0; channel < out; channel++) {
    const factor = scale[channel]! / Math.sqrt(variance[channel]! + epsilon);
    const start = channel * perOutput;
    for (let i = start; i < start + perOutput; i++) folded[i] = weight[i]! * factor;
    foldedBias[channel] = shift[channel]! + ((bias?.[channel] ?? 0) - mean[channel]!) * factor;
  }
  return { weight: folded, shape, bias: foldedBias };
}

/** What {@link LayerWeights} needs to know of a file beside its tensors. */
export interface LayerWeightsOptions {
  /** The model's name, for messages. */
  readonly model: string;
  /** ε of the batch norms. */
  readonly epsilon: number;
}

/** Looks up the tensors of PyTorch layers by name, checks their shapes and folds batch norms. */
export class LayerWeights {
  readonly #tensors: Tensors;
  readonly #model: string;
  readonly #epsilon: number;

  /** Takes tensors by their PyTorch names; they are only read. */
  constructor(tensors: Tensors, { model, epsilon }: LayerWeightsOptions) {
    this.#tensors = tensors;
    this.#model = model;
    this.#epsilon = epsilon;
  }

  /**
   * The convolution `name`, with its bias where it has one.
   *
   * @throws {ModelError} If a tensor is missing or has another shape or type.
   */
  convolution(name: string, shape: KernelShape): ConvolutionWeights {
    const weight = this.values(`${name}.weight`, shape);
    const bias = `${name}.bias`;
    if (!this.#tensors.has(bias)) return { weight, shape };
    return { weight, shape, bias: this.values(bias, shape.slice(0, 1)) };
  }

  /**
   * The convolution `name` with the batch norm `norm` after it folded in.
   *
   * @throws {ModelError} If a tensor is missing or has another shape or type.
   */
  foldedConvolution(name: string, norm: string, shape: KernelShape): FoldedConvolution {
    const channels = shape.slice(0, 1);
    return foldBatchNorm(this.convolution(name, shape), {
      scale: this.values(`${norm}.weight`, channels),
      shift: this.values(`${norm}.bias`, channels),
      mean: this.values(`${norm}.running_mean`, channels),
      variance: this.values(`${norm}.running_var`, channels),
      epsilon: this.#epsilon,
    });
  }

  /**
   * The float32 values of a tensor of the given shape.
   *
   * @throws {ModelError} If it is missing or has another shape or type.
   */
  values(name: string, shape: readonly number[]): Float32Array {
    const tensor = this.#tensors.get(name);
    const expected = `float32 ${formatShape(shape)}`;
    if (tensor === undefined) {
      throw new ModelError(
        `Cannot use "${this.#model}": it has no tensor "${name}" (${expected}); ` +
          "segstream expects Fast-SCNN in the layout of its public PyTorch checkpoints.",
        { model: this.#model, tensor: name, expected, actual: "none" },
      );
    }
    const { data } = tensor;
    const fits = formatShape(tensor.shape) === formatShape(shape) &&
      data.length === countElements(shape);
    if (!(data instanceof Float32Array) || !fits) {
      const type = data instanceof Float32Array ? "float32" : data.constructor.name;
      const actual = `${type} ${formatShape(tensor.shape)}`;
      throw new ModelError(
        `Cannot use "${this.#model}": tensor "${name}" is ${actual} where Fast-SCNN has ${expected}.`,
        { model: this.#model, tensor: name, expected, actual },
      );
    }
    return data;
  }
}
