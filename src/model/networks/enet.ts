/**
 * ENet (Paszke, Chaurasia, Kim, Culurciello 2016, arXiv 1606.02147, Table 1).
 *
 * | name          | blocks                                              | channels | output |
 * | ------------- | --------------------------------------------------- | -------- | ------ |
 * | initial       | 3×3 stride 2 (13 channels) beside max pooling (3)   | 16       | 1/2    |
 * | 1.0           | downsampling                                        | 64       | 1/4    |
 * | 1.1 … 1.4     | 4 regular                                           | 64       | 1/4    |
 * | 2.0           | downsampling                                        | 128      | 1/8    |
 * | 2.1 … 2.8     | regular, dilated 2, asymmetric 5, dilated 4,        | 128      | 1/8    |
 * |               | regular, dilated 8, asymmetric 5, dilated 16        |          |        |
 * | 3.1 … 3.8     | as 2.1 … 2.8                                        | 128      | 1/8    |
 * | 4.0           | upsampling                                          | 64       | 1/4    |
 * | 4.1, 4.2      | 2 regular                                           | 64       | 1/4    |
 * | 5.0           | upsampling                                          | 16       | 1/2    |
 * | 5.1           | regular                                             | 16       | 1/2    |
 * | full          | transposed convolution, stride 2                    | classes  | 1      |
 *
 * A block is a bottleneck: 1×1 to a quarter of the channels, its convolution, 1×1 back, added to its
 * input. Downsampling blocks max-pool their input and remember where the maxima stood; upsampling
 * blocks put their values back there.
 *
 * Reading taken: a bottleneck narrows to a quarter of its *output* channels. So the network has the
 * 0.37 M parameters that the paper states.
 */

import type { Size } from "../../frame/geometry.ts";
import type { Value } from "../onnx/model_proto.ts";
import { add, concat } from "../onnx/operators.ts";
import {
  type BuildOptions,
  type BuiltNetwork,
  checkSides,
  fillOptions,
  finishNetwork,
} from "./built_network.ts";
import { channelsOf, Layers } from "./layers.ts";
import {
  maxPool,
  maxPoolWithPlaces,
  maxUnpool,
  padChannels,
  type PooledMaxima,
} from "./operators.ts";
import type { NetworkWeights } from "./weights.ts";

/** Where public ENets differ from one another. */
export interface EnetVariant {
  /** A bottleneck that changes the channels narrows to a quarter of those it takes or gives. */
  readonly quarterOf: "input" | "output";
  /** Which convolution of a downsampling block has stride 2: its first, 2×2, or its second, 3×3. */
  readonly stridedKernel: 2 | 3;
  /** Whether the shortcut of an upsampling block has batch norm or a bias. */
  readonly shortcutShift: "norm" | "bias";
  /** Size of the last transposed convolution's kernel. */
  readonly lastKernel: 2 | 3;
}

/** As in the paper. */
const PAPER: EnetVariant = {
  quarterOf: "output",
  stridedKernel: 2,
  shortcutShift: "norm",
  lastKernel: 2,
};

/** What the second convolution of a bottleneck is: 3×3 with a dilation, or 1×5 then 5×1. */
type Middle = number | "asymmetric";

/** Blocks 2.1 to 2.8 and again 3.1 to 3.8. */
const CONTEXT_BLOCKS: readonly Middle[] = [1, 2, "asymmetric", 4, 1, 8, "asymmetric", 16];

/**
 * Builds ENet; its logits have the input's size.
 *
 * @throws {RangeError} If a side of the size is not a positive multiple of 8.
 */
export function buildEnet(size: Size, options: BuildOptions = {}): BuiltNetwork {
  const { classes, weights } = fillOptions(options);
  return buildEnetVariant(size, classes, weights, PAPER);
}

/**
 * Builds an ENet that differs from the paper's.
 *
 * @throws {RangeError} If a side of the size is not a positive multiple of 8.
 */
export function buildEnetVariant(
  size: Size,
  classes: number,
  weights: NetworkWeights,
  variant: EnetVariant,
): BuiltNetwork {
  checkSides("ENet", size, 8);
  const layers = new Layers("enet", weights);
  const blocks = new EnetBlocks(layers, variant);
  let features = blocks.initial("init", layers.image(size));
  const first = blocks.downsample("b10", features, 64);
  features = first.features;
  for (let i = 1; i <= 4; i++) features = blocks.regular(`b1${i}`, features, 1, "prelu");
  const second = blocks.downsample("b20", features, 128);
  features = second.features;
  for (const stage of [2, 3]) {
    CONTEXT_BLOCKS.forEach((middle, i) => {
      features = blocks.regular(`b${stage}${i + 1}`, features, middle, "prelu");
    });
  }
  features = blocks.upsample("b40", features, second.pooled, 64);
  for (const name of ["b41", "b42"]) features = blocks.regular(name, features, 1, "relu");
  features = blocks.upsample("b50", features, first.pooled, 16);
  features = blocks.regular("b51", features, 1, "relu");
  const logits = layers.double("fullconv", features, classes, variant.lastKernel, "none");
  return finishNetwork(layers, logits);
}

