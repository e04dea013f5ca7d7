import type { Command } from "commander";
import { readClasses } from "../model/class_list.ts";
import type { CustomFacts } from "../model/custom/sidecar.ts";
import { normalisationOf } from "../model/normalisation.ts";
import { oneOf } from "./exit.ts";
import { parseNumbers } from "./numbers.ts";

/** The flags that describe an ONNX file, as commander gives them. */
export interface ModelFlags {
  readonly modelLayout?: "nchw" | "nhwc";
  readonly modelMean?: readonly number[];
  readonly modelStd?: readonly number[];
  readonly modelClasses?: string;
}

/** Adds the flags that describe an ONNX file, as a group of their own in the help. */
export function addModelFlags(command: Command): Command {
  return command
    .optionsGroup("Your own ONNX file (or say it in FILE.json beside FILE.onnx):")
    .option("--model-layout <axes>", "of its input: nchw or nhwc", oneOf(["nchw", "nhwc"]))
    .option("--model-mean <r,g,b>", "of its input (default: ImageNet's)", parseNumbers(3))
    .option("--model-std <r,g,b>", "of its input (default: ImageNet's)", parseNumbers(3))
    .option("--model-classes <file>", "names of its classes (default: Cityscapes', if 19)");
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
