/**
 * BiSeNet (Yu, Wang, Peng, Gao, Yu, Sang 2018, arXiv 1808.00897, §3): a spatial path of three strided
 * convolutions beside a context path, joined by a fusion module.
 *
 * | part            | layers                                               | channels   | output |
 * | --------------- | ---------------------------------------------------- | ---------- | ------ |
 * | spatial path    | 7×7, 3×3, 3×3, each with stride 2; 1×1               | 64 … 128   | 1/8    |
 * | context path    | Xception39 or ResNet-18, see below                   |            | 1/32   |
 * | global context  | average, 1×1                                         | 128        | 1      |
 * | refinement 1/32 | attention refinement + global context, ×2, 3×3       | 128        | 1/16   |
 * | refinement 1/16 | attention refinement + the one above, ×2, 3×3        | 128        | 1/8    |
 * | fusion          | joined, 1×1, channel attention                       | 256        | 1/8    |
 * | head            | 3×3 (64 channels; 256 with ResNet-18), 1×1           | classes    | 1/8    |
 *
 * Attention refinement: 3×3, scaled channel by channel with sigmoid(1×1(average)).
 *
 * Xception39: 3×3 stride 2 to 8 channels, max pooling, then stages of 4, 8 and 4 blocks of 16, 32
 * and 64 channels inside (64, 128, 256 outside); a block is three separable 3×3 convolutions. The
 * first block of a stage has stride 2.
 *
 * ResNet-18: 7×7 stride 2 to 64 channels, max pooling, then four stages of two basic blocks of 64,
 * 128, 256 and 512 channels.
 *
 * The two auxiliary heads of the training are left out, as they are at inference.
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
import { channelsOf, Layers, sizeOf } from "./layers.ts";
import { averageChannels, maxPool, multiply, sigmoid } from "./operators.ts";
import { addBasicBlock } from "./resnet.ts";
import { addXception39, type ContextFeatures } from "./xception.ts";

/** The network of the context path. */
export type BisenetBackbone = "xception39" | "resnet18";

/** Channels of the refined features. */
const REFINED = 128;

/** Channels inside the head: as the authors have them, and as the public ResNet-18 networks do. */
const HEAD_CHANNELS: Readonly<Record<BisenetBackbone, number>> = { xception39: 64, resnet18: 256 };

/**
 * Builds BiSeNet; its logits are at 1/8.
 *
 * @throws {RangeError} If a side of the size is not a positive multiple of 32.
 */
export function buildBisenet(
  backbone: BisenetBackbone,
  size: Size,
  options: BuildOptions = {},
): BuiltNetwork {
  checkSides("BiSeNet", size, 32);
  const { classes, weights } = fillOptions(options);
  const layers = new Layers(`bisenet-${backbone}`, weights);
  const image = layers.image(size);
  const spatial = addSpatialPath(layers, image);
  const features = backbone === "resnet18"
    ? addResnet18(layers, image)
    : addXception39(layers, image);
  const context = addContextPath(layers, features, spatial);
  const fused = fuse(layers, spatial, context);
  const inside = layers.convolve("head.0", fused, HEAD_CHANNELS[backbone]);
  const classify = { shift: "bias", activation: "none" } as const;
  return finishNetwork(layers, layers.pointwise("head.1", inside, classes, classify));
}

function addSpatialPath(layers: Layers, image: Value): Value {
  const halved = layers.convolve("spatial.0", image, 64, { kernel: 7, stride: 2 });
  const quartered = layers.convolve("spatial.1", halved, 64, { stride: 2 });
  const eighth = layers.convolve("spatial.2", quartered, 64, { stride: 2 });
  return layers.pointwise("spatial.3", eighth, 128);
}

function addResnet18(layers: Layers, image: Value): ContextFeatures {
  const first = layers.convolve("resnet.first", image, 64, { kernel: 7, stride: 2 });
  let features = maxPool(layers.graph, "resnet.pooled", first, 3);
  const stages = [64, 128, 256, 512].map((channels, stage) => {
    const stride = stage === 0 ? 1 : 2;
    features = addBasicBlock(layers, `resnet.${stage}.0`, features, channels, { stride });
    features = addBasicBlock(layers, `resnet.${stage}.1`, features, channels);
    return features;
  });
  return { sixteenth: stages[2]!, thirtySecond: stages[3]! };
}

/** §3.2: both depths refined, upsampled and filtered, to the size of the spatial path. */
function addContextPath(layers: Layers, features: ContextFeatures, spatial: Value): Value {
  const { sixteenth, thirtySecond } = features;
  const average = averageChannels(layers.graph, "global.average", thirtySecond);
  const global = layers.pointwise("global.conv", average, REFINED);
  const deepest = refine(layers, "refine32", thirtySecond);
  const deepestSum = add(layers.graph, "refine32.sum", deepest, global);
  const doubled = layers.resize("refine32.doubled", deepestSum, sizeOf(sixteenth));
  const deep = layers.convolve("refine32.last", doubled, REFINED);
  const refined = refine(layers, "refine16", sixteenth);
  const sum = add(layers.graph, "refine16.sum", refined, deep);
  const upsampled = layers.resize("refine16.doubled", sum, sizeOf(spatial));
  return layers.convolve("refine16.last", upsampled, REFINED);
}

/** Attention refinement (Figure 2b). */
function refine(layers: Layers, name: string, input: Value): Value {
  const features = layers.convolve(`${name}.conv`, input, REFINED);
  const average = averageChannels(layers.graph, `${name}.average`, features);
  const linear = { activation: "none" } as const;
  const attention = layers.pointwise(`${name}.attention`, average, REFINED, linear);
  const factors = sigmoid(layers.graph, `${name}.factors`, attention);
  return multiply(layers.graph, `${name}.scaled`, features, factors);
}

/** Feature fusion (Figure 2c). */
function fuse(layers: Layers, spatial: Value, context: Value): Value {
  const { graph } = layers;
  const joined = concat(graph, "fusion.joined", [spatial, context], 1);
  const channels = channelsOf(joined);
  const features = layers.pointwise("fusion.conv", joined, channels);
  const average = averageChannels(graph, "fusion.average", features);
  const bare = { shift: "none", activation: "none" } as const;
  const inside = layers.pointwise("fusion.attention1", average, channels, { shift: "none" });
  const attention = layers.pointwise("fusion.attention2", inside, channels, bare);
  const factors = sigmoid(graph, "fusion.factors", attention);
  const scaled = multiply(graph, "fusion.scaled", features, factors);
  return add(graph, "fusion.sum", features, scaled);
}
