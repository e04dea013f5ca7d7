import type { Command } from "commander";
import { nowMs } from "../frame/clock.ts";
import { VIEWS } from "../overlay/blend.ts";
import { PRECISIONS } from "../infer/precision.ts";
import { parseProvider } from "../infer/providers.ts";
import { DEFAULT_MODEL } from "../model/registry.ts";
import { startProgress } from "../report/progress.ts";
import { formatTable, wantsColour } from "../report/table.ts";
import { type RunResult, segmentVideo, type SegmentVideoOptions } from "../segment_video.ts";
import { argument, EXIT, number, oneOf } from "./exit.ts";
import { watchInterrupts } from "./interrupts.ts";
import { defaultOutput } from "./output_name.ts";
import { startDownloadProgress } from "./download_progress.ts";
import { addModelFlags, modelFacts, type ModelFlags } from "./model_facts.ts";
import { parseResolution } from "./resolution.ts";
import type { StreetDatasetFlags } from "./street_dataset.ts";
import { addWatchFlags, collect, isWatchCommand, type WatchFlags } from "./watch_flags.ts";

/** The options as commander gives them. */
type Options =
  & SegmentVideoOptions
  & {
    readonly output?: readonly string[];
    /** False with `--no-video`. */
    readonly video: boolean;
    readonly quiet?: boolean;
    readonly debug?: boolean;
  }
  & ModelFlags
  & WatchFlags
  & StreetDatasetFlags;

const EXAMPLES = `
Examples:
  segstream drive.mp4                          writes drive.segmented.mp4
  segstream drive.mp4 -o tinted.mkv --hud --legend
  segstream drive.mp4 --classes road,vehicle,human --alpha 0.7
  segstream drive.mp4 --no-video --masks masks/ --stats frames.csv
  segstream street:size=1920x1080,seconds=4 -o street.mp4
  segstream drive.mp4 -o - | ffplay -
  segstream rtsp://user:secret@camera/stream --live :8080
  segstream rtsp://gate/1 rtsp://yard/1 --live 0.0.0.0:8080 --target-fps 10
  segstream rtsp://gate/1 -o gate.mp4 --segment 10m --events gate.ndjson --when 'person>2%'

Ctrl-C finishes the frames in flight and keeps a playable file under a partial name; a second one
stops at once.`;

/** Adds what `segstream <input>` does: segment a video into a file. */
export function addSegmentCommand(program: Command, exit: (code: number) => void): void {
  program
    .description("Tints every pixel of a video by what it shows: road, cars, people, sky …")
    .argument("[inputs...]", "a file, a URL, cameras, or street: for a drawn scene")
    .option(
      "-o, --output <where>",
      "the video: .mp4, .mov, .mkv, .webm, .ts, or - for stdout; of a camera also rtsp://, " +
        "rtmp:// or FOLDER/ for HLS, several if need be",
      collect,
    )
    .option("--no-video", "write no video, only masks, stats or trace")
    .option("--overwrite", "replace outputs that exist")
    .optionsGroup("Network:")
    .option(
      "--model <name>",
      "a shipped model, a .safetensors or .onnx file, or NAME@URL#sha256",
      DEFAULT_MODEL,
    )
    .option(
      "--resolution <size>",
      "of the network: full, half, quarter or WxH",
      argument(parseResolution),
      "half",
    )
    .option(
      "--provider <name>",
      "auto, cpu, webgpu, cuda, coreml or dml; auto times what is there",
      argument(parseProvider),
      "auto",
    )
    .option(
      "--precision <kind>",
      "on the CPU: fp32, int8, or auto: int8 where it is faster",
      oneOf(PRECISIONS),
      "auto",
    )
    .option("--workers <n>", "inference threads (default: one a core)", number(WORKERS))
    .option("--head <kind>", "cls, or prob to fade what is uncertain", oneOf(HEADS), "cls")
    .option("--every <n>", "run the network on every n-th frame only", number(EVERY))
    .option("--skip-still", "reuse the last class map while nothing moves");
  addModelFlags(program)
    .optionsGroup("Picture:")
    .option("--view <kind>", VIEWS.join(", "), oneOf(VIEWS), "overlay")
    .option("--alpha <share>", "how much of the tint covers the source, 0 to 1", number(SHARE))
    .option("--palette <file>", 'colours by class: JSON, or lines of "road 128 64 128"')
    .option("--classes <list>", "tint only these: names, categories or ids")
    .option("--hide <list>", "do not tint these")
    .option("--legend", "name the classes on the picture")
    .option("--hud", "show fps, latency, provider and resolution on the picture")
    .optionsGroup("Encoding:")
    .option("--encoder <name>", "an encoder of ffmpeg (default: libx264; WebM: libvpx-vp9)")
    .option("--crf <n>", "constant quality; smaller is better and larger", number(CRF))
    .option("--preset <name>", "speed against size, in the encoder's words")
    .option("--format <name>", "container of -o - (default: matroska)")
    .option("--ffmpeg <path>", "the ffmpeg to run (default: SEGSTREAM_FFMPEG, then the bundled)")
    .optionsGroup("More outputs of a file:")
    .option("--masks <dir|file.mkv>", "class ids, lossless: PNGs in a folder, or FFV1")
    .option("--stats <file>", "a timing record for each frame: .jsonl or .csv")
    .option("--trace <file.json>", "the run for ui.perfetto.dev")
    .option("--frames-out <dir>", "of street: alone: its frames as PNGs, to train on")
    .option("--labels-out <dir>", "of street: alone: their true class ids as PNGs")
    .option("--quiet", "print nothing but errors")
    .option("--debug", "print stacks with errors");
  addWatchFlags(program)
    .addHelpText("after", EXAMPLES)
    .action(async (inputs: readonly string[], options: Options) =>
      exit(await dispatch(inputs, options))
    );
}

