import { ModelError } from "../errors.ts";
import type { ProviderChoice } from "../infer/providers.ts";
import { type AnyModel, isCustom } from "../model/any_model.ts";
import type { Precision } from "../model/network.ts";
import { type Calibration, findCalibration } from "../model/quantize/calibration.ts";
import type { PictureInput } from "./messages.ts";

/**
 * What an evaluation in 8 bits needs; undefined for one in float32.
 *
 * @throws {TypeError} If other options rule 8 bits out.
 * @throws {ModelError} If the model has no calibration.
 */
export async function calibrationFor(
  model: AnyModel,
  options: {
    readonly precision?: Precision;
    readonly input?: PictureInput;
    readonly skip?: "keep" | "zero";
    readonly provider?: ProviderChoice;
  },
): Promise<Calibration | undefined> {
  const { precision, input, skip, provider = "auto" } = options;
  if (precision !== "int8") return undefined;
  if (input === "rgb" || skip === "zero" || (provider !== "cpu" && provider !== "auto")) {
    throw new TypeError(
      "Cannot evaluate int8 so: it runs on the CPU, is fed I420 and keeps its skip connection. " +
        "Leave --input rgb, --skip zero and other providers out.",
    );
  }
  const calibration = isCustom(model) ? undefined : await findCalibration(model);
  if (calibration) return calibration;
  throw new ModelError(
    `Cannot evaluate "${model.name}" in int8: it has no calibration. Make one with segstream model ` +
      "quantize.",
    { model: model.name },
  );
}
