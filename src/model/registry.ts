import { fileURLToPath } from "node:url";
import { ModelError } from "../errors.ts";

/** The model that is used unless another is named. */
export const DEFAULT_MODEL = "fast_scnn_street19_v0";

const MODELS_FOLDER = new URL("../../models/", import.meta.url);

const EXTENSION = ".safetensors";

/** The name people see and the file behind it. */
export interface ModelLocation {
  /** How people name it. */
  readonly name: string;
  /** Its .safetensors file. */
  readonly path: string;
}

/** The names of the models that come with segstream, in alphabetical order. */
export async function listModels(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(MODELS_FOLDER)) {
    if (name.endsWith(EXTENSION)) names.push(name.slice(0, -EXTENSION.length));
  }
  return names.sort();
}

/**
 * Finds the file of a model: a name from {@link listModels}, or the path of a .safetensors file.
 * Whether a path exists is left to the one who reads it.
 *
 * @throws {ModelError} If the name is unknown.
 */
export async function findModel(reference: string): Promise<ModelLocation> {
  if (reference.endsWith(EXTENSION)) return { name: reference, path: reference };
  const names = await listModels();
  if (names.includes(reference)) {
    const path = fileURLToPath(new URL(`${reference}${EXTENSION}`, MODELS_FOLDER));
    return { name: reference, path };
  }
  const mend = /\.(pth|pt|ckpt)$/i.test(reference)
    ? `Import it first: segstream model import ${reference} -o net.safetensors.`
    : `Take one of ${names.join(", ")}.`;
  throw new ModelError(
    `Cannot find model "${reference}": it is neither a ${EXTENSION} nor an .onnx file nor one of ` +
      `those that come with segstream. ${mend}`,
    { model: reference, expected: names.join(", ") },
  );
}
