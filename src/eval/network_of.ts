import { evenSize, type Size } from "../frame/geometry.ts";
import { isCustom } from "../model/any_model.ts";
import { customNetwork } from "../model/custom/custom_model.ts";
import { buildNetwork } from "../model/model.ts";
import type { Network } from "../model/network.ts";
import { buildInt8Network } from "../model/quantize/network.ts";
import { modelSize, type Resolution } from "../model/resolution.ts";
import { I420_COLOUR } from "./i420.ts";
import type { Setup } from "./messages.ts";

/** What of a set-up decides the network. */
export type NetworkSetup = Pick<Setup, "model" | "input" | "skip" | "calibration">;

/**
 * The network that an evaluation runs on pictures of a size.
 *
 * @throws {ModelError} If the network cannot be built.
 */
export function networkOf(setup: NetworkSetup, size: Size, resolution: Resolution): Network {
  const { model, input, skip, calibration } = setup;
  const inputSize = modelSize(frameSize(setup, size), resolution);
  if (isCustom(model)) return customNetwork(model, inputSize);
  if (calibration) {
    return buildInt8Network(model, calibration, { size: inputSize, colour: I420_COLOUR });
  }
  const options = { size: inputSize, skip };
  return buildNetwork(
    model,
    input === "rgb" ? { ...options, input } : { ...options, input, colour: I420_COLOUR },
  );
}

/** Video has even sides; a picture by itself has any. */
export function frameSize({ input }: NetworkSetup, size: Size): Size {
  return input === "i420" ? evenSize(size) : size;
}
