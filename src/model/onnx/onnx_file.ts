/**
 * What an ONNX file says of itself: inputs, outputs, nodes and the shapes of its weights, whose values
 * are never read.
 *
 * Messages and field numbers: onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */

import { ByteCursor } from "../byte_cursor.ts";
import { broken, type ByteSource } from "../byte_source.ts";
import { countElements } from "../tensor.ts";
import { type ProtoField, readFields } from "./proto_reader.ts";

/** An input or output; a side that is known only when it runs is its name, or "?". */
export interface OnnxValue {
  /** Unique in the graph. */
  readonly name: string;
  /** "float32", "int64" and so on; "type 13" for one without a name here. */
  readonly type: string;
  /** Undefined where the file says nothing. */
  readonly shape: readonly (number | string)[] | undefined;
}

/** A stored tensor. */
export interface OnnxConstant {
  /** As in {@link OnnxValue}. */
  readonly type: string;
  /** Its sides. */
  readonly shape: readonly number[];
  /** The values of short lists, as the sizes of a resize are. */
  readonly values: readonly number[] | undefined;
}

/** One operator call. */
export interface OnnxNode {
  /** Such as "Conv". */
  readonly operator: string;
  /** Names of values; an omitted one is empty. */
  readonly inputs: readonly string[];
  /** Names of values. */
  readonly outputs: readonly string[];
  /** Those that are numbers, texts or lists of whole numbers. */
  readonly attributes: ReadonlyMap<string, number | string | readonly number[]>;
}

/** An ONNX file without the values of its weights. */
export interface OnnxFile {
  /** How people name it. */
  readonly name: string;
  /** Of the default operators; undefined if it imports none. */
  readonly opset: number | undefined;
  /** The program that wrote it. */
  readonly producer: string;
  /** Free-form strings. */
  readonly metadata: ReadonlyMap<string, string>;
  /** What must be fed. */
  readonly inputs: readonly OnnxValue[];
  /** What is computed. */
  readonly outputs: readonly OnnxValue[];
  /** By name. */
  readonly constants: ReadonlyMap<string, OnnxConstant>;
  /** In execution order. */
  readonly nodes: readonly OnnxNode[];
  /** Values stored: weights, biases, scales. */
  readonly parameters: number;
  /** Whether weights lie in another file. */
  readonly hasExternalData: boolean;
}

/** TensorProto.DataType */
const TYPES: Readonly<Record<number, string>> = {
  1: "float32",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
  6: "int32",
  7: "int64",
  9: "bool",
  10: "float16",
  11: "float64",
  16: "bfloat16",
};

const WEIGHT_TYPES = ["float32", "float16", "bfloat16", "float64", "int8", "uint8"];

/** Constants up to here are read: sizes, scales, paddings. */
const MAX_READ_VALUES = 64;

/**
 * Reads what an ONNX file says of itself.
 *
 * Memory: in proportion to its number of nodes; weights are skipped.
 *
 * @throws {ModelError} If it is truncated or no ONNX file.
 */
export function readOnnxFile(source: ByteSource): OnnxFile {
  const graph = new GraphReader();
  const metadata = new Map<string, string>();
  let opset: number | undefined;
  let producer = "";
  for (const field of readFields(new ByteCursor(source))) {
    if (field.number === 2) producer = field.text();
    else if (field.number === 7) graph.read(field);
    else if (field.number === 8) opset = readOpset(field) ?? opset;
    else if (field.number === 14) {
      const { key, value } = readPair(field);
      metadata.set(key, value);
    }
  }
  const { inputs, outputs, constants, nodes } = graph;
  if (nodes.length === 0 || outputs.length === 0) {
    throw broken(source.name, "it is no ONNX file, or one without a graph");
  }
  return {
    name: source.name,
    opset,
    producer,
    metadata,
    inputs: inputs.filter(({ name }) => !constants.has(name)),
    outputs,
    constants,
    nodes,
    parameters: [...constants.values()].reduce(
      (sum, { type, shape }) => sum + (WEIGHT_TYPES.includes(type) ? countElements(shape) : 0),
      0,
    ),
    hasExternalData: graph.hasExternalData,
  };
}

class GraphReader {
  readonly inputs: OnnxValue[] = [];
  readonly outputs: OnnxValue[] = [];
  readonly constants = new Map<string, OnnxConstant>();
  readonly nodes: OnnxNode[] = [];
  hasExternalData = false;

