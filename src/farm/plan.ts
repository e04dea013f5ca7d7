/** Looks into a file and decides where to cut it. */
import type { CutTools } from "../ffmpeg/cuts.ts";
import { findCuts } from "../ffmpeg/cuts.ts";
import { Decoder } from "../ffmpeg/decoder.ts";
import { conversionFor } from "../ffmpeg/filters.ts";
import { type Probe, probe } from "../ffmpeg/probe.ts";
import { i420Layout } from "../frame/geometry.ts";
import { graphCacheFolder } from "../infer/graph_cache.ts";
import { int8MakerFor, type PrecisionChoice } from "../infer/precision.ts";
import { openModel } from "../model/any_model.ts";
import type { ChunkJob, FileJob, FilePlan } from "./jobs.ts";
import type { Machine } from "./machine.ts";

/**
 * Plans a file: cuts a part apart, and what all of them are computed with.
 *
 * @param input What ffmpeg reads the file as.
 * @param isAllCpu Whether every worker of the farm runs the network on its processor.
 * @throws {InputError} If the file cannot be read or holds no video.
 */
export async function planFile(
  job: FileJob,
  input: string,
  machine: Machine,
  options: { signal: AbortSignal; isAllCpu: boolean },
): Promise<FilePlan> {
  const { signal } = options;
  const tools = { ...machine.tools, signal };
  const found = await probe(input, { ffmpeg: machine.ffmpeg, signal });
  const [originUs, cutsUs, precision] = await Promise.all([
    firstFrameUs(found, tools),
    findCuts(found, job.chunkMs * 1000, tools),
    choosePrecision(job.segment, options.isAllCpu),
  ]);
  return {
    // Where nothing decodes, the run says so.
    originUs: originUs ?? 0,
    cutsUs: originUs === undefined ? [] : cutsUs.filter((us) => us > originUs),
    precision,
    frameCount: found.frameCount,
  };
}

/** The same plan without the cuts at which parts were found not to decode alone. */
export function withoutCuts(plan: FilePlan, unclean: readonly ChunkJob[]): FilePlan {
  const given = unclean.map(({ startUs }) => startUs);
  // The first part has no cut before it: what is wrong there may end with the next cut.
  const isFirst = given.includes(undefined);
  const cutsUs = plan.cutsUs.filter((us, index) =>
    !given.includes(us) && !(isFirst && index === 0)
  );
  return { ...plan, cutsUs };
}

/** When the first frame that decodes comes. */
async function firstFrameUs(found: Probe, { ffmpeg, signal }: CutTools) {
  const decoder = new Decoder(ffmpeg, found, conversionFor(found, ffmpeg), signal);
  try {
    return await decoder.readFrame(new Uint8Array(i420Layout(found.size).byteLength));
  } finally {
    await decoder.kill();
  }
}

/** 8 bits where `auto` would take them here, and where every other worker can. */
async function choosePrecision(
  { model, precision = "auto" }: { model?: string; precision?: PrecisionChoice },
  isAllCpu: boolean,
): Promise<"fp32" | "int8"> {
  if (precision !== "auto") return precision;
  if (!isAllCpu) return "fp32";
  const choice = { precision, provider: "cpu" } as const;
  const make = await int8MakerFor(await openModel(model, {}), choice, graphCacheFolder());
  return make === undefined ? "fp32" : "int8";
}
