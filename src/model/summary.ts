/** What `segstream model info` tells of a model. */

import { formatSize, type Size } from "../frame/geometry.ts";
import { type AnyModel, isCustom } from "./any_model.ts";
import type { CustomModel } from "./custom/custom_model.ts";
import { countParameters, listLayers, type Model } from "./model.ts";
import { formatNormalisation } from "./normalisation.ts";
import { countMacs } from "./onnx/macs.ts";
import type { OnnxValue } from "./onnx/onnx_file.ts";
import { formatSides } from "./onnx/sides.ts";
import { modelSize } from "./resolution.ts";

/** One fact about a model: what it is about, and what is to be said. */
export type Fact = readonly [label: string, text: string];

/** A source of Cityscapes' size, whose named resolutions are those of the paper's tables. */
const CITYSCAPES_SIZE: Size = { width: 2048, height: 1024 };

const RESOLUTIONS = ["full", "half", "quarter"] as const;

/** Inputs, outputs, classes, parameters, cost, and what is taken for granted. */
export function summariseModel(model: AnyModel): readonly Fact[] {
  const facts = isCustom(model) ? summariseCustom(model) : summariseBuilt(model);
  const names = model.classes.map(({ name }) => name).join(", ");
  return [...facts, ["classes", `${model.classes.length}: ${names}`]];
}

function summariseBuilt(model: Model): Fact[] {
  const { traits, weights, metadata } = model;
  const origin = metadata.get("imported_from");
  const cost = (size: Size) =>
    listLayers(model, { size, input: "rgb" }).reduce((sum, { macs }) => sum + macs, 0);
  return [
    ["network", "Fast-SCNN"],
    ["file", model.path],
    ...(origin === undefined
      ? []
      : [["imported", `from ${origin}, layout ${metadata.get("layout")}`] as const]),
    ["input", "RGB or I420 frames; both sides multiples of 32"],
    ["output", "logits at 1/8 of the input"],
    ["parameters", countParameters(weights).toLocaleString("en")],
    ["GMACs", formatCosts(RESOLUTIONS.map((name) => modelSize(CITYSCAPES_SIZE, name)), cost)],
    ["assumed", `first convolution padded by ${traits.firstPadding}`],
    ["assumed", `align_corners ${traits.alignCorners}`],
    ["assumed", traits.depthwiseRelu ? "ReLU after depthwise" : "no ReLU after depthwise"],
    ["assumed", `normalisation ${formatNormalisation(traits)}`],
  ];
}

function summariseCustom(model: CustomModel): Fact[] {
  const { file, input, fixedSize } = model;
  const sizes = RESOLUTIONS.map((name) => ({
    ...modelSize(CITYSCAPES_SIZE, name),
    ...fixedSize,
  }));
  const isFixed = fixedSize.width !== undefined && fixedSize.height !== undefined;
  const cost = ({ width, height }: Size) =>
    countMacs(file, input.layout === "nchw" ? [1, 3, height, width] : [1, height, width, 3]);
  return [
    ["network", `ONNX operator set ${file.opset ?? "unknown"}, by ${file.producer || "unknown"}`],
    ["file", model.path],
    ...file.inputs.map((value) => ["input", describeValue(value)] as const),
    ...file.outputs.map((value) => ["output", describeValue(value)] as const),
    ["parameters", `${file.parameters.toLocaleString("en")} stored values`],
    ["GMACs", formatCosts(isFixed ? sizes.slice(0, 1) : sizes, cost)],
    ...model.assumptions.map(({ what, value, from }) =>
      ["assumed", `${what}: ${value} (from ${from})`] as const
    ),
  ];
}

function describeValue({ name, type, shape }: OnnxValue): string {
  return `${name}: ${type} ${formatSides(shape)}`;
}

function formatCosts(sizes: readonly Size[], cost: (size: Size) => number | undefined): string {
  return sizes.map((size) => {
    const macs = cost(size);
    return `${macs === undefined ? "unknown" : (macs / 1e9).toFixed(2)} at ${formatSize(size)}`;
  }).join(", ");
}
