/**
 * ICNet (Zhao, Qi, Shen, Shi, Jia 2018, arXiv 1704.08545, §4): a cascade of three branches, each on a
 * larger image and with fewer layers. The deepest is PSPNet50 with half the channels.
 *
 * | branch  | image | layers                                                | channels | output |
 * | ------- | ----- | ----------------------------------------------------- | -------- | ------ |
 * | shared  | 1/2   | three 3×3 (the first with stride 2)                   | 32 32 64 | 1/4    |
 * |         |       | max pooling 3×3, stride 2                             | 64       | 1/8    |
 * |         |       | 3 bottlenecks (32 inside)                             | 128      | 1/8    |
 * |         |       | 1 bottleneck (64 inside), stride 2                    | 256      | 1/16   |
 * | low     | 1/4   | halved, then 3 bottlenecks (64 inside)                | 256      | 1/32   |
 * |         |       | 6 bottlenecks (128 inside), dilation 2                | 512      | 1/32   |
 * |         |       | 3 bottlenecks (256 inside), dilation 4                | 1024     | 1/32   |
 * |         |       | sum with its averages over 1, 4, 9, 36 regions; 1×1   | 256      | 1/32   |
 * | high    | 1     | three 3×3, stride 2                                   | 32 32 64 | 1/8    |
 *
 * Cascade feature fusion (Figure 3), low with shared, then that with high: ×2, 3×3 with dilation 2;
 * 1×1 on the other; sum; 128 channels. A last ×2, then a 1×1 classifies at 1/4.
 */

import type { Size } from "../../frame/geometry.ts";
import type { Value } from "../onnx/model_proto.ts";
import { add } from "../onnx/operators.ts";
import {
  type BuildOptions,
  type BuiltNetwork,
  checkSides,
  fillOptions,
  finishNetwork,
} from "./built_network.ts";
import { channelsOf, Layers, sizeOf } from "./layers.ts";
import { averageRegions, maxPool } from "./operators.ts";

/** Regions along each side of the pyramid pooling. */
const PYRAMID_BINS = [1, 2, 3, 6] as const;

/** Four times the channels inside is what a bottleneck gives, as in ResNet50. */
const EXPANSION = 4;

/** Channels of the fused features. */
const FUSED = 128;

/**
 * Builds ICNet; its logits are at 1/4.
 *
 * @throws {RangeError} If a side of the size is not a positive multiple of 32.
 */
export function buildIcnet(size: Size, options: BuildOptions = {}): BuiltNetwork {
  checkSides("ICNet", size, 32);
  const { classes, weights } = fillOptions(options);
  const layers = new Layers("icnet", weights);
  const image = layers.image(size);
  const shared = addSharedBranch(layers, layers.resize("image.half", image, scale(size, 1 / 2)));
  const low = addLowBranch(layers, shared);
  const high = addThree(layers, "high", image, [2, 2, 2]);
  const fused = fuse(layers, "fusion.low", low, shared);
  const detailed = fuse(layers, "fusion.high", fused, high);
  const doubled = layers.resize("fused.doubled", detailed, scale(sizeOf(detailed), 2));
  const classify = { shift: "bias", activation: "none" } as const;
  return finishNetwork(layers, layers.pointwise("classifier", doubled, classes, classify));
}

function addSharedBranch(layers: Layers, image: Value): Value {
  const first = addThree(layers, "shared.first", image, [2, 1, 1]);
  let features = maxPool(layers.graph, "shared.pooled", first, 3);
  for (let i = 0; i < 3; i++) features = addBottleneck(layers, `shared.2.${i}`, features, 32);
  return addBottleneck(layers, "shared.3.0", features, 64, { stride: 2 });
}

function addLowBranch(layers: Layers, shared: Value): Value {
  let features = layers.resize("low.halved", shared, scale(sizeOf(shared), 1 / 2));
  for (let i = 1; i < 4; i++) features = addBottleneck(layers, `low.3.${i}`, features, 64);
  for (let i = 0; i < 6; i++) {
    features = addBottleneck(layers, `low.4.${i}`, features, 128, { dilation: 2 });
  }
  for (let i = 0; i < 3; i++) {
    features = addBottleneck(layers, `low.5.${i}`, features, 256, { dilation: 4 });
  }
  return layers.pointwise("low.last", addAverages(layers, features), 256);
}

/** Three 3×3 convolutions of 32, 32 and 64 channels. */
function addThree(layers: Layers, name: string, input: Value, strides: readonly number[]): Value {
  return [32, 32, 64].reduce(
    (features, channels, i) =>
      layers.convolve(`${name}.${i}`, features, channels, { stride: strides[i]! }),
    input,
  );
}

/** Pyramid pooling whose levels are added, not joined. */
function addAverages(layers: Layers, features: Value): Value {
  return PYRAMID_BINS.reduce((sum, bins) => {
    const pooled = averageRegions(layers.graph, `low.pool${bins}`, features, bins);
    const upsampled = layers.resize(`low.upsampled${bins}`, pooled, sizeOf(features));
    return add(layers.graph, `low.sum${bins}`, sum, upsampled);
  }, features);
}

/** ResNet's bottleneck: 1×1 (with the stride), 3×3 (with the dilation), 1×1. */
function addBottleneck(
  layers: Layers,
  name: string,
  input: Value,
  inside: number,
  { stride = 1, dilation = 1 }: { readonly stride?: number; readonly dilation?: number } = {},
): Value {
  const channels = EXPANSION * inside;
  const reduced = layers.pointwise(`${name}.reduce`, input, inside, { stride });
  const filtered = layers.convolve(`${name}.filter`, reduced, inside, { dilation });
  const linear = { activation: "none" } as const;
  const increased = layers.pointwise(`${name}.increase`, filtered, channels, linear);
  const shortcut = channelsOf(input) === channels
    ? input
    : layers.pointwise(`${name}.project`, input, channels, { ...linear, stride });
  return layers.sum(name, increased, shortcut);
}

/** Cascade feature fusion (§4.2): `low` is half as large as `high`. */
function fuse(layers: Layers, name: string, low: Value, high: Value): Value {
  const linear = { activation: "none" } as const;
  const upsampled = layers.resize(`${name}.upsampled`, low, sizeOf(high));
  const dilated = { ...linear, dilation: 2 };
  const filtered = layers.convolve(`${name}.filter`, upsampled, FUSED, dilated);
  return layers.sum(name, filtered, layers.pointwise(`${name}.project`, high, FUSED, linear));
}

function scale({ width, height }: Size, factor: number): Size {
  return { width: width * factor, height: height * factor };
}
