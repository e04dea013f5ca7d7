/**
 * ContextNet "cn14" (Poudel, Bonde, Liwicki, Zach 2018, arXiv 1805.04554): a deep branch on the image
 * at a quarter of its size, a shallow one on the whole image, added at 1/8.
 *
 * | deep branch (§3.3, Table 1) | t | channels | n | stride | output   |
 * | --------------------------- | - | -------- | - | ------ | -------- |
 * | image                       |   | 3        |   |        | 1/4      |
 * | convolution 3×3             |   | 32       | 1 | 2      | 1/8      |
 * | bottleneck                  | 1 | 32       | 1 | 1      | 1/8      |
 * | bottleneck                  | 6 | 32       | 1 | 1      | 1/8      |
 * | bottleneck                  | 6 | 48       | 3 | 2      | 1/16     |
 * | bottleneck                  | 6 | 64       | 3 | 2      | 1/32     |
 * | bottleneck                  | 6 | 96       | 2 | 1      | 1/32     |
 * | bottleneck                  | 6 | 128      | 2 | 1      | 1/32     |
 * | convolution 3×3             |   | 128      | 1 | 1      | 1/32     |
 *
 * | shallow branch (§3.2)       |   | channels |   | stride | output   |
 * | --------------------------- | - | -------- | - | ------ | -------- |
 * | convolution 3×3             |   | 32       |   | 2      | 1/2      |
 * | depthwise separable 3×3     |   | 64       |   | 2      | 1/4      |
 * | depthwise separable 3×3     |   | 128      |   | 2      | 1/8      |
 * | depthwise separable 3×3     |   | 128      |   | 1      | 1/8      |
 *
 * Fusion (Table 2): the deep features, upsampled ×4, pass a depthwise 3×3 with dilation 4 and a 1×1;
 * the shallow ones a 1×1; their sum is classified by a 1×1 convolution.
 *
 * Reading taken: the deep branch's last 3×3 is depthwise separable, as the paper's other 3×3 layers
 * are. So the network has the 0.85 M parameters that the paper states; with a plain 3×3 it would
 * have 0.98 M.
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
import { channelsOf, type LayerOptions, Layers, sizeOf } from "./layers.ts";

/** Expansion, channels, repetitions and first stride of the deep branch's bottlenecks. */
const BOTTLENECKS = [
  [1, 32, 1, 1],
  [6, 32, 1, 1],
  [6, 48, 3, 2],
  [6, 64, 3, 2],
  [6, 96, 2, 1],
  [6, 128, 2, 1],
] as const;

/**
 * Builds ContextNet; its logits are at 1/8.
 *
 * @throws {RangeError} If a side of the size is not a positive multiple of 32.
 */
export function buildContextNet(size: Size, options: BuildOptions = {}): BuiltNetwork {
  checkSides("ContextNet", size, 32);
  const { classes, weights } = fillOptions(options);
  const layers = new Layers("contextnet", weights);
  const image = layers.image(size);
  const detail = addShallowBranch(layers, image);
  const quarter = { width: size.width / 4, height: size.height / 4 };
  const context = addDeepBranch(layers, layers.resize("image.quarter", image, quarter));
  const fused = fuse(layers, detail, context);
  const logits = layers.pointwise("classifier", fused, classes, {
    shift: "bias",
    activation: "none",
  });
  return finishNetwork(layers, logits);
}

function addShallowBranch(layers: Layers, image: Value): Value {
  let features = layers.convolve("shallow.0", image, 32, { stride: 2 });
  features = addSeparable(layers, "shallow.1", features, 64, { stride: 2 });
  features = addSeparable(layers, "shallow.2", features, 128, { stride: 2 });
  return addSeparable(layers, "shallow.3", features, 128);
}

function addDeepBranch(layers: Layers, image: Value): Value {
  let features = layers.convolve("deep.first", image, 32, { stride: 2 });
  BOTTLENECKS.forEach(([expansion, channels, repeats, stride], stage) => {
    for (let i = 0; i < repeats; i++) {
      const name = `deep.${stage}.${i}`;
      features = addBottleneck(layers, name, features, channels, expansion, i === 0 ? stride : 1);
    }
  });
  return addSeparable(layers, "deep.last", features, 128);
}

function fuse(layers: Layers, detail: Value, context: Value): Value {
  const upsampled = layers.resize("fusion.upsampled", context, sizeOf(detail));
  const filtered = layers.depthwise("fusion.depthwise", upsampled, { dilation: 4 });
  const deep = layers.pointwise("fusion.deep", filtered, 128, { activation: "none" });
  const shallow = layers.pointwise("fusion.shallow", detail, 128, { activation: "none" });
  return layers.sum("fusion", deep, shallow);
}

/** Depthwise without activation, then pointwise with one (§3.2). */
function addSeparable(
  layers: Layers,
  name: string,
  input: Value,
  channels: number,
  options: LayerOptions = {},
): Value {
  const filtered = layers.depthwise(`${name}.depthwise`, input, { ...options, activation: "none" });
  return layers.pointwise(`${name}.pointwise`, filtered, channels);
}

/** Expand, filter each channel, project; added to its input where the shapes agree (Table 3). */
function addBottleneck(
  layers: Layers,
  name: string,
  input: Value,
  channels: number,
  expansion: number,
  stride: number,
): Value {
  const expanded = layers.pointwise(`${name}.expand`, input, expansion * channelsOf(input));
  const filtered = layers.depthwise(`${name}.depthwise`, expanded, { stride });
  const projected = layers.pointwise(`${name}.project`, filtered, channels, { activation: "none" });
  const residual = stride === 1 && channelsOf(input) === channels;
  return residual ? add(layers.graph, `${name}.sum`, projected, input) : projected;
}
