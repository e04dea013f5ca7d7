import type { Size } from "../../frame/geometry.ts";
import { formatClasses } from "../class_list.ts";
import { encodeOnnx } from "../onnx/model_proto.ts";
import { buildEnetVariant } from "./enet.ts";
import {
  CAMVID_CLASSES,
  CHECKPOINT_VARIANT,
  EnetCheckpointWeights,
  readEnetCheckpoint,
} from "./enet_checkpoint.ts";

/** The size the checkpoint was trained at. */
export const ENET_SIZE: Size = { width: 512, height: 512 };

/**
 * Makes an ONNX file of ENet's public CamVid checkpoint, with its classes in the metadata: input
 * `image`, uint8 RGB [1, height, width, 3]; output `logits`, float32 [1, 12, height, width].
 *
 * @throws {ModelError} If it is no checkpoint, is damaged, or holds another network.
 * @throws {RangeError} If a side of the size is not a positive multiple of 8.
 */
export function encodeEnetCheckpoint(path: string, size: Size = ENET_SIZE): Uint8Array {
  const weights = new EnetCheckpointWeights(readEnetCheckpoint(path), path);
  const { graph } = buildEnetVariant(size, CAMVID_CLASSES.length, weights, CHECKPOINT_VARIANT);
  return encodeOnnx(graph.build(), new Map([["class_names", formatClasses(CAMVID_CLASSES)]]));
}
