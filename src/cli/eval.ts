import type { Command } from "commander";
import { formatBeside } from "../eval/beside.ts";
import { type Evaluation, toJson } from "../eval/evaluation.ts";
import { evaluate, type EvaluateOptions } from "../eval/evaluate.ts";
import { LAYOUTS } from "../eval/layout.ts";
import { PICTURE_INPUTS } from "../eval/messages.ts";
import { evaluationPage } from "../eval/page.ts";
import { formatEvaluation } from "../eval/table.ts";
import { findFfmpeg } from "../ffmpeg/binary.ts";
import { parseProvider } from "../infer/providers.ts";
import { DEFAULT_MODEL } from "../model/registry.ts";
import type { Resolution } from "../model/resolution.ts";
import { startProgress } from "../report/progress.ts";
import { wantsColour } from "../report/table.ts";
import { PartialFile } from "../sink/partial_file.ts";
import { startDownloadProgress } from "./download_progress.ts";
import { argument, EXIT, number, oneOf } from "./exit.ts";
import { watchInterrupts } from "./interrupts.ts";
import { addModelFlags, modelFacts, type ModelFlags } from "./model_facts.ts";
import { parseResolutions } from "./resolution.ts";

/** The options as commander gives them. */
type Options = Omit<EvaluateOptions, "resolutions" | "worst"> & {
  readonly resolution?: readonly Resolution[];
  readonly beside?: string;
  readonly json?: string;
  readonly html?: string;
  readonly overwrite?: boolean;
  readonly quiet?: boolean;
  readonly worst: number;
} & ModelFlags;

const EXAMPLES = `
Layouts:
  cityscapes   leftImg8bit/SPLIT/CITY/*_leftImg8bit.png with
               gtFine/SPLIT/CITY/*_gtFine_labelIds.png or …_labelTrainIds.png; 19 classes
  camvid       SPLIT/*.png with SPLITannot/*.png of the same names; 11 classes, 11 is void

Scores are those of Cityscapes: IoU over the pixels of all pictures, void left out; a class that is
neither in the truth nor in the prediction is left out of the mean.

Examples:
  segstream eval cityscapes --resolution full,half,quarter --json scores.json
  segstream eval camvid --resolution 480x352,960x704 --html camvid.html
  segstream eval camvid --skip zero             the paper's ablation`;

const WORKERS = { min: 1, max: 64, integer: true };
const PICTURES = { min: 1, max: 1e6, integer: true };
const WORST = { min: 0, max: 100, integer: true };

/** Adds `segstream eval`: how well a network segments annotated pictures. */
export function addEvalCommand(program: Command, exit: (code: number) => void): void {
  const command = program
    .command("eval")
    .description("Measures IoU by class and category and pixel accuracy on annotated pictures")
    .argument("<dataset>", "a folder in the layout of Cityscapes or CamVid")
    .option("--layout <name>", "cityscapes or camvid", oneOf([...LAYOUTS, "auto"]), "auto")
    .option("--split <name>", "the split (default: val for Cityscapes, test for CamVid)")
    .option("--limit <n>", "only so many pictures, spread evenly over the split", number(PICTURES))
    .optionsGroup("Network:")
    .option(
      "--model <name>",
      "a shipped model, a .safetensors or .onnx file, or NAME@URL#sha256",
      DEFAULT_MODEL,
    )
    .option("--beside <name>", "another model, whose means are printed beside")
    .option(
      "--resolution <list>",
      "of the network: full, half, quarter or WxH (default: full,half,quarter)",
      argument(parseResolutions),
    )
    .option("--input <form>", "rgb (default), or i420 as video has it", oneOf(PICTURE_INPUTS))
    .option("--precision <kind>", "fp32, or int8 on i420", oneOf(["fp32", "int8"]), "fp32")
    .option("--skip <what>", "keep, or zero to silence the skip connection", oneOf(SKIPS), "keep")
    .option(
      "--provider <name>",
      "auto, cpu, webgpu, cuda, coreml or dml; auto times what is there",
      argument(parseProvider),
      "auto",
    )
    .option("--workers <n>", "inference threads (default: one a core)", number(WORKERS));
  addModelFlags(command)
    .optionsGroup("Outputs:")
    .option("--json <file>", "scores and confusion matrices; - for the standard output")
    .option("--html <file>", "one page with the scores and the worst pictures")
    .option("--worst <n>", "how many pictures to show there", number(WORST), 6)
    .option("--overwrite", "replace outputs that exist")
    .option("--ffmpeg <path>", "the ffmpeg to run (default: SEGSTREAM_FFMPEG, then the bundled)")
    .option("--quiet", "print no progress")
    .option("--debug", "print stacks with errors")
    .addHelpText("after", EXAMPLES)
    .action(async (dataset: string, options: Options) => exit(await run(dataset, options)));
}

