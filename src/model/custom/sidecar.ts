/**
 * What a person knows of an ONNX file and the file does not say: `net.json` beside `net.onnx`.
 *
 * ```json
 * { "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "classes": ["background", "road", "lane"] }
 * ```
 */

import { ModelError } from "../../errors.ts";
import type { SegmentationClass } from "../../frame/classes.ts";
import { parseClasses } from "../class_list.ts";
import { type Normalisation, normalisationOf } from "../normalisation.ts";

/** What may be said of a network that was not built here. Everything else is read from its file. */
export interface CustomFacts extends Partial<Normalisation> {
  /** Order of the input's axes, where its shape leaves it open. */
  readonly layout?: "nchw" | "nhwc";
  /** The output to take, where there are several. */
  readonly output?: string;
  /** What the output holds, where its type leaves it open. */
  readonly kind?: "logits" | "labels";
  /** Whether the corner logits lie on the corner pixels' centres. */
  readonly alignCorners?: boolean;
  /** By class id. */
  readonly classes?: readonly SegmentationClass[];
}

const KEYS = ["layout", "mean", "std", "output", "kind", "alignCorners", "classes"];

/** Where the sidecar of an ONNX file is looked for. */
export function sidecarPath(path: string): string {
  return path.replace(/\.onnx$/i, "") + ".json";
}

/**
 * Reads the sidecar of an ONNX file; undefined if there is none.
 *
 * @throws {ModelError} If it is not of the form above.
 */
export async function readSidecar(path: string): Promise<CustomFacts | undefined> {
  const sidecar = sidecarPath(path);
  try {
    return parseFacts(JSON.parse(await Deno.readTextFile(sidecar)));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const state = cause instanceof SyntaxError
      ? `it is not valid JSON (${reason}). Mend the file.`
      : reason;
    throw new ModelError(`Cannot read the sidecar "${sidecar}": ${state}`, { model: path }, {
      cause,
    });
  }
}

function parseFacts(value: unknown): CustomFacts {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RangeError('it is no JSON object. Write one, as in {"classes": ["road", "sky"]}.');
  }
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    throw new RangeError(`it has ${JSON.stringify(unknown)}; segstream knows ${KEYS.join(", ")}.`);
  }
  const { layout, mean, std, output, kind, alignCorners, classes } = value as Record<
    string,
    unknown
  >;
  if ((mean === undefined) !== (std === undefined)) {
    throw new RangeError("mean and std go together. Give both.");
  }
  return {
    ...choice("layout", layout, ["nchw", "nhwc"] as const),
    ...choice("kind", kind, ["logits", "labels"] as const),
    ...choice("alignCorners", alignCorners, [true, false] as const),
    ...(mean === undefined ? {} : normalisationOf(mean, std)),
    ...(output === undefined ? {} : { output: String(output) }),
    ...(classes === undefined ? {} : { classes: parseClasses(classes) }),
  };
}

function choice<Key extends string, Value>(
  key: Key,
  value: unknown,
  choices: readonly Value[],
): { [K in Key]?: Value } {
  if (value === undefined) return {};
  if (choices.includes(value as Value)) return { [key]: value as Value } as { [K in Key]: Value };
  const known = choices.map((each) => JSON.stringify(each)).join(" or ");
  throw new RangeError(`${key} is ${JSON.stringify(value)}; it must be ${known}.`);
}
