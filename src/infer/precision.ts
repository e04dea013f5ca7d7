import { ModelError } from "../errors.ts";
import { type AnyModel, isCustom, type NetworkTarget } from "../model/any_model.ts";
import type { Network, Precision } from "../model/network.ts";
import { findCalibration } from "../model/quantize/calibration.ts";
import {
  buildInt8Onnx,
  describeInt8Network,
  int8GraphKey,
  isQuantizableModel,
} from "../model/quantize/network.ts";
import { modelSize } from "../model/resolution.ts";
import { keptGraph } from "./graph_cache.ts";
import { hasIntegerDot } from "./integer_dot.ts";
import type { ProviderChoice } from "./providers.ts";

/** What users may ask for. */
export const PRECISIONS = ["auto", "fp32", "int8"] as const;

/** One of {@link PRECISIONS}. */
export type PrecisionChoice = Precision | "auto";

/** Makes the 8-bit network of a model for frames of a size. */
export type Int8Maker = (target: NetworkTarget) => Promise<Network>;

/**
 * The network that the CPU runs in 8 bits, or undefined where {@link int8MakerFor} gives none.
 *
 * @throws As {@link int8MakerFor} does.
 */
export async function int8NetworkFor(
  model: AnyModel,
  target: NetworkTarget,
  options: Int8Choice,
): Promise<Network | undefined> {
  return await (await int8MakerFor(model, options))?.(target);
}

/** What decides whether 8 bits are used. */
export interface Int8Choice {
  readonly precision: PrecisionChoice;
  readonly provider: ProviderChoice;
}

/**
 * What makes the network that the CPU runs in 8 bits, or undefined where it is to run in float32.
 *
 * `auto` takes 8 bits where they are faster and cost little: the model has a calibration beside it,
 * and the processor multiplies 8-bit numbers with an instruction of its own. `int8` takes them
 * anywhere; without that instruction weights keep to 7 bits, so that no sum saturates. Accelerators
 * run float32, so a choice of one decides for it.
 *
 * @param cache Where built graphs are kept, from `graphCacheFolder`; nowhere by default.
 * @throws {TypeError} If `int8` is asked for on an accelerator.
 * @throws {ModelError} If `int8` is asked for and the model has no calibration or cannot be quantised,
 *   or its calibration is broken.
 */
export async function int8MakerFor(
  model: AnyModel,
  { precision, provider }: Int8Choice,
  cache?: string,
): Promise<Int8Maker | undefined> {
  if (precision === "fp32") return undefined;
  const isAsked = precision === "int8";
  if (provider !== "cpu" && provider !== "auto") {
    if (!isAsked) return undefined;
    throw new TypeError(`Cannot run int8 on ${provider}: it runs on the CPU. Use --provider cpu.`);
  }
  const calibration = isCustom(model) || !isQuantizableModel(model)
    ? undefined
    : await findCalibration(model);
  if (isCustom(model) || calibration === undefined) {
    if (!isAsked) return undefined;
    throw new ModelError(
      `Cannot run "${model.name}" in int8: ${
        isCustom(model)
          ? "an ONNX file runs as it is. Quantise it before, or use --precision fp32."
          : "it has no calibration. Make one with segstream model quantize, or use --precision fp32."
      }`,
      { model: model.name },
    );
  }
  const isExact = await hasIntegerDot();
  if (!isExact && !isAsked) return undefined;
  const weightRange = isExact ? "full" : "reduced";
  return async ({ source, resolution, colour }) => {
    const options = { size: modelSize(source, resolution), colour, weightRange } as const;
    const key = cache === undefined ? "" : int8GraphKey(model, calibration, options);
    const onnx = await keptGraph(key, cache, () => buildInt8Onnx(model, calibration, options));
    return describeInt8Network(model, options, onnx);
  };
}