/** The kinds of blocks (§3, Figure 2); PReLU in the encoder, ReLU in the decoder. */
class EnetBlocks {
  readonly #layers: Layers;
  readonly #variant: EnetVariant;

  constructor(layers: Layers, variant: EnetVariant) {
    this.#layers = layers;
    this.#variant = variant;
  }

  /** The first convolution's channels beside the image's maxima. */
  initial(name: string, image: Value): Value {
    const layers = this.#layers;
    const options = { stride: 2, activation: "none" } as const;
    const filtered = layers.convolve(`${name}.conv`, image, 13, options);
    const pooled = maxPool(layers.graph, `${name}.pooled`, image, 2);
    const joined = concat(layers.graph, `${name}.joined`, [filtered, pooled], 1);
    return layers.prelu(`${name}.prelu`, joined);
  }

  /** Halves the size; the shortcut is max-pooled and filled up with zero channels. */
  downsample(
    name: string,
    input: Value,
    channels: number,
  ): { readonly features: Value; readonly pooled: PooledMaxima } {
    const layers = this.#layers;
    const narrow = this.#narrow(input, channels);
    const first = this.#variant.stridedKernel === 2
      ? { kernel: 2, stride: 2, activation: "none" } as const
      : { kernel: 1, activation: "none" } as const;
    const stride = this.#variant.stridedKernel === 2 ? 1 : 2;
    const projected = this.#activate(
      `${name}.prelu1`,
      layers.convolve(`${name}.conv1`, input, narrow, first),
      "prelu",
    );
    const filtered = this.#activate(
      `${name}.prelu2`,
      layers.convolve(`${name}.conv2`, projected, narrow, { stride, activation: "none" }),
      "prelu",
    );
    const expanded = layers.pointwise(`${name}.conv3`, filtered, channels, { activation: "none" });
    const pooled = maxPoolWithPlaces(layers.graph, `${name}.pooled`, input);
    const shortcut = padChannels(layers.graph, `${name}.padded`, pooled.maxima, channels);
    const sum = add(layers.graph, `${name}.sum`, expanded, shortcut);
    return { features: this.#activate(`${name}.prelu3`, sum, "prelu"), pooled };
  }

  /** Keeps size and channels. */
  regular(name: string, input: Value, middle: Middle, activation: "relu" | "prelu"): Value {
    const layers = this.#layers;
    const channels = channelsOf(input);
    const narrow = channels / 4;
    const projected = this.#activate(
      `${name}.prelu1`,
      layers.pointwise(`${name}.conv1`, input, narrow, { activation: "none" }),
      activation,
    );
    const filtered = this.#activate(
      `${name}.prelu2`,
      this.#filter(name, projected, middle),
      activation,
    );
    const expanded = layers.pointwise(`${name}.conv3`, filtered, channels, { activation: "none" });
    const sum = add(layers.graph, `${name}.sum`, expanded, input);
    return this.#activate(`${name}.prelu3`, sum, activation);
  }

  /** Doubles the size; the shortcut's values go back to where the maxima stood. */
  upsample(name: string, input: Value, pooled: PooledMaxima, channels: number): Value {
    const layers = this.#layers;
    const { shortcutShift } = this.#variant;
    const narrow = this.#narrow(input, channels);
    const projected = layers.pointwise(`${name}.convt1`, input, narrow);
    const doubled = layers.double(`${name}.convt2`, projected, narrow, 3, "norm");
    const filtered = layers.relu(`${name}.convt2`, doubled);
    const expanded = layers.pointwise(`${name}.convt3`, filtered, channels, { activation: "none" });
    const options = { shift: shortcutShift, activation: "none" } as const;
    const shortcut = layers.pointwise(`${name}.main_conv`, input, channels, options);
    const unpooled = maxUnpool(layers.graph, `${name}.unpooled`, shortcut, pooled);
    return layers.sum(name, expanded, unpooled);
  }

  #filter(name: string, input: Value, middle: Middle): Value {
    const channels = channelsOf(input);
    if (middle !== "asymmetric") {
      const options = { dilation: middle, activation: "none" } as const;
      return this.#layers.convolve(`${name}.conv2`, input, channels, options);
    }
    const row = { kernel: [1, 5], shift: "none", activation: "none" } as const;
    const column = { kernel: [5, 1], activation: "none" } as const;
    const along = this.#layers.convolve(`${name}.conv21`, input, channels, row);
    return this.#layers.convolve(`${name}.conv22`, along, channels, column);
  }

  #narrow(input: Value, channels: number): number {
    return (this.#variant.quarterOf === "input" ? channelsOf(input) : channels) / 4;
  }

  #activate(name: string, input: Value, activation: "relu" | "prelu"): Value {
    return activation === "relu" ? this.#layers.relu(name, input) : this.#layers.prelu(name, input);
  }
}
