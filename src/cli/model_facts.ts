import { readClasses } from "../model/class_list.ts";
import type { CustomFacts } from "../model/custom/sidecar.ts";
import { normalisationOf } from "../model/normalisation.ts";

/** The flags that describe an ONNX file, as commander gives them. */
export interface ModelFlags {
  readonly modelLayout?: "nchw" | "nhwc";
  readonly modelMean?: readonly number[];
  readonly modelStd?: readonly number[];
  readonly modelClasses?: string;
}

/**
 * What the flags say of an ONNX file; undefined where they say nothing.
 *
 * @throws {ModelError} If the file of classes cannot be read.
 * @throws {TypeError | RangeError} If mean and std are not a pair of possible values.
 */
export async function modelFacts(flags: ModelFlags): Promise<CustomFacts | undefined> {
  const { modelLayout, modelMean, modelStd, modelClasses } = flags;
  if ((modelMean === undefined) !== (modelStd === undefined)) {
    throw new TypeError("Cannot use --model-mean without --model-std. Give both.");
  }
  const facts = {
    ...(modelLayout === undefined ? {} : { layout: modelLayout }),
    ...(modelMean === undefined ? {} : normalisationOf(modelMean, modelStd)),
    ...(modelClasses === undefined ? {} : { classes: await readClasses(modelClasses) }),
  };
  return Object.keys(facts).length === 0 ? undefined : facts;
}
