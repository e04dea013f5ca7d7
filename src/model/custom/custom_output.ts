import { ModelError } from "../../errors.ts";
import { CITYSCAPES_CLASSES, type SegmentationClass } from "../../frame/classes.ts";
import { parseClasses } from "../class_list.ts";
import type { ForeignOutput } from "../network.ts";
import { DATA_TYPE, type GraphNode } from "../onnx/model_proto.ts";
import type { OnnxFile, OnnxValue } from "../onnx/onnx_file.ts";
import { formatSides } from "../onnx/sides.ts";
import type { Assumptions } from "./assumptions.ts";

/** An output, what it means, and the nodes that give it the form in which it is read. */
export interface DescribedOutput {
  readonly output: ForeignOutput;
  readonly classes: readonly SegmentationClass[];
  readonly nodes: readonly GraphNode[];
  /** What the nodes give, where there are any. */
  readonly added: { readonly name: string; readonly type: "float32" | "uint8" };
}

/** Names of what is added to a graph begin so. */
const ADDED = "segstream.";

const INTEGERS = ["int64", "int32", "int16", "int8", "uint8", "uint16", "bool"];

/**
 * How an ONNX file's output is read: logits as float32 [1, classes, height, width] or labels as uint8.
 * A file that gives something else gets nodes that cast and transpose it.
 *
 * @throws {ModelError} If it has several outputs, or its classes are not known.
 */
export function describeOutput(
  file: OnnxFile,
  assumptions: Assumptions,
  layout: "nchw" | "nhwc",
): DescribedOutput {
  const value = chooseOutput(file, assumptions);
  const kind = kindOf(value, assumptions);
  const named = nameClasses(file, assumptions);
  const channelAxis = kind === "logits" ? findChannels(file, value, named, assumptions, layout) : 1;
  const corners = assumptions.stated("alignCorners");
  const alignCorners = corners?.value ?? assumptions.exported("align_corners") === "true";
  const type = kind === "logits" ? "float32" as const : "uint8" as const;
  const nodes: GraphNode[] = [];
  const last = () => nodes.at(-1)?.outputs[0] ?? value.name;
  if (value.type !== type) {
    nodes.push(node("Cast", last(), `${ADDED}cast`, { to: DATA_TYPE[type] }));
  }
  if (channelAxis === 3) {
    nodes.push(node("Transpose", last(), `${ADDED}planes`, { perm: [0, 3, 1, 2] }));
  }
  return {
    output: { kind: kind === "logits" ? "scores" : "labels", name: last(), alignCorners },
    classes: named,
    nodes,
    added: { name: last(), type },
  };
}

function chooseOutput(file: OnnxFile, assumptions: Assumptions): OnnxValue {
  const stated = assumptions.stated("output");
  if (stated !== undefined) assumptions.note("output", stated.value, stated.from);
  const candidates = stated === undefined
    ? file.outputs
    : file.outputs.filter(({ name }) => name === stated.value);
  const [value, ...more] = candidates;
  if (value !== undefined && more.length === 0) return value;
  const names = file.outputs.map(({ name }) => JSON.stringify(name)).join(", ");
  const state = stated === undefined
    ? `it has ${file.outputs.length} outputs (${names})`
    : `it has no output ${JSON.stringify(stated.value)}, only ${names}`;
  throw new ModelError(
    `Cannot use "${file.name}": ${state}. Name one in "${assumptions.sidecarPath}", as in ` +
      `{"output": ${JSON.stringify(file.outputs[0]!.name)}}.`,
    { model: file.name, expected: "1 output", actual: names },
  );
}

function kindOf(value: OnnxValue, assumptions: Assumptions): "logits" | "labels" {
  const stated = assumptions.stated("kind");
  const holdsOne = value.shape !== undefined &&
    (value.shape.length < 4 || value.shape[1] === 1 || value.shape[3] === 1);
  const kind = stated?.value ?? (INTEGERS.includes(value.type) || holdsOne ? "labels" : "logits");
  assumptions.note("output holds", kind, stated?.from ?? "the file");
  return kind;
}

function nameClasses(file: OnnxFile, assumptions: Assumptions): readonly SegmentationClass[] {
  const stated = assumptions.stated("classes");
  const exported = assumptions.exported("class_names");
  const [classes, from] = stated !== undefined
    ? [stated.value, stated.from] as const
    : exported !== undefined
    ? [readExported(file, exported), "the file"] as const
    : [CITYSCAPES_CLASSES, "the default"] as const;
  const whose = from === "the default" ? "Cityscapes' " : "";
  assumptions.note("classes", `${whose}${classes.length}, from ${classes[0]!.name} on`, from);
  return classes;
}

function readExported(file: OnnxFile, list: string): readonly SegmentationClass[] {
  try {
    return parseClasses(JSON.parse(list));
  } catch (cause) {
    throw new ModelError(
      `Cannot use "${file.name}": the class_names in its metadata are no list of classes.`,
      { model: file.name, actual: list },
      { cause },
    );
  }
}

/** The axis of the logits that has a plane for each class. */
function findChannels(
  file: OnnxFile,
  { name, shape }: OnnxValue,
  classes: readonly SegmentationClass[],
  { sidecarPath }: Assumptions,
  layout: "nchw" | "nhwc",
): 1 | 3 {
  const sides = [shape?.[1] ?? "?", shape?.[3] ?? "?"] as const;
  if (sides[0] === classes.length) return 1;
  if (sides[1] === classes.length) return 3;
  const preferred = layout === "nchw" ? 1 : 3;
  if (typeof sides[preferred === 1 ? 0 : 1] === "string") return preferred;
  const actual = formatSides(shape);
  throw new ModelError(
    `Cannot use "${file.name}": its output "${name}" is ${actual}, and ${classes.length} classes ` +
      `are named. Name as many as it has in "${sidecarPath}": {"classes": ["background", "road"]}.`,
    { model: file.name, tensor: name, expected: `${classes.length} classes`, actual },
  );
}

function node(
  operator: string,
  input: string,
  name: string,
  attributes: GraphNode["attributes"],
): GraphNode {
  return { name, operator, inputs: [input], outputs: [name], attributes };
}
