/** The fps report: what this machine can do, measured so that it can be compared. */
import { basename } from "node:path";
import { findFfmpeg } from "../ffmpeg/binary.ts";
import { probe } from "../ffmpeg/probe.ts";
import { redact } from "../ffmpeg/redact.ts";
import type { PrecisionChoice } from "../infer/precision.ts";
import { loadModel } from "../model/model.ts";
import type { NetworkName } from "../model/networks/figures.ts";
import type { Resolution } from "../model/resolution.ts";
import { defaultWorkers } from "../pipeline.ts";
import type { BenchReport, BenchRow, Bill } from "../report/bench_report.ts";
import { isStreet } from "../source/open.ts";
import { VERSION } from "../version.ts";
import { Calibration } from "./calibration.ts";
import { describeEnvironment } from "./environment.ts";
import { findGoals, type HeadShares } from "./goals.ts";
import { benchNetworks } from "./network_rows.ts";
import { benchComparison } from "./networks.ts";
import { FULL_PROTOCOL, QUICK_PROTOCOL } from "./protocol.ts";
import { type BenchProviders, planProviders } from "./providers.ts";
import { benchResolution, DEFAULT_RESOLUTIONS } from "./rows.ts";
import { benchVideos } from "./video_rows.ts";
import { findWarnings } from "./warnings.ts";

/** What to measure. */
export interface BenchmarkOptions {
  /** What the end-to-end runs read: a file, a URL, or `street:`, the drawn scene, by default. */
  readonly input?: string;
  /** Of the network; full, half and quarter by default. */
  readonly resolutions?: readonly Resolution[];
  /** `auto` by default: the fastest that is here. */
  readonly provider?: BenchProviders;
  /** Of the CPU's arithmetic; `auto` by default: both alone, and videos as the product does. */
  readonly precision?: PrecisionChoice;
  /** Name of a model that comes with segstream, or a .safetensors file. */
  readonly model?: string;
  /** The ffmpeg to run; SEGSTREAM_FFMPEG, then the bundled one by default. */
  readonly ffmpeg?: string;
  /** Measures less: a first impression within a minute. */
  readonly quick?: boolean;
  /** Also compares the memory of 3,000 frames with that of 300, which takes a minute. */
  readonly memory?: boolean;
  /** Leaves the other part out: the network alone, or from file to file. */
  readonly only?: "network" | "video";
  /** Also compares these networks, those of the paper's Table 5; none by default. */
  readonly networks?: readonly NetworkName[];
  /** How long the program took to come to this call, in milliseconds; part of the first frame. */
  readonly startUpMs?: number;
  /** Aborting it ends the benchmark at once; `benchmark()` then rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Called with what is being measured now. */
  readonly onPhase?: (phase: string) => void;
}

/** What `benchmark()` of the library does; it is documented there. */
export async function benchmark(options: BenchmarkOptions = {}): Promise<BenchReport> {
  const { input = "street:", only, quick = false, signal, onPhase = () => {} } = options;
  if (isStreet(input) && input !== "street:") {
    throw new TypeError(
      `Cannot measure with "${input}": the benchmark draws its street at the network's sizes. ` +
        'Name a file, or "street:" alone.',
    );
  }
  if (options.model !== undefined && /\.onnx$/i.test(options.model)) {
    const model = JSON.stringify(options.model);
    throw new TypeError(
      `Cannot measure ${model}: the benchmark builds the heads, precisions and the naive way that it ` +
        "compares from weights. Name a .safetensors file; or segment a video with --model " +
        `${model}: that report has the fps and the cost of every stage.`,
    );
  }
  const beganMs = performance.now();
  const date = new Date().toISOString();
  const protocol = quick ? QUICK_PROTOCOL : FULL_PROTOCOL;
  const resolutions = (options.resolutions ?? DEFAULT_RESOLUTIONS).map((wanted) => ({
    wanted,
    resolution: benchResolution(wanted),
  }));
  if (only !== "network" && !isStreet(input)) {
    await probe(input, { ffmpeg: options.ffmpeg, signal }); // not after minutes
  }
  onPhase("looking at the machine");
  const [ffmpeg, model] = await Promise.all([
    findFfmpeg({ path: options.ffmpeg }),
    loadModel(options.model),
  ]);
  const providers = await planProviders(options.provider ?? "auto", model);
  const environment = await describeEnvironment({
    ...{ ffmpeg, model, segstream: VERSION },
    input: isStreet(input) ? input : basename(redact(input)),
    provider: providers.chosen,
    adapter: providers.adapter,
  });
  using calibration = new Calibration(beganMs);
  const notes = [...providers.notes];
  const context = {
    ...{ ffmpeg, model, protocol, calibration, beganMs, resolutions, providers, signal, onPhase },
    workers: defaultWorkers(),
    precision: options.precision ?? "auto",
    onNote: (note: string) => notes.push(note),
  };
  const rows: BenchRow[] = [];
  let bills: readonly Bill[] = [];
  let timeline: BenchReport["timeline"];
  let memoryGrowth: number | undefined;
  let headShares: HeadShares = { fp32: undefined, int8: undefined };
  let networks: BenchReport["networks"];
  if (only !== "network") {
    const { memory = false, startUpMs = 0 } = options;
    const videos = await benchVideos({ ...context, input, memory, startUpMs });
    rows.push(...videos.rows);
    ({ bills, timeline, memoryGrowth } = videos);
  }
  if (only !== "video") {
    const networks = await benchNetworks(context);
    rows.unshift(...networks.rows);
    ({ headShares } = networks);
  }
  if (options.networks !== undefined && options.networks.length > 0) {
    const comparison = await benchComparison(options.networks, context);
    rows.push(...comparison.rows);
    ({ networks } = comparison);
  }
  await calibration.measure();
  const paces = calibration.result();
  const { workers } = context;
  return {
    ...{ format: "segstream-bench", version: 1, date },
    seconds: (performance.now() - beganMs) / 1000,
    ...{ environment, protocol, rows, bills },
    calibration: paces.oneCore,
    calibrationOfAllCores: paces.allCores,
    goals: findGoals({ rows, bills, workers, headShares, memoryGrowth }),
    ...(timeline && { timeline }),
    ...(networks && { networks }),
    notes,
    warnings: findWarnings({ rows, paces, environment }),
  };
}
