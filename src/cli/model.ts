import type { Command } from "commander";
import { openModel } from "../model/any_model.ts";
import { readClasses } from "../model/class_list.ts";
import { LAYOUT_NAMES } from "../model/import.ts";
import { normalisationOf } from "../model/normalisation.ts";
import { DEFAULT_MODEL } from "../model/registry.ts";
import { summariseModel } from "../model/summary.ts";
import { exportModel, type ExportOptions, importModel } from "../model_files.ts";
import { startDownloadProgress } from "./download_progress.ts";
import { argument, oneOf } from "./exit.ts";
import { addQuantizeCommand } from "./model_quantize.ts";
import { parseNumbers } from "./numbers.ts";
import { parseResolution } from "./resolution.ts";

const EXAMPLES = `
Examples:
  segstream model info
  segstream model info net.onnx
  segstream model import fast_scnn_citys.pth -o citys.safetensors
  segstream drive.mp4 --model citys.safetensors
  segstream model export citys.safetensors -o citys.onnx --resolution half --head cls`;

/** Adds `segstream model info|import|export|quantize`. */
export function addModelCommand(program: Command): void {
  const model = program.command("model")
    .description("weights and ONNX files: look into, import, export, quantise")
    .addHelpText("after", EXAMPLES);
  addInfo(model);
  addImport(model);
  addExport(model);
  addQuantizeCommand(model);
}

const DEBUG = ["--debug", "print stacks with errors"] as const;

function addInfo(model: Command): void {
  model.command("info")
    .description("inputs, outputs, classes, parameters, cost, and what segstream assumes")
    .argument("[model]", "a shipped model, a .safetensors or .onnx file, or NAME@URL#sha256")
    .option(...DEBUG)
    .action(async (reference: string = DEFAULT_MODEL) => {
      const progress = startDownloadProgress({ quiet: false });
      const opened = await openModel(reference, progress).finally(progress.stop);
      const lines = summariseModel(opened).map(([label, text]) => `  ${label.padEnd(12)}${text}`);
      print([opened.name, ...lines]);
    });
}

/** The options of `model import` as commander gives them. */
interface ImportFlags {
  readonly output: string;
  readonly layout?: string;
  readonly padding?: "0" | "1";
  readonly alignCorners?: "true" | "false";
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly classes?: string;
  readonly overwrite?: boolean;
}

function addImport(model: Command): void {
  model.command("import")
    .description("a PyTorch checkpoint of Fast-SCNN to .safetensors; nothing in it is run")
    .argument("<checkpoint>", "a .pth file, of torch.save's ZIP format or the older one")
    .requiredOption("-o, --output <file>", "the .safetensors file")
    .option("--layout <name>", `${LAYOUT_NAMES.join(" or ")}; found out by default`, layout())
    .option("--padding <n>", "of the first convolution: 0 or 1", oneOf(["0", "1"]))
    .option("--align-corners <bool>", "of the resizes: true or false", oneOf(["true", "false"]))
    .option("--mean <r,g,b>", "of the input, 0-1 or 0-255", parseNumbers(3))
    .option("--std <r,g,b>", "of the input, 0-1 or 0-255", parseNumbers(3))
    .option("--classes <file>", "names of the classes, one a line, or JSON with colours")
    .option("--overwrite", "replace the output if it exists")
    .option(...DEBUG)
    .action(async (checkpoint: string, flags: ImportFlags) => {
      const { output } = flags;
      if (!/\.safetensors$/i.test(output)) {
        throw new TypeError(
          `Cannot import to ${JSON.stringify(output)}: name a .safetensors file.`,
        );
      }
      if ((flags.mean === undefined) !== (flags.std === undefined)) {
        throw new TypeError("Cannot import: --mean and --std go together. Give both.");
      }
      const imported = await importModel(checkpoint, output, {
        overwrite: flags.overwrite ?? false,
        ...(flags.layout === undefined ? {} : { layout: flags.layout }),
        ...(flags.padding === undefined ? {} : { padding: flags.padding === "0" ? 0 : 1 }),
        ...(flags.alignCorners === undefined
          ? {}
          : { alignCorners: flags.alignCorners === "true" }),
        ...(flags.mean === undefined ? {} : normalisationOf(flags.mean, flags.std)),
        ...(flags.classes === undefined ? {} : { classes: await readClasses(flags.classes) }),
      });
      const { layout, traits } = imported;
      print([
        `wrote ${output}: layout ${layout}, ${traits.classes} classes, ` +
        `padding ${traits.firstPadding}, align_corners ${traits.alignCorners}`,
      ]);
    });
}

function addExport(model: Command): void {
  model.command("export")
    .description("a standard ONNX file, operator set 17, fed with uint8 RGB [1, height, width, 3]")
    .argument(
      "[model]",
      "a shipped model, a .safetensors file, or ENet's public CamVid checkpoint (.pth)",
      DEFAULT_MODEL,
    )
    .requiredOption("-o, --output <file>", "the .onnx file")
    .option(
      "--resolution <size>",
      "of the input: full (2048x1024), half, quarter or WxH",
      argument(parseResolution),
      "full",
    )
    .option(
      "--head <kind>",
      "logits at 1/8, cls (labels), or prob (labels and confidence)",
      oneOf(["logits", "cls", "prob"]),
      "logits",
    )
    .option("--overwrite", "replace the output if it exists")
    .option(...DEBUG)
    .action(async (reference: string, flags: ExportOptions & { readonly output: string }) => {
      const { output } = flags;
      if (!/\.onnx$/i.test(output)) {
        throw new TypeError(`Cannot export to ${JSON.stringify(output)}: name an .onnx file.`);
      }
      const { size, bytes } = await exportModel(output, { ...flags, model: reference });
      const megabytes = (bytes / 1e6).toFixed(1);
      print([`wrote ${output}: ${size.width}x${size.height}, ${megabytes} MB`]);
    });
}

function layout(): (text: string) => string {
  return oneOf(LAYOUT_NAMES);
}

function print(lines: readonly string[]): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${lines.join("\n")}\n`));
}
