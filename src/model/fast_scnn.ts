/**
 * Fast-SCNN (Poudel, Liwicki, Cipolla 2019, arXiv 1902.04502, Table 1) as an ONNX graph.
 *
 * Node names are the tensor names of the public PyTorch layout. Batch norms are folded into the
 * convolutions before them. The order of operations is PyTorch's throughout.
 */

import type { Colour } from "../frame/colour.ts";
import { formatSize, type Size } from "../frame/geometry.ts";
import { addBlockStem } from "./block_stem.ts";
import { addHead, type Head } from "./heads.ts";
import type { LayerWeights } from "./layer_weights.ts";
import { GraphBuilder } from "./onnx/graph_builder.ts";
import type { Value } from "./onnx/model_proto.ts";
import {
  add,
  concat,
  convolve,
  type CoordinateMode,
  multiplyMatrices,
  relu,
  resizeBilinear,
} from "./onnx/operators.ts";
import { adaptivePoolMatrix, transposeMatrix } from "./pooling.ts";
import { addI420Stem, addRgbStem, type Triple } from "./stem.ts";

/** Where the layers' values come from: a file, or a file and what was done to it. */
export type Layers = Pick<LayerWeights, "convolution" | "foldedConvolution">;

/** What a set of Fast-SCNN weights was trained with. */
export interface FastScnnTraits {
  /** How many; channels of the logits. */
  readonly classes: number;
  /** Padding of the first convolution; 0 in the public layout's own checkpoints. */
  readonly firstPadding: 0 | 1;
  /** PyTorch's `align_corners` of every bilinear resize. */
  readonly alignCorners: boolean;
  /**
   * Whether a ReLU follows the depthwise half of the separable convolutions, as in the public layout.
   * mmsegmentation's networks have none there.
   */
  readonly depthwiseRelu: boolean;
  /** ε of the batch norms. */
  readonly epsilon: number;
  /** The network is fed (RGB/255 − mean)/std. */
  readonly mean: Triple;
  /** See `mean`. */
  readonly std: Triple;
}

/** How a graph takes its image: I420 planes of a known colour, or packed RGB. */
export type InputForm =
  | { readonly input: "i420"; readonly colour: Colour }
  | { readonly input: "blocks"; readonly colour: Colour }
  | { readonly input: "rgb" };

/** What graph to build. */
export type FastScnnOptions = InputForm & {
  /** Size of the input; both sides are multiples of {@link SIDE_STEP}. */
  readonly size: Size;
  /** `logits` by default. */
  readonly head?: Head;
  /** `zero` feeds zeros to the fusion instead of the high-resolution features (the paper's ablation). */
  readonly skip?: "keep" | "zero";
};

/** The sides of an input are multiples of this: what the deepest features are smaller by. */
export const SIDE_STEP = 32;

/** The logits are smaller than the input by this. */
export const LOGITS_STRIDE = 8;

/** Table 1: channels, repetitions and first stride of the bottlenecks. */
const BOTTLENECKS = [
  { name: "bottleneck1", channels: 64, repeats: 3, stride: 2 },
  { name: "bottleneck2", channels: 96, repeats: 3, stride: 2 },
  { name: "bottleneck3", channels: 128, repeats: 3, stride: 1 },
] as const;

const EXPANSION = 6;

const PYRAMID_BINS = [1, 2, 3, 6] as const;

/**
 * Builds the graph.
 *
 * @throws {RangeError} If a side of the size is not a positive multiple of {@link SIDE_STEP}.
 * @throws {ModelError} If a tensor is missing or has another shape.
 */
