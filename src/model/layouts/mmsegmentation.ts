import type { PickleValue } from "../checkpoint/pickle_reader.ts";
import { normalisationOf } from "../normalisation.ts";
import { type Layout, valueAt } from "./layout.ts";

/** A module of mmsegmentation that has a convolution, a batch norm or both, and ours for each. */
interface Module {
  readonly path: RegExp;
  readonly convolution: string;
  readonly norm: string;
}

const DOWNSAMPLE = "learning_to_downsample";
const GLOBAL = "global_feature_extractor";
const FUSION = "feature_fusion";

/** The paths of `ConvModule`s; `$1` and so on are the numbers in them. */
const MODULES: readonly Module[] = [
  module(`backbone.${DOWNSAMPLE}.conv`, `${DOWNSAMPLE}.conv.conv.0`, `${DOWNSAMPLE}.conv.conv.1`),
  ...separable(`backbone.${DOWNSAMPLE}.dsconv#`, `${DOWNSAMPLE}.dsconv$1`),
  ...[
    ["0", "block.0.conv.0", "block.0.conv.1"],
    ["1", "block.1.conv.0", "block.1.conv.1"],
    ["2", "block.2", "block.3"],
  ].map(([index, convolution, norm]) =>
    module(
      `backbone.${GLOBAL}.bottleneck#.#.conv.${index}`,
      `${GLOBAL}.bottleneck$1.$2.${convolution}`,
      `${GLOBAL}.bottleneck$1.$2.${norm}`,
    )
  ),
  ...["0", "1", "2", "3"].map((index) => {
    const ours = `${GLOBAL}.ppm.conv${Number(index) + 1}.conv`;
    return module(`backbone.${GLOBAL}.ppm.${index}.1`, `${ours}.0`, `${ours}.1`);
  }),
  module(`backbone.${GLOBAL}.out`, `${GLOBAL}.ppm.out.conv.0`, `${GLOBAL}.ppm.out.conv.1`),
  module(`backbone.${FUSION}.dwconv`, `${FUSION}.dwconv.conv.0`, `${FUSION}.dwconv.conv.1`),
  ...["conv_lower_res", "conv_higher_res"].map((branch) =>
    module(`backbone.${FUSION}.${branch}`, `${FUSION}.${branch}.0`, `${FUSION}.${branch}.1`)
  ),
  ...separable("decode_head.convs.0", "classifier.dsconv1"),
  ...separable("decode_head.convs.1", "classifier.dsconv2"),
];

const CLASSIFIER = /^decode_head\.conv_seg\./;

/**
 * mmsegmentation's FastSCNN backbone with DepthwiseSeparableFCNHead, as it is since release 0.15
 * (mmseg/models/backbones/fast_scnn.py, configs/_base_/models/fast_scnn.py). Beside the names it
 * differs in that no activation follows the depthwise convolutions (`dw_act_cfg=None`).
 *
 * Before 0.15 the fusion had a dense 1×1 in place of the depthwise 3×3 and the bottlenecks ReLU6;
 * those checkpoints are refused.
 */
export const MMSEGMENTATION_LAYOUT: Layout = {
  name: "mmsegmentation",
  signature: "backbone.learning_to_downsample.conv.conv.weight",
  rename(name) {
    if (CLASSIFIER.test(name)) return name.replace(CLASSIFIER, "classifier.conv.1.");
    for (const { path, convolution, norm } of MODULES) {
      const match = path.exec(name);
      if (match === null) continue;
      const target = match.groups!["layer"] === "conv" ? convolution : norm;
      return `${target.replace(/\$(\d)/g, (_, n) => match[Number(n)]!)}.${match.groups!["tensor"]}`;
    }
    return undefined;
  },
  traits: {
    firstPadding: 1,
    alignCorners: false,
    depthwiseRelu: false,
    epsilon: 1e-5,
    ...normalisationOf([123.675, 116.28, 103.53], [58.395, 57.12, 57.375]),
  },
  objection(weights) {
    const kernel = weights.get("feature_fusion.dwconv.conv.0.weight")?.shape;
    return kernel?.at(-1) === 1
      ? "it is of mmsegmentation before 0.15, whose network is another one. Take a newer checkpoint"
      : undefined;
  },
  /** `meta` holds CLASSES and PALETTE up to release 0.x, and both under dataset_meta since 1.0. */
  classList(root) {
    const names = valueAt(root, "meta", "CLASSES") ??
      valueAt(root, "meta", "dataset_meta", "classes");
    const colours = valueAt(root, "meta", "PALETTE") ??
      valueAt(root, "meta", "dataset_meta", "palette");
    if (!Array.isArray(names)) return undefined;
    return names.map((name: PickleValue, id) => {
      const colour = Array.isArray(colours) ? colours[id] : undefined;
      return colour === undefined ? name : { name, colour };
    });
  },
};

/** `#` in the path stands for a number. */
function module(path: string, convolution: string, norm: string): Module {
  const pattern = path.replaceAll(".", "\\.").replaceAll("#", "(\\d+)");
  return {
    path: new RegExp(`^${pattern}\\.(?<layer>conv|bn)\\.(?<tensor>\\w+)$`),
    convolution,
    norm,
  };
}

/** mmcv's DepthwiseSeparableConvModule. */
function separable(path: string, ours: string): Module[] {
  return [
    module(`${path}.depthwise_conv`, `${ours}.conv.0`, `${ours}.conv.1`),
    module(`${path}.pointwise_conv`, `${ours}.conv.3`, `${ours}.conv.4`),
  ];
}