  read(graph: ProtoField): void {
    for (const field of graph.message()) {
      if (field.number === 1) this.#readNode(field);
      else if (field.number === 5) this.#readConstant(field);
      else if (field.number === 11) this.inputs.push(readValue(field));
      else if (field.number === 12) this.outputs.push(readValue(field));
    }
  }

  #readNode(node: ProtoField): void {
    const inputs: string[] = [];
    const outputs: string[] = [];
    const attributes = new Map<string, number | string | readonly number[]>();
    let operator = "";
    for (const field of node.message()) {
      if (field.number === 1) inputs.push(field.text());
      else if (field.number === 2) outputs.push(field.text());
      else if (field.number === 4) operator = field.text();
      else if (field.number === 5) this.#readAttribute(field, attributes, outputs);
    }
    // A node that only holds a tensor is a constant.
    if (operator !== "Constant") this.nodes.push({ operator, inputs, outputs, attributes });
  }

  #readAttribute(
    attribute: ProtoField,
    attributes: Map<string, number | string | readonly number[]>,
    outputs: readonly string[],
  ): void {
    let name = "";
    let value: number | string | readonly number[] | undefined;
    const ints: number[] = [];
    for (const field of attribute.message()) {
      if (field.number === 1) name = field.text();
      else if (field.number === 2) value = field.float();
      else if (field.number === 3) value = field.int();
      else if (field.number === 4 && field.byteLength < 1000) value = field.text();
      else if (field.number === 5) this.#readConstant(field, outputs[0]);
      else if (field.number === 8) ints.push(...field.ints());
    }
    if (ints.length > 0) value = ints;
    if (value !== undefined) attributes.set(name, value);
  }

  /** @param output The name it is known by where it is a node's tensor. */
  #readConstant(tensor: ProtoField, output?: string): void {
    const shape: number[] = [];
    let name = "";
    let type = "";
    let values: number[] = [];
    for (const field of tensor.message()) {
      if (field.number === 1) shape.push(...field.ints());
      else if (field.number === 2) type = typeName(field.int());
      else if (field.number === 8) name = field.text();
      else if (field.number === 14) this.hasExternalData ||= field.int() === 1;
      else if (field.byteLength > MAX_READ_VALUES * 8) continue;
      else if (field.number === 4) values = values.concat(field.floats());
      else if (field.number === 5 || field.number === 7) values = values.concat(field.ints());
      else if (field.number === 9) values = readRaw(field.bytes(), type);
    }
    const isRead = values.length === countElements(shape);
    this.constants.set(output ?? name, { type, shape, values: isRead ? values : undefined });
  }
}

function readValue(value: ProtoField): OnnxValue {
  let name = "";
  let type = "no tensor";
  let shape: (number | string)[] | undefined;
  for (const field of value.message()) {
    if (field.number === 1) name = field.text();
    if (field.number !== 2) continue;
    for (const tensor of field.message()) {
      if (tensor.number !== 1) continue;
      for (const part of tensor.message()) {
        if (part.number === 1) type = typeName(part.int());
        else if (part.number === 2) shape = Array.from(part.message(), readSide);
      }
    }
  }
  return { name, type, shape };
}

function readSide(dimension: ProtoField): number | string {
  let side: number | string = "?";
  for (const field of dimension.message()) {
    if (field.number === 1) side = field.int();
    else if (field.number === 2) side = field.text() || "?";
  }
  return typeof side === "number" && side <= 0 ? "?" : side;
}

function readOpset(field: ProtoField): number | undefined {
  let domain = "";
  let version: number | undefined;
  for (const part of field.message()) {
    if (part.number === 1) domain = part.text();
    else if (part.number === 2) version = part.int();
  }
  return domain === "" || domain === "ai.onnx" ? version : undefined;
}

function readPair(field: ProtoField): { key: string; value: string } {
  const pair = { key: "", value: "" };
  for (const part of field.message()) {
    if (part.number === 1) pair.key = part.text();
    else if (part.number === 2) pair.value = part.text();
  }
  return pair;
}

function readRaw({ buffer }: Uint8Array<ArrayBuffer>, type: string): number[] {
  if (type === "int64" && buffer.byteLength % 8 === 0) {
    return Array.from(new BigInt64Array(buffer), Number);
  }
  if (buffer.byteLength % 4 !== 0) return [];
  if (type === "float32") return [...new Float32Array(buffer)];
  return type === "int32" ? [...new Int32Array(buffer)] : [];
}

function typeName(code: number): string {
  return TYPES[code] ?? `type ${code}`;
}
