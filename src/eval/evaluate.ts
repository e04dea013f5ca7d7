/** `evaluate()`: how well a network segments annotated pictures. */
import { findFfmpeg } from "../ffmpeg/binary.ts";
import { evenSize, formatSize, type Size } from "../frame/geometry.ts";
import { chooseProvider } from "../infer/choose.ts";
import type { Provider, ProviderChoice } from "../infer/providers.ts";
import { type AnyModel, isCustom, openModel } from "../model/any_model.ts";
import type { CustomFacts } from "../model/custom/sidecar.ts";
import type { DownloadProgress } from "../model/download.ts";
import type { Precision } from "../model/network.ts";
import type { Resolution } from "../model/resolution.ts";
import { mapClasses } from "./class_map.ts";
import { type DatasetOptions, openDataset } from "./dataset.ts";
import { type Evaluation, nameResolution, type ResolutionResult } from "./evaluation.ts";
import { examineAll } from "./examine_all.ts";

import { I420_COLOUR } from "./i420.ts";
import { calibrationFor } from "./int8.ts";
import type { PictureInput, Setup } from "./messages.ts";
import { networkOf } from "./network_of.ts";
import { readPicture } from "./picture.ts";
import { Tally } from "./tally.ts";

/** How to evaluate. */
export interface EvaluateOptions extends DatasetOptions {
  /** The network's input sizes; full, half and quarter by default. */
  readonly resolutions?: readonly Resolution[];
  /** A model that comes with segstream, a .safetensors or .onnx file, or `NAME@URL#sha256`. */
  readonly model?: string;
  /** What an .onnx file does not say of itself; goes before its sidecar. */
  readonly modelFacts?: CustomFacts;
  /** Called while a model is downloaded. */
  readonly onDownload?: (name: string, progress: DownloadProgress) => void;
  /** Where the network runs; `auto` by default. */
  readonly provider?: ProviderChoice;
  /** Threads, with a session for each resolution; one a core by default, two on an accelerator. */
  readonly workers?: number;
  /** `rgb` by default; `i420` takes the product's own path, with its chroma of a quarter. */
  readonly input?: PictureInput;
  /** `zero` silences the skip connection, as the paper's ablation does. */
  readonly skip?: "keep" | "zero";
  /** `fp32` by default; `int8` runs on the CPU, as in the product: on I420, with its skip connection. */
  readonly precision?: Precision;
  /** How many of the worst pictures to keep; 6 by default. */
  readonly worst?: number;
  /** The ffmpeg to run; SEGSTREAM_FFMPEG, then the bundled one by default. */
  readonly ffmpeg?: string;
  /** Aborting it ends the evaluation, which rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Called once everything is open, before the first picture. */
  readonly onStart?: (start: { readonly pictures: number }) => void;
  /** Called after every picture. */
  readonly onProgress?: (progress: { readonly pictures: number }) => void;
}

const DEFAULT_RESOLUTIONS = ["full", "half", "quarter"] as const;
const DEFAULT_WORST = 6;

const LIST = new Intl.ListFormat("en-GB");

/** An accelerator works on one picture at a time; a second thread prepares the next meanwhile. */
const ACCELERATOR_WORKERS = 2;

/** What `evaluate()` of the library does; it is documented there. */
export async function evaluate(path: string, options: EvaluateOptions = {}): Promise<Evaluation> {
  const resolutions = options.resolutions ?? DEFAULT_RESOLUTIONS;
  if (resolutions.length === 0) throw new RangeError("Cannot evaluate at no resolution: name one.");
  const [dataset, model, binary] = await Promise.all([
    openDataset(path, options),
    openModel(options.model, {
      ...(options.modelFacts && { facts: options.modelFacts }),
      ...(options.onDownload && { onProgress: options.onDownload }),
      ...(options.signal && { signal: options.signal }),
    }),
    findFfmpeg({ path: options.ffmpeg }),
  ]);
  if (isCustom(model) && options.skip === "zero") {
    throw new TypeError(`Cannot zero the skip connection of "${model.name}": its graph is fixed.`);
  }
  const calibration = await calibrationFor(model, options);
  const { classes } = dataset.layout;
  const { classOf, missing } = mapClasses(model.classes, classes);
  const first = await readPicture(binary, dataset.samples[0]!, options);
  const plan: Omit<Setup, "provider"> = {
    model,
    input: options.input ?? (calibration ? "i420" : "rgb"),
    skip: options.skip ?? "keep",
    ...(calibration && { calibration }),
    resolutions,
    classOf,
    classes: classes.length,
  };
  const { provider, workers } = await chooseThreads(plan, first.size, options);
  const tally = new Tally(dataset, resolutions, options.worst ?? DEFAULT_WORST);
  options.onStart?.({ pictures: dataset.samples.length });
  const startMs = performance.now();
  await examineAll(dataset.samples, {
    ...options,
    binary,
    setup: { ...plan, provider },
    workers: Math.min(workers, dataset.samples.length),
    onResult(sample, result) {
      tally.add(sample, result);
      options.onProgress?.({ pictures: tally.pictures });
    },
  });
  const seconds = (performance.now() - startMs) / 1000;
  const results = tally.results();
  const { layout, split, available } = dataset;
  return {
    dataset: {
      path,
      layout: layout.name,
      title: layout.title,
      split,
      pictures: tally.pictures,
      available,
      size: tally.size,
    },
    model: model.name,
    provider,
    workers,
    input: plan.input,
    skip: plan.skip,
    seconds,
    classes,
    results,
    worst: tally.worst,
    notes: [
      ...(calibration ? ["the network ran in int8"] : []),
      ...notesOf(model, results, missing),
    ],
  };
}

function notesOf(
  model: AnyModel,
  results: readonly ResolutionResult[],
  missing: readonly string[],
): string[] {
  const notes: string[] = [];
  const reason = isCustom(model)
    ? "the file fixes its size, or sides round to the same multiples of 32"
    : "sides are multiples of 32, and a named resolution does not enlarge a picture";
  const shared = Map.groupBy(results, ({ networkSize }) => networkSize && formatSize(networkSize));
  for (const [size, group] of shared) {
    if (size === undefined || group.length === 1) continue;
    const names = group.map(({ resolution }) => nameResolution(resolution));
    notes.push(`${LIST.format(names)} are ${size} here: ${reason}`);
  }
  if (missing.length > 0) {
    notes.push(`the network has no class for ${LIST.format(missing)}: it misses them everywhere`);
  }
  return notes;
}

async function chooseThreads(
  plan: Omit<Setup, "provider">,
  size: Size,
  options: EvaluateOptions,
): Promise<{ provider: Provider; workers: number }> {
  const cores = options.workers ?? navigator.hardwareConcurrency;
  const network = networkOf(plan, size, plan.resolutions[0]!);
  const choice = plan.calibration ? "cpu" : options.provider ?? "auto";
  const { provider } = await chooseProvider(choice, network, {
    segmenter: { source: evenSize(size), colour: I420_COLOUR, threads: 1 },
    workers: cores,
  });
  const workers = options.workers ?? (provider === "cpu" ? cores : ACCELERATOR_WORKERS);
  return { provider, workers };
}
