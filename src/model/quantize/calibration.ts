/**
 * The calibration of a model: what its activations were seen to hold, which is all that 8 bits need
 * beside the weights. It lies beside them in a small file that is no model by itself.
 */

import { ModelError } from "../../errors.ts";
import { decodeSafetensors } from "../safetensors.ts";
import { encodeSafetensors } from "../safetensors_writer.ts";
import { formatShape, type Tensor, type Tensors } from "../tensor.ts";
import type { ChannelStatistics, Statistics } from "./statistics.ts";

/** What quantising a model needs beside its weights. */
export interface Calibration {
  /** Of every activation that gets codes. */
  readonly statistics: Statistics;
  /** Layers that stay in float32, because 8 bits hurt them most. */
  readonly keep: readonly string[];
  /** Of the weights it belongs to; see {@link fingerprintOf}. */
  readonly fingerprint: string;
}

/** What a calibration's file name has in place of the weights' extension. */
const CALIBRATION_EXTENSION = ".int8";

const KINDS = ["low", "high", "mean"] as const;

/** Where the calibration of a weights file lies: beside it. */
export function calibrationPath(weightsPath: string): string {
  return weightsPath.replace(/\.[^./\\]+$/, "") + CALIBRATION_EXTENSION;
}

/** SHA-256 over the names and bytes of all tensors, in hexadecimal. */
export async function fingerprintOf(weights: Tensors): Promise<string> {
  const parts: Uint8Array[] = [];
  for (const [name, { data }] of [...weights].sort(([a], [b]) => a < b ? -1 : 1)) {
    parts.push(new TextEncoder().encode(name));
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", all)).toHex();
}

/**
 * Encodes a calibration: a safetensors file with `<value>.low`, `.high` and `.mean` of each value.
 *
 * @param notes More strings for the header, for people.
 */
export function encodeCalibration(
  { statistics, keep, fingerprint }: Calibration,
  notes: ReadonlyMap<string, string> = new Map(),
): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, Tensor>();
  for (const [value, seen] of statistics) {
    for (const kind of KINDS) {
      tensors.set(`${value}.${kind}`, { shape: [seen[kind].length], data: seen[kind] });
    }
  }
  return encodeSafetensors(
    tensors,
    new Map([...notes, ["fingerprint", fingerprint], ["keep", keep.join(" ")]]),
  );
}

/**
 * Decodes a calibration.
 *
 * @param file Its name, for messages.
 * @throws {ModelError} If it is none.
 */
export function decodeCalibration(bytes: Uint8Array, file: string): Calibration {
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  const fingerprint = metadata.get("fingerprint");
  if (fingerprint === undefined) throw unusable(file, "it names no weights that it belongs to");
  const statistics = new Map<string, ChannelStatistics>();
  for (const name of tensors.keys()) {
    const [, value] = /^(.+)\.low$/.exec(name) ?? [];
    if (value !== undefined) statistics.set(value, readStatistics(tensors, value, file));
  }
  const keep = (metadata.get("keep") ?? "").split(" ").filter((name) => name !== "");
  return { statistics, keep, fingerprint };
}

/**
 * The calibration beside a model's weights; undefined where there is none.
 *
 * @throws {ModelError} If there is one and it is broken or belongs to other weights.
 */
export async function findCalibration(
  { path, weights }: { readonly path: string; readonly weights: Tensors },
): Promise<Calibration | undefined> {
  const file = calibrationPath(path);
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const calibration = decodeCalibration(bytes, file);
  if (calibration.fingerprint !== await fingerprintOf(weights)) {
    throw unusable(file, `it was made from other weights than "${path}"`);
  }
  return calibration;
}

function readStatistics(tensors: Tensors, value: string, file: string): ChannelStatistics {
  const [low, high, mean] = KINDS.map((kind) => tensors.get(`${value}.${kind}`));
  const shapes = [low, high, mean].map((tensor) => formatShape(tensor?.shape ?? []));
  if (
    low?.data instanceof Float32Array && high?.data instanceof Float32Array &&
    mean?.data instanceof Float32Array && shapes.every((shape) => shape === shapes[0])
  ) {
    return { low: low.data, high: high.data, mean: mean.data };
  }
  throw unusable(file, `the statistics of "${value}" are incomplete`);
}

function unusable(file: string, state: string): ModelError {
  return new ModelError(
    `Cannot use the calibration "${file}": ${state}. Make it anew with segstream model quantize.`,
    { model: file },
  );
}
