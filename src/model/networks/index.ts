/**
 * The networks that the paper compares itself with, as ONNX graphs with random weights: a network's
 * speed depends on its layers, not on what it has learned.
 */

import type { Size } from "../../frame/geometry.ts";
import { buildBisenet } from "./bisenet.ts";
import type { BuildOptions, BuiltNetwork, NetworkBuilder } from "./built_network.ts";
import { buildContextNet } from "./contextnet.ts";
import { buildEnet } from "./enet.ts";
import type { NetworkName } from "./figures.ts";
import { buildGun } from "./gun.ts";
import { buildIcnet } from "./icnet.ts";

export type { BuildOptions, BuiltNetwork } from "./built_network.ts";
export {
  NETWORK_NAMES,
  type NetworkName,
  PUBLISHED,
  type PublishedFigures,
  type PublishedSpeed,
} from "./figures.ts";

/** The networks beside Fast-SCNN, which is built from weights of its own (see model.ts). */
export type ComparedName = Exclude<NetworkName, "fast-scnn">;

const BUILDERS: Readonly<Record<ComparedName, NetworkBuilder>> = {
  contextnet: buildContextNet,
  enet: buildEnet,
  icnet: buildIcnet,
  bisenet: (size, options) => buildBisenet("xception39", size, options),
  "bisenet-resnet18": (size, options) => buildBisenet("resnet18", size, options),
  gun: buildGun,
};

/**
 * Builds one of the compared networks: input `image`, uint8 RGB [1, height, width, 3]; output
 * `logits`, float32 [1, classes, grid height, grid width] at the network's own stride.
 *
 * @throws {RangeError} If a side of the size is not a positive multiple of 32.
 */
export function buildCompared(
  name: ComparedName,
  size: Size,
  options: BuildOptions = {},
): BuiltNetwork {
  return BUILDERS[name](size, options);
}