export function buildFastScnn(
  weights: Layers,
  traits: FastScnnTraits,
  options: FastScnnOptions,
): GraphBuilder {
  const { size, head = "logits", skip = "keep" } = options;
  if (!isSide(size.width) || !isSide(size.height)) {
    const wanted = `both sides must be multiples of ${SIDE_STEP}`;
    throw new RangeError(`Cannot build Fast-SCNN for ${formatSize(size)}: ${wanted}.`);
  }
  const graph = new GraphBuilder("fast-scnn");
  const layers = new FastScnnLayers(graph, weights, traits);
  const first = "learning_to_downsample.conv.conv";
  const stem = {
    ...traits,
    name: `${first}.0`,
    convolution: weights.foldedConvolution(`${first}.0`, `${first}.1`, [32, 3, 3, 3]),
    padding: traits.firstPadding,
  };
  const halved = options.input === "i420"
    ? addI420Stem(graph, stem, size, options.colour)
    : options.input === "blocks"
    ? addBlockStem(graph, stem, size, options.colour)
    : addRgbStem(graph, stem, size);
  const detail = layers.learnToDownsample(halved);
  const context = layers.extractGlobalFeatures(detail);
  const fused = layers.fuse(detail, context, skip);
  const logits = layers.classify(fused, traits.classes);
  addHead(graph, head, logits, size, layers.mode);
  return graph;
}

function isSide(length: number): boolean {
  return length > 0 && length % SIDE_STEP === 0;
}

/** The modules of Table 1; each adds its layers to the graph and gives the features after them. */
class FastScnnLayers {
  readonly mode: CoordinateMode;
  readonly #graph: GraphBuilder;
  readonly #weights: Layers;
  readonly #depthwiseActivation: "relu" | undefined;

  constructor(
    graph: GraphBuilder,
    weights: Layers,
    { alignCorners, depthwiseRelu }: FastScnnTraits,
  ) {
    this.#graph = graph;
    this.#weights = weights;
    this.mode = alignCorners ? "align_corners" : "half_pixel";
    this.#depthwiseActivation = depthwiseRelu ? "relu" : undefined;
  }

  /** §3.2.1, after its first convolution: features at 1/8. */
  learnToDownsample(halved: Value): Value {
    const quartered = this.#separable("learning_to_downsample.dsconv1", halved, 48, 2);
    return this.#separable("learning_to_downsample.dsconv2", quartered, 64, 2);
  }

  /** §3.2.2: features at 1/32. */
  extractGlobalFeatures(detail: Value): Value {
    let features = detail;
    for (const { name, channels, repeats, stride } of BOTTLENECKS) {
      for (let i = 0; i < repeats; i++) {
        const path = `global_feature_extractor.${name}.${i}.block`;
        features = this.#bottleneck(path, features, channels, i === 0 ? stride : 1);
      }
    }
    return this.#poolPyramid("global_feature_extractor.ppm", features);
  }

  /** §3.2.3, Table 3: both branches at 1/8. */
  fuse(detail: Value, context: Value, skip: "keep" | "zero"): Value {
    const name = "feature_fusion";
    const [, , height, width] = detail.shape as [number, number, number, number];
    const upsampled = resizeBilinear(
      this.#graph,
      `${name}.upsampled`,
      context,
      { height, width },
      this.mode,
    );
    const filtered = this.#depthwise(`${name}.dwconv.conv`, upsampled, 1, "relu");
    const lower = this.#pointwise(
      `${name}.conv_lower_res.0`,
      `${name}.conv_lower_res.1`,
      filtered,
      128,
    );
    const higher = skip === "zero"
      ? this.#response(`${name}.conv_higher_res`, 64, 128)
      : this.#pointwise(`${name}.conv_higher_res.0`, `${name}.conv_higher_res.1`, detail, 128);
    return relu(this.#graph, `${name}.relu`, add(this.#graph, `${name}.sum`, lower, higher));
  }

  /** §3.2.4: logits at 1/8. */
  classify(features: Value, classes: number): Value {
    const first = this.#separable("classifier.dsconv1", features, 128, 1);
    const second = this.#separable("classifier.dsconv2", first, 128, 1);
    const name = "classifier.conv.1";
    const kernel = this.#weights.convolution(name, [classes, second.shape[1]!, 1, 1]);
    return convolve(this.#graph, name, second, kernel);
  }

  /** §3.1: depthwise, then pointwise, each with batch norm and, where trained so, ReLU. */
  #separable(path: string, input: Value, channels: number, stride: number): Value {
    const filtered = this.#depthwise(`${path}.conv`, input, stride, this.#depthwiseActivation);
    return this.#pointwise(`${path}.conv.3`, `${path}.conv.4`, filtered, channels, "relu");
  }

