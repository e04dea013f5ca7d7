import type { Command } from "commander";
import { resolve } from "node:path";
import { below, type CameraJob, type SegmentChoice } from "../../farm/jobs.ts";
import type { FileRequest, Submitted } from "../../farm/submit.ts";
import { checkFile, parseInput } from "../../ffmpeg/input.ts";
import { parseDuration } from "../../frame/duration.ts";
import { PRECISIONS } from "../../infer/precision.ts";
import { DEFAULT_MODEL } from "../../model/registry.ts";
import { VIEWS } from "../../overlay/blend.ts";
import { argument, EXIT, number, oneOf } from "../exit.ts";
import { defaultOutput } from "../output_name.ts";
import { parseResolution } from "../resolution.ts";
import { addConnectionFlags, type ConnectionFlags, withRedis } from "./connection.ts";

/** The options as commander gives them. */
type Options = ConnectionFlags & SegmentChoice & {
  readonly out?: string;
  readonly masks?: boolean;
  readonly overwrite?: boolean;
  readonly chunk?: number;
  readonly attempts: number;
  readonly camera?: boolean;
  readonly json?: boolean;
};

const SHARE = { min: 0, max: 1 };
const CRF = { min: 0, max: 63 };
const ATTEMPTS = { min: 1, max: 100, integer: true };

const CHUNK_MS = 60_000;

const SHORTEST_CHUNK_MS = 100;

const NOTES = `
A directory is one that all workers see under the same path. An output is named like its input,
drive.segmented.mp4, and has that name when it is complete. What is queued already, with the same
output and options, is not queued twice.`;

/** Adds `segstream farm submit`. */
export function addSubmitCommand(farm: Command, exit: (code: number) => void): void {
  const command = farm.command("submit")
    .description("queue files, or cameras with --camera")
    .argument("<input...>", "paths, URLs, s3://bucket/key; with --camera URLs or NAME=URL")
    .option("--out <dir>", "a directory that all workers see, or s3://bucket/prefix")
    .option("--masks", "class maps too, lossless: NAME.masks.mkv")
    .option("--overwrite", "replace outputs that exist")
    .option("--camera", "the inputs are cameras, each watched until it is cancelled")
    .option("--chunk <time>", "length of a part of a long file (default: 1m)", argument(parseChunk))
    .option("--attempts <n>", "tries before a file counts as failed", number(ATTEMPTS), 3)
    .option(
      "--model <name>",
      "a shipped model, a file that all workers see, or NAME@URL#sha256",
      DEFAULT_MODEL,
    )
    .option("--resolution <size>", "full, half, quarter or WxH", argument(parseResolution), "half")
    .option(
      "--precision <kind>",
      "fp32, int8, or auto: alike on all workers",
      oneOf(PRECISIONS),
      "auto",
    )
    .option("--view <kind>", VIEWS.join(", "), oneOf(VIEWS), "overlay")
    .option("--alpha <share>", "how much of the tint covers the source, 0 to 1", number(SHARE))
    .option("--classes <list>", "tint only these: names, categories or ids")
    .option("--hide <list>", "do not tint these")
    .option("--legend", "name the classes on the picture")
    .option("--encoder <name>", "an encoder of the workers' ffmpeg")
    .option("--crf <n>", "constant quality; smaller is better and larger", number(CRF))
    .option("--preset <name>", "speed against size, in the encoder's words")
    .option("--json", "print what was queued as data");
  addConnectionFlags(command)
    .addHelpText("after", NOTES)
    .action(async (inputs: string[], options: Options) => exit(await run(inputs, options)));
}

/** @throws {RangeError} If it is no duration, or too short. */
function parseChunk(text: string): number {
  const ms = parseDuration(text);
  if (ms >= SHORTEST_CHUNK_MS) return ms;
  throw new RangeError(`It must be ${SHORTEST_CHUNK_MS}ms or more.`);
}

async function run(inputs: readonly string[], options: Options): Promise<number> {
  const { attempts } = options;
  const { submitCameras, submitFiles } = await import("../../farm/submit.ts");
  const cameras = options.camera ? inputs.map((input) => cameraOf(input, options)) : [];
  const files = options.camera
    ? []
    : await Promise.all(inputs.map((input) => fileOf(input, options)));
  const submitted = await withRedis(options, async (redis) => [
    ...await submitFiles(redis, files, { attempts }),
    ...await submitCameras(redis, cameras),
  ]);
  const text = options.json
    ? JSON.stringify(submitted, null, 1)
    : submitted.map(describe).join("\n");
  await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));
  return EXIT.ok;
}

function describe({ id, output, state }: Submitted): string {
  const where = output === undefined ? "" : ` → ${output}`;
  return `${state === "queued" ? "queued" : "known "} ${id}${where}`;
}

/** @throws {TypeError | InputError} If there is no --out, or no such file. */
async function fileOf(input: string, options: Options): Promise<FileRequest> {
  if (options.out === undefined) {
    throw new TypeError(
      "Cannot submit files without --out: name a directory or s3://bucket/prefix.",
    );
  }
  const name = input.startsWith("s3://") ? input : await localName(input);
  const out = isUrl(options.out) ? options.out : resolve(options.out);
  const output = below(out, defaultOutput(input));
  return {
    input: name,
    output,
    ...(options.masks && { masks: output.replace(/\.[^.]*$/, ".masks.mkv") }),
    chunkMs: options.chunk ?? CHUNK_MS,
    overwrite: options.overwrite ?? false,
    segment: segmentOf(options),
  };
}

/** A path becomes absolute, because workers are somewhere else. */
async function localName(input: string): Promise<string> {
  const media = parseInput(input);
  if (media.kind !== "file") return input;
  await checkFile(media.path);
  return resolve(media.path);
}

function cameraOf(input: string, options: Options): CameraJob {
  const [, name, url = input] = /^([\w .-]+)=(.*)$/.exec(input) ?? [];
  return {
    url,
    name: name ?? url.replace(/^[a-z]+:\/\//i, ""),
    ...(options.out !== undefined &&
      { output: isUrl(options.out) ? options.out : resolve(options.out) }),
    segment: segmentOf(options),
  };
}

function isUrl(name: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(name);
}

/** Only what was asked for: the rest is the workers' default. */
function segmentOf(options: Options): SegmentChoice {
  const { model, resolution, precision, view, alpha, classes, hide, legend } = options;
  const { encoder, crf, preset } = options;
  const all = {
    model,
    resolution,
    precision,
    view,
    alpha,
    classes,
    hide,
    legend,
    encoder,
    crf,
    preset,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as SegmentChoice;
}
