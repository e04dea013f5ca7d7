import type { Command } from "commander";
import { DEFAULT_MODEL } from "../model/registry.ts";
import type { Resolution } from "../model/resolution.ts";
import {
  type QuantizedModel,
  quantizeModel,
  type QuantizeModelOptions,
  type QuantizePart,
} from "../quantize.ts";
import { argument, number } from "./exit.ts";
import { parseResolutions } from "./resolution.ts";

/** The options as commander gives them. */
interface Flags {
  readonly calibrate: string;
  readonly output?: string;
  readonly resolution?: readonly Resolution[];
  readonly rare?: number;
  readonly keepAbove?: number;
  readonly overwrite?: boolean;
  readonly ffmpeg?: string;
  readonly quiet?: boolean;
}

const SHARE = { min: 0, max: 1 };

const EXAMPLES = `
The file it writes lies beside the weights and holds the ranges of the network's activations; the
images themselves are not in it. From then on --precision auto and int8 find it.

Examples:
  segstream model quantize mine.safetensors --calibrate street-images/`;

const PARTS: Readonly<Record<QuantizePart, string>> = {
  images: "reading images",
  ranges: "collecting ranges",
  layers: "quantising each layer alone",
};

/** Adds `segstream model quantize` to the command `model`. */
export function addQuantizeCommand(model: Command): void {
  model.command("quantize")
    .description("calibrates a model on images, so that it can run in int8")
    .argument("[model]", "a shipped model or a .safetensors file", DEFAULT_MODEL)
    .requiredOption("--calibrate <dir>", "a few dozen images of what the model will see")
    .option("-o, --output <file>", "the calibration (default: the weights' name with .int8)")
    .option(
      "--resolution <list>",
      "what the images are fed at (default: full,half,quarter)",
      argument(parseResolutions),
    )
    .option("--rare <share>", "of a channel's values to leave out at each end", number(SHARE))
    .option("--keep-above <share>", "of classes changed, for a layer to stay fp32", number(SHARE))
    .option("--overwrite", "replace the output if it exists")
    .option("--ffmpeg <path>", "the ffmpeg to run (default: SEGSTREAM_FFMPEG, then the bundled)")
    .option("--quiet", "print nothing but errors")
    .option("--debug", "print stacks with errors")
    .addHelpText("after", EXAMPLES)
    .action((reference: string, flags: Flags) => run(reference, flags));
}

async function run(reference: string, flags: Flags): Promise<void> {
  const { calibrate, resolution, quiet = false, ...rest } = flags;
  const options: QuantizeModelOptions = {
    ...rest,
    model: reference,
    ...(resolution && { resolutions: resolution }),
    ...(!quiet && { onProgress: showProgress() }),
  };
  const quantized = await quantizeModel(calibrate, options);
  if (!quiet) print(describe(quantized));
}

/** A line for each part as it ends. */
function showProgress(): (part: QuantizePart, done: number) => void {
  return (part, done) => {
    if (done === 1) print([`${PARTS[part]}: done`]);
  };
}

function describe({ path, images, sensitivity, keep }: QuantizedModel): string[] {
  const rows = sensitivity.map(({ layer, changed, signalToNoiseDb }) =>
    [
      `${(100 * changed).toFixed(2)} %`.padStart(9),
      `${signalToNoiseDb.toFixed(1)} dB`.padStart(9),
      `  ${layer}${keep.includes(layer) ? " (stays fp32)" : ""}`,
    ].join("")
  );
  return [
    "classes changed and signal over noise of the logits, each layer quantised alone:",
    ...rows,
    `wrote ${path}: calibrated on ${images} images, ${keep.length} layers stay in fp32`,
  ];
}

function print(lines: readonly string[]): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${lines.join("\n")}\n`));
}