const WORKERS = { min: 1, max: 64, integer: true };
const EVERY = { min: 1, max: 1000, integer: true };
const SHARE = { min: 0, max: 1 };
const CRF = { min: 0, max: 63 };
const HEADS = ["cls", "prob"] as const;

/** A file is read to its end; what is live runs until it is told to stop. */
async function dispatch(inputs: readonly string[], options: Options): Promise<number> {
  if (inputs.length === 0 && options.config === undefined) {
    throw new TypeError("Cannot segment nothing: name an input. See segstream --help.");
  }
  if (options.framesOut !== undefined || options.labelsOut !== undefined) {
    const { runStreetDataset } = await import("./street_dataset.ts");
    return await runStreetDataset(inputs[0] ?? "", options);
  }
  if (isWatchCommand(inputs, options)) {
    const { watchCameras } = await import("./watch.ts");
    return await watchCameras(inputs, options);
  }
  return await run(inputs[0]!, options);
}

async function run(input: string, options: Options): Promise<number> {
  const startedAtMs = performance.timeOrigin;
  if (options.output !== undefined && options.output.length > 1) {
    throw new TypeError("Cannot write a file's video twice. Name one --output.");
  }
  const output = options.video ? options.output?.[0] ?? defaultOutput(input) : undefined;
  checkOutputs(options, output);
  const facts = await modelFacts(options);
  const download = startDownloadProgress({ quiet: options.quiet ?? false });
  const { stop, kill, release } = watchInterrupts((line) => progress?.note(line));
  let progress: ReturnType<typeof startProgress> | undefined;
  let result: RunResult | undefined;
  try {
    result = await segmentVideo(input, output, {
      ...options,
      stop,
      signal: kill,
      startedAtMs: Math.min(startedAtMs, nowMs()),
      ...(facts && { modelFacts: facts }),
      onDownload: download.onProgress,
      onStart: ({ frameCount }) => {
        download.stop();
        progress = startProgress({ total: frameCount, quiet: options.quiet ?? false });
      },
      onProgress: ({ frames, dropped }) => progress?.update(frames, dropped),
    });
  } catch (error) {
    if (kill.aborted || error === stop.reason) return EXIT.interrupted;
    throw error;
  } finally {
    download.stop();
    progress?.stop(result?.outcome ?? "interrupted");
    release();
  }
  if (!options.quiet) print(result);
  return result.outcome === "complete" ? EXIT.ok : EXIT.interrupted;
}

/** @throws {TypeError} If the options ask for nothing, or for what another of them rules out. */
function checkOutputs(options: Options, output: string | undefined): void {
  const { video, masks, stats, trace, format } = options;
  if (!video && options.output !== undefined) {
    throw new TypeError("Cannot write --output with --no-video. Leave one of them out.");
  }
  if (!video && !(masks ?? stats ?? trace)) {
    throw new TypeError("Cannot run with --no-video alone: name --masks, --stats or --trace.");
  }
  if (format !== undefined && output !== "-") {
    throw new TypeError("Cannot use --format without -o -: a file's extension says its format.");
  }
}

/** The table goes to stderr: stdout may be the video. */
function print(result: RunResult): void {
  const columns = Deno.stderr.isTerminal() ? Deno.consoleSize().columns : 80;
  const lines: string[] = [];
  if (result.report.frames > 0) {
    lines.push(formatTable(result.report, { columns, colour: wantsColour(Deno.stderr) }));
  }
  for (const note of result.notes) lines.push(`note: ${note}`);
  const verb = result.outcome === "complete" ? "wrote" : "interrupted: kept";
  for (const path of Object.values(result.paths)) {
    if (path !== undefined) lines.push(`${verb} ${path}`);
  }
  Deno.stderr.writeSync(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
}
