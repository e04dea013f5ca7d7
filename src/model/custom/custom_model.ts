/** Segmentation networks that were not built here: any ONNX file with one image in, one map out. */

import { ModelError } from "../../errors.ts";
import type { SegmentationClass } from "../../frame/classes.ts";
import type { Size } from "../../frame/geometry.ts";
import { FileBytes } from "../byte_source.ts";
import type { ForeignOutput, Network, RgbInput } from "../network.ts";
import { encodeAddition } from "../onnx/model_proto.ts";
import { type OnnxFile, readOnnxFile } from "../onnx/onnx_file.ts";
import { type Assumption, Assumptions } from "./assumptions.ts";
import { describeInput } from "./custom_input.ts";
import { describeOutput } from "./custom_output.ts";
import { type CustomFacts, readSidecar, sidecarPath } from "./sidecar.ts";

/** An ONNX file and how segstream will feed and read it. */
export interface CustomModel {
  /** Tells it from the models that are built here. */
  readonly kind: "custom";
  /** The file, as the user named it. */
  readonly name: string;
  /** The file. */
  readonly path: string;
  /** What it says of itself. */
  readonly file: OnnxFile;
  /** How it is fed. */
  readonly input: RgbInput;
  /** The sides of its input that it fixes. */
  readonly fixedSize: Partial<Size>;
  /** What it gives. */
  readonly output: ForeignOutput;
  /** By class id. */
  readonly classes: readonly SegmentationClass[];
  /** What that was taken from, for people. */
  readonly assumptions: readonly Assumption[];
  /** Bytes that, behind the file's, give its output the form that is read here; often none. */
  readonly addition: Uint8Array;
}

/**
 * Finds out how to run an ONNX file: from the file, then `facts`, then its sidecar, then the defaults,
 * which are ImageNet's normalisation and, where there are 19, Cityscapes' classes.
 *
 * @throws {ModelError} If it is no ONNX file, has several inputs, or leaves something open.
 */
export async function describeCustomModel(
  path: string,
  facts: CustomFacts = {},
): Promise<CustomModel> {
  const sidecar = await readSidecar(path);
  const file = readFile(path);
  if (file.hasExternalData) {
    throw new ModelError(
      `Cannot use "${path}": its weights lie in another file. Save it as one file.`,
      { model: path },
    );
  }
  const assumptions = new Assumptions(file, facts, sidecar, sidecarPath(path));
  const { input, fixedSize } = describeInput(file, assumptions);
  const { output, classes, nodes, added } = describeOutput(file, assumptions, input.layout);
  return {
    kind: "custom",
    name: path,
    path,
    file,
    input,
    fixedSize,
    output,
    classes,
    assumptions: assumptions.list,
    addition: nodes.length === 0 ? new Uint8Array() : encodeAddition(nodes, added),
  };
}

/**
 * Makes a network of it that runs on inputs of a size; sides that the file fixes stay.
 *
 * @throws {ModelError} If the file is gone.
 */
export function customNetwork(model: CustomModel, size: Size): Network {
  const { name, path, input, output, classes, fixedSize, addition } = model;
  using file = FileBytes.open(path);
  const bytes = file.read(0, file.size);
  const onnx = new Uint8Array(bytes.length + addition.length);
  onnx.set(bytes);
  onnx.set(addition, bytes.length);
  return { name, onnx, input, output, classes, inputSize: { ...size, ...fixedSize } };
}

function readFile(path: string): OnnxFile {
  using file = FileBytes.open(path);
  return readOnnxFile(file);
}
