import type { Size } from "../../frame/geometry.ts";
import type { Value } from "../onnx/model_proto.ts";
import { add, cast, type KernelShape, relu, resizeBilinear, transpose } from "../onnx/operators.ts";
import { INPUT_NAMES } from "../stem.ts";
import { NetworkGraph } from "./network_graph.ts";
import {
  convolveSame,
  doubleTransposed,
  type KernelMotion,
  multiply,
  normaliseChannels,
  prelu,
} from "./operators.ts";
import type { NetworkWeights, Shift } from "./weights.ts";

/** One convolution and what follows it. */
export interface LayerOptions extends KernelMotion {
  /** Height and width of the kernels; 3 by default. */
  readonly kernel?: number | readonly [number, number];
  /** `norm` by default. */
  readonly shift?: Shift;
  /** `relu` by default. */
  readonly activation?: "relu" | "none";
}

/** Height and width of features. */
export function sizeOf(features: Value): Size {
  return { height: features.shape[2]!, width: features.shape[3]! };
}

/** Channels of features. */
export function channelsOf(features: Value): number {
  return features.shape[1]!;
}

/** Adds a network's layers to its graph, with weights from one place, and counts its parameters. */
export class Layers {
  /** What the layers are added to. */
  readonly graph: NetworkGraph;
  readonly #weights: NetworkWeights;
  #parameters = 0;

  /** Starts an empty network. */
  constructor(name: string, weights: NetworkWeights) {
    this.graph = new NetworkGraph(name);
    this.#weights = weights;
  }

  /** Trained values so far: kernels, biases, slopes, and scale and shift of each batch norm. */
  get parameters(): number {
    return this.#parameters;
  }

  /** Declares the input `image`, uint8 RGB [1, height, width, 3]; gives it as planes from 0 to 1. */
  image({ width, height }: Size): Value {
    const image = this.graph.input(INPUT_NAMES.image, "uint8", [1, height, width, 3]);
    const planes = transpose(this.graph, "image.planes", image, [0, 3, 1, 2]);
    const scale = this.graph.constant("image.scale", Float32Array.of(1 / 255));
    const codes = cast(this.graph, "image.float", planes, "float32");
    return multiply(this.graph, "image.unit", codes, scale);
  }

  /** A convolution, its batch norm or bias, and its activation. */
  convolve(name: string, input: Value, channels: number, options: LayerOptions = {}): Value {
    const { kernel = 3, shift = "norm", activation = "relu", groups = 1 } = options;
    const [height, width] = typeof kernel === "number" ? [kernel, kernel] : kernel;
    const shape: KernelShape = [channels, channelsOf(input) / groups, height, width];
    const weights = this.#weights.convolution(name, shape, shift);
    this.#count(weights.weight.length, channels, shift);
    const plain = convolveSame(this.graph, name, input, weights, options);
    const output = this.#normalise(name, plain, shift);
    return activation === "relu" ? this.relu(name, output) : output;
  }

  /** A 1×1 convolution; see {@link Layers.convolve}. */
  pointwise(name: string, input: Value, channels: number, options: LayerOptions = {}): Value {
    return this.convolve(name, input, channels, { ...options, kernel: 1 });
  }

  /** A convolution of each channel by itself; see {@link Layers.convolve}. */
  depthwise(name: string, input: Value, options: LayerOptions = {}): Value {
    const channels = channelsOf(input);
    return this.convolve(name, input, channels, { ...options, groups: channels });
  }

  /** A transposed convolution that doubles the size, with its batch norm or bias. */
  double(name: string, input: Value, channels: number, kernel: 2 | 3, shift: Shift): Value {
    const shape: KernelShape = [channelsOf(input), channels, kernel, kernel];
    const weights = this.#weights.transposedConvolution(name, shape, shift);
    this.#count(weights.weight.length, channels, shift);
    return this.#normalise(name, doubleTransposed(this.graph, name, input, weights), shift);
  }

  /** max(x, 0) after the node `name`. */
  relu(name: string, input: Value): Value {
    return relu(this.graph, `${name}.relu`, input);
  }

  /** x, or slope · x where it is negative. */
  prelu(name: string, input: Value): Value {
    const slopes = this.#weights.slopes(name, channelsOf(input));
    this.#parameters += slopes.length;
    return prelu(this.graph, name, input, slopes);
  }

  /** The sum of two features, then ReLU. */
  sum(name: string, a: Value, b: Value): Value {
    return this.relu(`${name}.sum`, add(this.graph, `${name}.sum`, a, b));
  }

  /** Bilinear interpolation with aligned corners, as these networks' authors use it. */
  resize(name: string, input: Value, size: Size): Value {
    return resizeBilinear(this.graph, name, input, size, "align_corners");
  }

  /** Adds the norm that could not be folded in. */
  #normalise(name: string, input: Value, shift: Shift): Value {
    const norm = shift === "norm" ? this.#weights.imageNorm?.(name, channelsOf(input)) : undefined;
    return norm === undefined ? input : normaliseChannels(this.graph, name, input, norm);
  }

  #count(kernels: number, channels: number, shift: Shift): void {
    this.#parameters += kernels + channels * { norm: 2, bias: 1, none: 0 }[shift];
  }
}
