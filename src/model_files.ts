/** Models from one file format to another: `importModel()` and `exportModel()`. */

import type { Size } from "./frame/geometry.ts";
import type { Head } from "./model/heads.ts";
import { type ImportedWeights, type ImportOptions, importWeights } from "./model/import.ts";
import { buildOnnx, loadModel } from "./model/model.ts";
import { encodeEnetCheckpoint } from "./model/networks/enet_model.ts";
import { modelSize, type Resolution } from "./model/resolution.ts";
import { encodeSafetensors } from "./model/safetensors_writer.ts";
import { PartialFile, writeError } from "./sink/partial_file.ts";

/** Whether the file that is written may exist. */
export interface WriteOptions {
  /** Replaces an existing file; false by default. */
  readonly overwrite?: boolean;
}

/** What to export. */
export interface ExportOptions extends WriteOptions {
  /**
   * A shipped model, a .safetensors file, or a .pth file with ENet's public CamVid checkpoint; the
   * default model by default.
   */
  readonly model?: string;
  /** Size of the input; `full`, 2048×1024, by default. */
  readonly resolution?: Resolution;
  /** `logits` by default. */
  readonly head?: Head;
}

/** What the named resolutions are of when there is no video: Cityscapes' frames. */
const CITYSCAPES_SIZE: Size = { width: 2048, height: 1024 };

/** What `importModel()` of the library does; it is documented there. */
export async function importModel(
  checkpoint: string,
  output: string,
  options: ImportOptions & WriteOptions = {},
): Promise<ImportedWeights> {
  return await writeWhole(output, { ...options, input: checkpoint }, () => {
    const imported = importWeights(checkpoint, options);
    return { bytes: encodeSafetensors(imported.tensors, imported.metadata), result: imported };
  });
}

/** The file that was exported. */
export interface ExportedModel {
  /** Size of its input. */
  readonly size: Size;
  /** Of the file. */
  readonly bytes: number;
}

/** What `exportModel()` of the library does; it is documented there. */
export async function exportModel(
  output: string,
  options: ExportOptions = {},
): Promise<ExportedModel> {
  const size = modelSize(CITYSCAPES_SIZE, options.resolution ?? "full");
  if (isCheckpoint(options.model)) return await exportEnet(options.model, output, size, options);
  const model = await loadModel(options.model);
  return await writeWhole(output, options, () => {
    const bytes = buildOnnx(model, { size, input: "rgb", head: options.head ?? "logits" });
    return { bytes, result: { size, bytes: bytes.length } };
  });
}

function isCheckpoint(model: string | undefined): model is string {
  return model !== undefined && /\.(pth|pt)$/i.test(model);
}

/** ENet's head is part of its network: it gives logits at the input's own size. */
async function exportEnet(
  checkpoint: string,
  output: string,
  size: Size,
  { head, overwrite = false }: ExportOptions,
): Promise<ExportedModel> {
  if (head !== undefined && head !== "logits") {
    throw new TypeError(`Cannot export "${checkpoint}" with the head ${head}: ENet gives logits.`);
  }
  return await writeWhole(output, { overwrite, input: checkpoint }, () => {
    const bytes = encodeEnetCheckpoint(checkpoint, size);
    return { bytes, result: { size, bytes: bytes.length } };
  });
}

/**
 * Checks the target first, makes the bytes, and leaves nothing behind where either fails. What is
 * finished and cannot have its name stays: the error says where.
 */
async function writeWhole<Result>(
  target: string,
  options: { readonly overwrite?: boolean; readonly input?: string },
  make: () => { bytes: Uint8Array; result: Result },
): Promise<Result> {
  const file = await PartialFile.create(target, options);
  const made = await writeMade(file, make).catch(async (error) => {
    await file.discard();
    throw error;
  });
  await file.complete();
  return made;
}

async function writeMade<Result>(
  file: PartialFile,
  make: () => { bytes: Uint8Array; result: Result },
): Promise<Result> {
  const { bytes, result } = make();
  await Deno.writeFile(file.path, bytes).catch((cause) => {
    throw writeError(file.target, cause);
  });
  return result;
}