  /** Table 2: expand, filter each channel, project; added to its input where the shapes agree. */
  #bottleneck(path: string, input: Value, channels: number, stride: number): Value {
    const wide = EXPANSION * input.shape[1]!;
    const expanded = this.#pointwise(
      `${path}.0.conv.0`,
      `${path}.0.conv.1`,
      input,
      wide,
      "relu",
    );
    const filtered = this.#depthwise(`${path}.1.conv`, expanded, stride, "relu");
    const projected = this.#pointwise(`${path}.2`, `${path}.3`, filtered, channels);
    const residual = stride === 1 && input.shape[1] === channels;
    return residual ? add(this.#graph, `${path}.sum`, projected, input) : projected;
  }

  /** The pyramid pooling of PSPNet: the features beside their averages over 1, 4, 9 and 36 regions. */
  #poolPyramid(path: string, features: Value): Value {
    const [, channels, height, width] = features.shape as [number, number, number, number];
    const branches = PYRAMID_BINS.map((bins, i) => {
      const pooled = this.#averagePool(`${path}.pool${bins}`, features, bins);
      const name = `${path}.conv${i + 1}.conv`;
      const reduced = this.#pointwise(
        `${name}.0`,
        `${name}.1`,
        pooled,
        channels / PYRAMID_BINS.length,
        "relu",
      );
      return resizeBilinear(
        this.#graph,
        `${path}.upsampled${bins}`,
        reduced,
        { height, width },
        this.mode,
      );
    });
    const joined = concat(this.#graph, `${path}.joined`, [features, ...branches], 1);
    return this.#pointwise(`${path}.out.conv.0`, `${path}.out.conv.1`, joined, channels, "relu");
  }

  /** Averages over bins × bins regions: a matrix for the columns, then one for the rows. */
  #averagePool(name: string, features: Value, bins: number): Value {
    const [, , height, width] = features.shape as [number, number, number, number];
    const overColumns = transposeMatrix(adaptivePoolMatrix(width, bins));
    const overRows = adaptivePoolMatrix(height, bins);
    const columns = this.#graph.constant(`${name}.columns.matrix`, overColumns.data, [width, bins]);
    const rows = this.#graph.constant(`${name}.rows.matrix`, overRows.data, [bins, height]);
    const narrowed = multiplyMatrices(this.#graph, `${name}.columns`, features, columns);
    return multiplyMatrices(this.#graph, `${name}.rows`, rows, narrowed);
  }

  /** 3×3 on each channel by itself, batch norm, activation: the first layers of `path`. */
  #depthwise(
    path: string,
    input: Value,
    stride: number,
    activation: "relu" | undefined,
  ): Value {
    const channels = input.shape[1]!;
    const name = `${path}.0`;
    const kernel = this.#weights.foldedConvolution(name, `${path}.1`, [channels, 1, 3, 3]);
    const options = { stride, padding: 1, groups: channels };
    const output = convolve(this.#graph, name, input, kernel, options);
    return activation === "relu" ? relu(this.#graph, `${name}.relu`, output) : output;
  }

  /** 1×1 over all channels, the batch norm `norm` folded in. */
  #pointwise(
    name: string,
    norm: string,
    input: Value,
    channels: number,
    activation?: "relu",
  ): Value {
    const shape = [channels, input.shape[1]!, 1, 1] as const;
    const kernel = this.#weights.foldedConvolution(name, norm, shape);
    const output = convolve(this.#graph, name, input, kernel);
    return activation === "relu" ? relu(this.#graph, `${name}.relu`, output) : output;
  }

  /** What a 1×1 convolution with its batch norm gives for zeros: a constant of each channel. */
  #response(path: string, inputs: number, channels: number): Value {
    const shape = [channels, inputs, 1, 1] as const;
    const { bias } = this.#weights.foldedConvolution(`${path}.0`, `${path}.1`, shape);
    return this.#graph.constant(`${path}.0.bias`, bias, [1, channels, 1, 1]);
  }
}
