/** `quantizeModel()`: what a model needs beside its weights to run in 8 bits. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { InputError, ModelError } from "./errors.ts";
import { findFfmpeg } from "./ffmpeg/binary.ts";
import { decodeI420, IMAGE_COLOUR } from "./ffmpeg/images.ts";
import { formatSize } from "./frame/geometry.ts";
import type { CalibrationFrame } from "./infer/calibrate.ts";
import type { LayerSensitivity } from "./infer/sensitivity.ts";
import { loadModel, type Model } from "./model/model.ts";
import { calibrationPath, encodeCalibration, fingerprintOf } from "./model/quantize/calibration.ts";
import { isQuantizableModel } from "./model/quantize/network.ts";
import type { Resolution } from "./model/resolution.ts";
import { PartialFile, writeError } from "./sink/partial_file.ts";

/** How to quantise. */
export interface QuantizeModelOptions {
  /** A shipped model or a .safetensors file; the default model by default. */
  readonly model?: string;
  /** The file to write; by default the weights' name with the extension .int8, beside them. */
  readonly output?: string;
  /** Replaces an existing file; false by default. */
  readonly overwrite?: boolean;
  /** What images are fed at; full, half and quarter by default. */
  readonly resolutions?: readonly Resolution[];
  /** The share of a channel's values that may lie beyond each end of its range; 1e-5 by default. */
  readonly rare?: number;
  /** Layers that alone change more than this share of the classes stay in float32; 0.02 by default. */
  readonly keepAbove?: number;
  /** The ffmpeg that decodes the images; SEGSTREAM_FFMPEG, then the bundled one by default. */
  readonly ffmpeg?: string;
  /** Aborting it rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Called as it goes on, with the share that is done of the work's three parts. */
  readonly onProgress?: (part: QuantizePart, done: number) => void;
}

/** Reading images, running the network over them, and quantising each layer by itself. */
export type QuantizePart = "images" | "ranges" | "layers";

/** What was written, and what it costs. */
export interface QuantizedModel {
  /** The calibration's file. */
  readonly path: string;
  /** How many images were used. */
  readonly images: number;
  /** The whole network first, then each layer alone, those that change most first. */
  readonly sensitivity: readonly LayerSensitivity[];
  /** Layers that stay in float32. */
  readonly keep: readonly string[];
}

const RESOLUTIONS = ["full", "half", "quarter"] as const;
const RARE = 1e-5;
const KEEP_ABOVE = 0.02;

/** Enough for a ranking: the figures of the whole set come from an evaluation. */
const SENSITIVITY_FRAMES = 4;

const IMAGE_NAME = /\.(jpe?g|png|webp|bmp|tiff?|ppm)$/i;

/** What `quantizeModel()` of the library does; it is documented there. */
export async function quantizeModel(
  folder: string,
  options: QuantizeModelOptions = {},
): Promise<QuantizedModel> {
  const model = await loadModel(options.model);
  if (!isQuantizableModel(model)) {
    throw new ModelError(
      `Cannot quantise "${model.name}": its first convolution has no padding. Use it in fp32.`,
      { model: model.name },
    );
  }
  const path = options.output ?? calibrationPath(model.path);
  const file = await PartialFile.create(path, {
    overwrite: options.overwrite ?? false,
    input: model.path,
  });
  const made = await calibrateInto(file, folder, model, options).catch(async (error) => {
    await file.discard();
    throw error;
  });
  await file.complete(); // where it cannot, the error says where the finished file is
  return { path, ...made };
}

/** Does the work, into a file that has not its name yet. */
async function calibrateInto(
  file: PartialFile,
  folder: string,
  model: Model,
  options: QuantizeModelOptions,
): Promise<Omit<QuantizedModel, "path">> {
  const { resolutions = RESOLUTIONS, rare = RARE, keepAbove = KEEP_ABOVE, signal } = options;
  const report = (part: QuantizePart) => (done: number) => options.onProgress?.(part, done);
  const frames = await readFrames(folder, options, report("images"));
  // They load ONNX Runtime, which who only imports this module need not wait for.
  const { collectStatistics } = await import("./infer/calibrate.ts");
  const { measureSensitivity } = await import("./infer/sensitivity.ts");
  const statistics = await collectStatistics(model, frames, {
    colour: IMAGE_COLOUR,
    resolutions,
    rare,
    signal,
    onProgress: report("ranges"),
  });
  const fingerprint = await fingerprintOf(model.weights);
  const sensitivity = await measureSensitivity(
    model,
    { statistics, keep: [], fingerprint },
    pickFrames(frames),
    {
      colour: IMAGE_COLOUR,
      resolution: resolutions.at(-1)!,
      signal,
      onProgress: report("layers"),
    },
  );
  const keep = sensitivity.slice(1).filter(({ changed }) => changed > keepAbove)
    .map(({ layer }) => layer);
  const bytes = encodeCalibration({ statistics, keep, fingerprint }, notesOf(frames, rare));
  await Deno.writeFile(file.path, bytes).catch((cause) => {
    throw writeError(file.target, cause);
  });
  return { images: frames.length, sensitivity, keep };
}

/** Decodes one after the other: ffmpeg takes a core for each. */
async function readFrames(
  folder: string,
  options: QuantizeModelOptions,
  onProgress: (done: number) => void,
): Promise<CalibrationFrame[]> {
  const names = await listImages(folder);
  const binary = await findFfmpeg({ path: options.ffmpeg });
  const frames: CalibrationFrame[] = [];
  for (const name of names) {
    frames.push(await decodeI420(binary, join(folder, name), { signal: options.signal }));
    onProgress(frames.length / names.length);
  }
  return frames;
}

async function listImages(folder: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    throw new InputError(
      `Cannot calibrate with ${JSON.stringify(folder)}: it is no folder that can be read. ` +
        "Name a folder of images.",
      { input: folder },
      { cause },
    );
  }
  const images = names.filter((name) => IMAGE_NAME.test(name)).sort();
  if (images.length > 0) return images;
  throw new InputError(
    `Cannot calibrate with ${
      JSON.stringify(folder)
    }: there is no JPEG, PNG or other image in it. ` +
      "Put a few dozen there that show what the model will see.",
    { input: folder },
  );
}

/** A few frames of one size, the commonest, spread evenly. */
function pickFrames(frames: readonly CalibrationFrame[]): CalibrationFrame[] {
  const groups = [...Map.groupBy(frames, ({ size }) => formatSize(size)).values()];
  const most = groups.reduce((best, group) => group.length > best.length ? group : best);
  const count = Math.min(SENSITIVITY_FRAMES, most.length);
  return Array.from({ length: count }, (_, i) => most[Math.floor(i * most.length / count)]!);
}

function notesOf(frames: readonly CalibrationFrame[], rare: number): Map<string, string> {
  return new Map([["images", String(frames.length)], ["rare", String(rare)]]);
}
