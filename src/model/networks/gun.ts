/**
 * GUN, the Guided Upsampling Network (Mazzini 2018, arXiv 1807.07466, §3): DRN-D-22 on the image at
 * half and at a quarter of its size, a fusion module, and an upsampling that is guided by a learned
 * table of offsets.
 *
 * | part       | layers                                              | channels | output |
 * | ---------- | --------------------------------------------------- | -------- | ------ |
 * | detail     | levels 0 to 4 of DRN-D-22 on the half image         | 128      | 1/16   |
 * | context    | all of DRN-D-22 on the quarter image                | 512      | 1/32   |
 * | fusion     | context ×2; joined; 3×3                             | 256      | 1/16   |
 * | classifier | 1×1                                                 | classes  | 1/16   |
 * | guidance   | 3×3 on level 1 of the half image                    | 2        | 1/2    |
 * | guided     | ×8: each pixel samples its place moved by guidance  | classes  | 1/2    |
 *
 * This is a reading, not a copy: no layer table with channels was found for GUN, and neither its
 * parameters nor its operations are published. What is certain is the backbone, that two resolutions
 * feed branches of different depth, and what guided upsampling computes: bilinear sampling at offsets
 * that the network predicts. Where the branches end and the fusion's width are chosen here. So what
 * is held against a published count is the backbone (drn.ts), which is nearly all of the network.
 * The branches have weights of their own; sharing them changes the file, not the speed.
 */

import type { Size } from "../../frame/geometry.ts";
import type { Value } from "../onnx/model_proto.ts";
import { add, concat, transpose } from "../onnx/operators.ts";
import {
  type BuildOptions,
  type BuiltNetwork,
  checkSides,
  fillOptions,
  finishNetwork,
} from "./built_network.ts";
import { addDrnD22, addDrnDetail, addDrnStem } from "./drn.ts";
import { Layers, sizeOf } from "./layers.ts";
import { multiply, sampleGrid } from "./operators.ts";

/** Channels after the fusion module. */
const FUSED = 256;

/** From the guidance's values to the grid's −1 to 1: a value of 1 moves by a hundredth of the image. */
const OFFSET_SCALE = 0.02;

/**
 * Builds GUN; its logits are at 1/2.
 *
 * @throws {RangeError} If a side of the size is not a positive multiple of 32.
 */
export function buildGun(size: Size, options: BuildOptions = {}): BuiltNetwork {
  checkSides("GUN", size, 32);
  const { classes, weights } = fillOptions(options);
  const layers = new Layers("gun", weights);
  const image = layers.image(size);
  const [half, quarter] = [2, 4].map((divisor) =>
    layers.resize(`image.${divisor}`, image, {
      width: size.width / divisor,
      height: size.height / divisor,
    })
  ) as [Value, Value];
  const stem = addDrnStem(layers, "detail", half);
  const detail = addDrnDetail(layers, "detail", stem);
  const context = addDrnD22(layers, "context", quarter);
  const doubled = layers.resize("fusion.context", context, sizeOf(detail));
  const joined = concat(layers.graph, "fusion.joined", [detail, doubled], 1);
  const fused = layers.convolve("fusion.conv", joined, FUSED);
  const linear = { shift: "bias", activation: "none" } as const;
  const scores = layers.pointwise("classifier", fused, classes, linear);
  const guidance = layers.convolve("guidance", stem, 2, linear);
  return finishNetwork(layers, upsampleGuided(layers, scores, guidance));
}

/** Bilinear upsampling to the guidance's size, each sample moved by the guidance there. */
function upsampleGuided({ graph }: Layers, scores: Value, guidance: Value): Value {
  const scale = graph.constant("guidance.scale", Float32Array.of(OFFSET_SCALE));
  const places = transpose(graph, "guidance.places", guidance, [0, 2, 3, 1]);
  const offsets = multiply(graph, "guidance.offsets", places, scale);
  const size = sizeOf(guidance);
  const regular = graph.constant("guided.regular", regularGrid(size), offsets.shape);
  const grid = add(graph, "guided.grid", offsets, regular);
  return sampleGrid(graph, "guided", scores, grid);
}

/** [height, width, 2]: (x, y) of each pixel, from −1 to 1 between the corner pixels. */
function regularGrid({ width, height }: Size): Float32Array {
  const grid = new Float32Array(height * width * 2);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      grid[(y * width + x) * 2] = 2 * x / (width - 1) - 1;
      grid[(y * width + x) * 2 + 1] = 2 * y / (height - 1) - 1;
    }
  }
  return grid;
}