const SKIPS = ["keep", "zero"] as const;

async function run(dataset: string, options: Options): Promise<number> {
  const facts = await modelFacts(options);
  const quiet = options.quiet ?? false;
  const download = startDownloadProgress({ quiet });
  const { stop, release } = watchInterrupts(() => {});
  const files: PartialFile[] = [];
  let progress: ReturnType<typeof startProgress> | undefined;
  try {
    // Before the work: that a file cannot be written should not be learned after it.
    const json = await reserve(options.json === "-" ? undefined : options.json, options, files);
    const html = await reserve(options.html, options, files);
    const settings: EvaluateOptions = {
      ...options,
      ...(options.resolution && { resolutions: options.resolution }),
      worst: html === undefined ? 0 : options.worst,
      signal: stop,
      onDownload: download.onProgress,
      onStart: ({ pictures }) => {
        download.stop();
        progress = startProgress({ total: pictures, unit: "pictures", quiet });
      },
      onProgress: ({ pictures }) => progress?.update(pictures),
    };
    const own = facts && { modelFacts: facts };
    const evaluation = await evaluate(dataset, { ...settings, ...own });
    progress?.stop("complete");
    const other = options.beside === undefined
      ? undefined
      : await evaluate(dataset, { ...settings, model: options.beside, worst: 0 });
    progress?.stop("complete");
    const text = `${JSON.stringify(toJson(evaluation), null, 2)}\n`;
    if (json !== undefined) await Deno.writeTextFile(json.path, text);
    if (html !== undefined) await Deno.writeTextFile(html.path, await pageOf(evaluation, options));
    print(Deno.stdout, options.json === "-" ? text : `${tableOf(evaluation)}\n`);
    if (other !== undefined && options.json !== "-") {
      print(Deno.stdout, `\n${formatBeside([evaluation, other])}\n`);
    }
    // From here on what is written stays, whatever a name says.
    for (const file of files.splice(0)) print(Deno.stderr, `wrote ${await file.complete()}\n`);
    return EXIT.ok;
  } catch (error) {
    for (const file of files) await file.discard();
    if (stop.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    download.stop();
    progress?.stop("interrupted");
    release();
  }
}

async function reserve(
  path: string | undefined,
  { overwrite }: Options,
  files: PartialFile[],
): Promise<PartialFile | undefined> {
  if (path === undefined) return undefined;
  const file = await PartialFile.create(path, { overwrite });
  files.push(file);
  return file;
}

async function pageOf(evaluation: Evaluation, options: Options): Promise<string> {
  return evaluationPage(evaluation, await findFfmpeg({ path: options.ffmpeg }));
}

function tableOf(evaluation: Evaluation): string {
  const columns = Deno.stdout.isTerminal() ? Deno.consoleSize().columns : 80;
  return formatEvaluation(evaluation, { columns, colour: wantsColour(Deno.stdout) });
}

function print(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let offset = 0; offset < bytes.length;) offset += stream.writeSync(bytes.subarray(offset));
}
