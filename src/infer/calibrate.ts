/** Calibration: runs a model's float network over images and notes what its activations hold. */

import type { Tensor } from "onnxruntime-node";
import type { Colour } from "../frame/colour.ts";
import { formatSize, type Size } from "../frame/geometry.ts";
import { buildFastScnn } from "../model/fast_scnn.ts";
import { LayerWeights } from "../model/layer_weights.ts";
import type { Model } from "../model/model.ts";
import { encodeOnnx } from "../model/onnx/model_proto.ts";
import { listActivations } from "../model/quantize/activations.ts";
import {
  ChannelExtremes,
  ChannelHistograms,
  type Statistics,
} from "../model/quantize/statistics.ts";
import { modelSize, type Resolution } from "../model/resolution.ts";
import { INPUT_NAMES } from "../model/stem.ts";
import { createPreparer } from "./prepare/prepare.ts";
import { loadSession, toTensor } from "./session.ts";

/** A frame to calibrate with. */
export interface CalibrationFrame {
  /** Both sides are even. */
  readonly size: Size;
  /** Packed I420; only read. */
  readonly pixels: Uint8Array;
}

/** How {@link collectStatistics} works. */
export interface CollectOptions {
  /** Of the frames. */
  readonly colour: Colour;
  /** Each frame is fed at all of these. */
  readonly resolutions: readonly Resolution[];
  /** The share of a channel's values that may lie beyond each end of its range. */
  readonly rare: number;
  /** Aborting it rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every run of the network, with the share that is done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** One frame at one size of the network. */
interface Job {
  readonly frame: CalibrationFrame;
  readonly size: Size;
}

const CPU = { provider: "cpu", threads: 1 } as const;

/**
 * Collects the statistics of every activation, in two passes: the extremes, then how often what lies
 * between them occurs.
 *
 * Memory: all activations of one frame. Thread: blocks its own while a frame runs.
 *
 * @throws {RangeError} If there are no frames.
 * @throws {ModelError} If the model cannot be built.
 */
export async function collectStatistics(
  model: Model,
  frames: readonly CalibrationFrame[],
  options: CollectOptions,
): Promise<Statistics> {
  if (frames.length === 0) throw new RangeError("Cannot calibrate without images.");
  const jobs = listJobs(frames, options.resolutions);
  const extremes = new Map<string, ChannelExtremes>();
  const histograms = new Map<string, ChannelHistograms>();
  let done = 0;
  const finishRun = () => {
    options.signal?.throwIfAborted();
    options.onProgress?.(++done / (2 * jobs.length));
  };
  await observe(model, jobs, options.colour, (value, channels, data) => {
    const known = extremes.get(value) ?? new ChannelExtremes(channels);
    extremes.set(value, known);
    known.add(data);
  }, finishRun);
  await observe(model, jobs, options.colour, (value, _channels, data) => {
    const known = histograms.get(value) ?? new ChannelHistograms(extremes.get(value)!);
    histograms.set(value, known);
    known.add(data);
  }, finishRun);
  return new Map([...histograms].map(([value, seen]) => [value, seen.finish(options.rare)]));
}

/** Frames and network sizes that are the same follow each other: they share a session. */
function listJobs(frames: readonly CalibrationFrame[], resolutions: readonly Resolution[]): Job[] {
  const jobs: Job[] = [];
  for (const frame of frames) {
    const sizes = resolutions.map((resolution) => modelSize(frame.size, resolution));
    for (const size of new Map(sizes.map((size) => [formatSize(size), size])).values()) {
      jobs.push({ frame, size });
    }
  }
  const keys = new Map(jobs.map((job) => [job, keyOf(job)]));
  return jobs.sort((a, b) => keys.get(a)! < keys.get(b)! ? -1 : 1);
}

function keyOf({ frame, size }: Job): string {
  return `${formatSize(frame.size)} ${formatSize(size)}`;
}

async function observe(
  model: Model,
  jobs: readonly Job[],
  colour: Colour,
  onValue: (value: string, channels: number, data: Float32Array) => void,
  onRun: () => void,
): Promise<void> {
  for (const group of Map.groupBy(jobs, keyOf).values()) {
    const { frame, size } = group[0]!;
    const graph = buildGraph(model, size, colour);
    const onnx = encodeOnnx({ ...graph, outputs: listActivations(graph) });
    const session = await loadSession({ name: model.name, onnx }, CPU);
    const { luma, chroma } = INPUT_NAMES;
    const preparer = createPreparer({ kind: "i420", luma, chroma }, {
      source: frame.size,
      inputSize: size,
      colour,
    });
    const feeds: Record<string, Tensor> = {};
    for (const buffer of preparer.buffers) feeds[buffer.name] = toTensor(buffer);
    for (const job of group) {
      preparer.run(job.frame.pixels);
      const results = await session.run(feeds);
      for (const [value, { data, dims }] of Object.entries(results)) {
        const values = data as Float32Array<ArrayBuffer>;
        onValue(value, dims[1]!, values);
        values.buffer.transfer(0); // hundreds of megabytes a run, which the collector takes late
      }
      onRun();
    }
    await session.release();
  }
}

function buildGraph({ name, weights, traits }: Model, size: Size, colour: Colour) {
  const layers = new LayerWeights(weights, { model: name, epsilon: traits.epsilon });
  return buildFastScnn(layers, traits, { input: "i420", size, colour }).build();
}
