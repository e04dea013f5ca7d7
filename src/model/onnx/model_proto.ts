/**
 * ONNX models as plain data, and their protobuf encoding.
 *
 * Messages and field numbers: onnx.proto of ONNX IR version 8,
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */

import protobuf from "protobufjs/minimal";
import type { TensorData } from "../tensor.ts";

/** Element types of values in a graph. */
export type ElementType = "float32" | "float16" | "uint8" | "int8" | "int32" | "int64";

/** A graph's input or output, or anything that flows between its nodes. */
export interface Value {
  /** Unique in its graph. */
  readonly name: string;
  /** Type of its elements. */
  readonly type: ElementType;
  /** Sides; -1 where an input or output has one that is known only when the graph runs. */
  readonly shape: readonly number[];
}

/** A tensor stored in the graph. */
export interface Constant extends Value {
  /** Row-major values. */
  readonly data: TensorData;
}

/** An attribute: a whole number is an int, `{float}` a float; lists are ints. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** One operator call; an omitted optional input is the empty name. */
export interface GraphNode {
  /** Unique in its graph. */
  readonly name: string;
  /** ONNX operator of the default domain. */
  readonly operator: string;
  /** Names of values, in the operator's order. */
  readonly inputs: readonly string[];
  /** Names of values, in the operator's order. */
  readonly outputs: readonly string[];
  /** By attribute name. */
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A graph, its nodes in execution order. */
export interface OnnxGraph {
  /** For people. */
  readonly name: string;
  /** What is fed. */
  readonly inputs: readonly Value[];
  /** What is computed. */
  readonly outputs: readonly Value[];
  /** What is stored. */
  readonly constants: readonly Constant[];
  /** In execution order. */
  readonly nodes: readonly GraphNode[];
  /** What the nodes give, in their order. */
  readonly values: readonly Value[];
}

/** The operator set the graphs are written for. */
const OPSET = 17;

const IR_VERSION = 8;

/** The number of each element type, as in TensorProto.DataType. */
export const DATA_TYPE: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  float16: 10,
};

/** AttributeProto.AttributeType */
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** Wire types of protobuf. */
const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

type Writer = protobuf.Writer;

/**
 * Encodes a graph as an ONNX file.
 *
 * @param metadata Goes into the model's metadata_props.
 */
export function encodeOnnx(
  graph: OnnxGraph,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const writer = protobuf.Writer.create();
  writeInt(writer, 1, IR_VERSION);
  writeText(writer, 2, "segstream");
  writeMessage(writer, 7, () => writeGraph(writer, graph));
  writeMessage(writer, 8, () => writeInt(writer, 2, OPSET));
  for (const [key, value] of metadata) {
    writeMessage(writer, 14, () => {
      writeText(writer, 1, key);
      writeText(writer, 2, value);
    });
  }
  return writer.finish();
}

/**
 * Nodes and one more output as bytes that are put behind those of an ONNX file: protobuf merges a
 * message that comes in parts, so they join its graph.
 *
 * @param output Its shape is not declared; ONNX Runtime infers it.
 */
export function encodeAddition(
  nodes: readonly GraphNode[],
  output: { readonly name: string; readonly type: ElementType },
): Uint8Array {
  const writer = protobuf.Writer.create();
  writeMessage(writer, 7, () => {
    for (const node of nodes) writeMessage(writer, 1, () => writeNode(writer, node));
    writeMessage(writer, 12, () => {
      writeText(writer, 1, output.name);
      writeMessage(writer, 2, () => {
        writeMessage(writer, 1, () => writeInt(writer, 1, DATA_TYPE[output.type]));
      });
    });
  });
  return writer.finish();
}

function writeGraph(writer: Writer, graph: OnnxGraph): void {
  for (const node of graph.nodes) writeMessage(writer, 1, () => writeNode(writer, node));
  writeText(writer, 2, graph.name);
  for (const constant of graph.constants) {
    writeMessage(writer, 5, () => writeTensor(writer, constant));
  }
  for (const input of graph.inputs) writeMessage(writer, 11, () => writeValueInfo(writer, input));
  for (const output of graph.outputs) {
    writeMessage(writer, 12, () => writeValueInfo(writer, output));
  }
}

function writeNode(writer: Writer, node: GraphNode): void {
  for (const input of node.inputs) writeText(writer, 1, input);
  for (const output of node.outputs) writeText(writer, 2, output);
  writeText(writer, 3, node.name);
  writeText(writer, 4, node.operator);
  for (const [name, value] of Object.entries(node.attributes)) {
    writeMessage(writer, 5, () => writeAttribute(writer, name, value));
  }
}

function writeAttribute(writer: Writer, name: string, value: Attribute): void {
  writeText(writer, 1, name);
  if (typeof value === "number") {
    writeInt(writer, 3, value);
    writeInt(writer, 20, ATTRIBUTE_TYPE.int);
  } else if (typeof value === "string") {
    writeText(writer, 4, value);
    writeInt(writer, 20, ATTRIBUTE_TYPE.string);
  } else if ("float" in value) {
    writer.uint32(tag(2, FIXED32)).float(value.float);
    writeInt(writer, 20, ATTRIBUTE_TYPE.float);
  } else {
    for (const item of value) writeInt(writer, 8, item);
    writeInt(writer, 20, ATTRIBUTE_TYPE.ints);
  }
}

function writeTensor(writer: Writer, { name, type, shape, data }: Constant): void {
  for (const side of shape) writeInt(writer, 1, side);
  writeInt(writer, 2, DATA_TYPE[type]);
  writeText(writer, 8, name);
  writer.uint32(tag(9, BYTES))
    .bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function writeValueInfo(writer: Writer, { name, type, shape }: Value): void {
  writeText(writer, 1, name);
  writeMessage(writer, 2, () =>
    writeMessage(writer, 1, () => {
      writeInt(writer, 1, DATA_TYPE[type]);
      writeMessage(writer, 2, () => {
        for (const side of shape) {
          // A dimension without a value is a dynamic one.
          writeMessage(writer, 1, () => side >= 0 ? writeInt(writer, 1, side) : undefined);
        }
      });
    }));
}

function writeMessage(writer: Writer, field: number, write: () => void): void {
  writer.uint32(tag(field, BYTES)).fork();
  write();
  writer.ldelim();
}

function writeInt(writer: Writer, field: number, value: number): void {
  writer.uint32(tag(field, VARINT)).int64(value);
}

function writeText(writer: Writer, field: number, value: string): void {
  writer.uint32(tag(field, BYTES)).string(value);
}

function tag(field: number, wireType: number): number {
  return field << 3 | wireType;
}
