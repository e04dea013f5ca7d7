/** Every kind of model behind one door: those that are built here, and ONNX files of one's own. */

import type { Colour } from "../frame/colour.ts";
import type { Size } from "../frame/geometry.ts";
import { type CustomModel, customNetwork, describeCustomModel } from "./custom/custom_model.ts";
import type { CustomFacts } from "./custom/sidecar.ts";
import { type DownloadOptions, fetchModel, isDownload } from "./download.ts";
import { buildNetwork, loadModel, type Model } from "./model.ts";
import type { Network } from "./network.ts";
import { DEFAULT_MODEL } from "./registry.ts";
import { modelSize, type Resolution } from "./resolution.ts";

/** Weights of a network that is built here, or an ONNX file. */
export type AnyModel = Model | CustomModel;

/** How a model is opened. */
export interface OpenModelOptions extends DownloadOptions {
  /** What an ONNX file does not say; goes before its sidecar. */
  readonly facts?: CustomFacts;
}

/**
 * Opens a model: the name of one that comes with segstream, a .safetensors or .onnx file, or
 * `NAME@URL#sha256`, which is downloaded once.
 *
 * @throws {ModelError} If there is none, it cannot be downloaded, or it cannot be run.
 * @throws {TypeError} If there are facts about a model that tells them itself.
 */
export async function openModel(
  reference: string = DEFAULT_MODEL,
  options: OpenModelOptions = {},
): Promise<AnyModel> {
  const path = isDownload(reference) ? await fetchModel(reference, options) : reference;
  if (isOnnx(path)) return await describeCustomModel(path, options.facts);
  if (options.facts !== undefined) {
    throw new TypeError(
      `Cannot describe "${reference}" from outside: layout, mean, std and classes stand in the ` +
        "file. Only an .onnx file is told them.",
    );
  }
  return await loadModel(path);
}

/** Whether a model is an ONNX file of one's own. */
export function isCustom(model: AnyModel): model is CustomModel {
  return "kind" in model;
}

/** Whether a reference names an ONNX file. */
function isOnnx(reference: string): boolean {
  return /\.onnx$/i.test(reference);
}

/** What a network is made for. */
export interface NetworkTarget {
  /** Size of the frames. */
  readonly source: Size;
  /** Of the input; a custom network that fixes its own keeps that. */
  readonly resolution: Resolution;
  /** Of the frames. */
  readonly colour: Colour;
}

/**
 * Makes the network that runs a model on a source.
 *
 * @throws {ModelError} If a tensor is missing or has another shape, or the file is gone.
 */
export function networkFor(model: AnyModel, target: NetworkTarget): Network {
  const size = modelSize(target.source, target.resolution);
  if (isCustom(model)) return customNetwork(model, size);
  return buildNetwork(model, { size, input: "i420", colour: target.colour });
}
