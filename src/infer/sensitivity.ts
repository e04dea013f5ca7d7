/** Sensitivity: what each layer alone costs when it is quantised. */

import type { Size } from "../frame/geometry.ts";
import { buildNetwork, type Model } from "../model/model.ts";
import type { Network } from "../model/network.ts";
import type { Calibration } from "../model/quantize/calibration.ts";
import { buildInt8Network, listQuantizable } from "../model/quantize/network.ts";
import { modelSize, type Resolution } from "../model/resolution.ts";
import type { Colour } from "../frame/colour.ts";
import type { CalibrationFrame } from "./calibrate.ts";
import { createPreparer } from "./prepare/prepare.ts";
import { NetworkSession } from "./session.ts";

/** What quantising a layer does to the logits, compared with the float network's. */
export interface LayerSensitivity {
  /** The layer that is quantised; "all" for the whole network. */
  readonly layer: string;
  /** Share of the grid's points whose class is another. */
  readonly changed: number;
  /** Power of the logits over that of the error, in decibels. */
  readonly signalToNoiseDb: number;
}

/** How {@link measureSensitivity} works. */
export interface SensitivityOptions {
  /** Of the frames. */
  readonly colour: Colour;
  /** Of the network. */
  readonly resolution: Resolution;
  /** Aborting it rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every layer, with the share that is done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/**
 * Quantises each layer by itself, the rest in float32, and compares the logits on frames of one size.
 *
 * @returns The whole network first, then its layers, those that change most first.
 * @throws {ModelError} If the model cannot be built.
 */
export async function measureSensitivity(
  model: Model,
  calibration: Calibration,
  frames: readonly CalibrationFrame[],
  options: SensitivityOptions,
): Promise<LayerSensitivity[]> {
  const source = frames[0]!.size;
  const { colour } = options;
  const size = modelSize(source, options.resolution);
  const run = (network: Network) => runAll(network, frames, source, colour);
  const exact = await run(buildNetwork(model, { input: "i420", size, colour }));
  const layers = listQuantizable(model);
  const compare = async (layer: string, keep: readonly string[]) => {
    const network = buildInt8Network(model, { ...calibration, keep }, { size, colour });
    return { layer, ...compareLogits(exact, await run(network), model.classes.length) };
  };
  const all = await compare("all", calibration.keep);
  const alone: LayerSensitivity[] = [];
  for (const layer of layers) {
    options.signal?.throwIfAborted();
    alone.push(await compare(layer, layers.filter((other) => other !== layer)));
    options.onProgress?.(alone.length / layers.length);
  }
  return [all, ...alone.sort((a, b) => b.changed - a.changed)];
}

async function runAll(
  network: Network,
  frames: readonly CalibrationFrame[],
  source: Size,
  colour: Colour,
): Promise<Float32Array[]> {
  const { inputSize } = network;
  const preparer = createPreparer(network.input, { source, inputSize, colour });
  const session = await NetworkSession.create(network, preparer, { provider: "cpu", threads: 1 });
  const logits: Float32Array[] = [];
  for (const { pixels } of frames) {
    preparer.run(pixels);
    logits.push((await session.run()).slice());
  }
  await session.dispose();
  return logits;
}

function compareLogits(
  exact: readonly Float32Array[],
  rounded: readonly Float32Array[],
  classes: number,
): Omit<LayerSensitivity, "layer"> {
  let signal = 0;
  let noise = 0;
  let changed = 0;
  let points = 0;
  for (const [frame, expected] of exact.entries()) {
    const actual = rounded[frame]!;
    for (let i = 0; i < expected.length; i++) {
      signal += expected[i]! ** 2;
      noise += (actual[i]! - expected[i]!) ** 2;
    }
    const winners = winnersOf(expected, classes);
    winnersOf(actual, classes).forEach((winner, point) => changed += +(winner !== winners[point]));
    points += winners.length;
  }
  return { changed: changed / points, signalToNoiseDb: 10 * Math.log10(signal / noise) };
}

/** The class of the largest logit at each point of the grid. */
function winnersOf(logits: Float32Array, classes: number): Uint8Array {
  const points = logits.length / classes;
  const winners = new Uint8Array(points);
  for (let id = 1; id < classes; id++) {
    for (let point = 0; point < points; point++) {
      const best = winners[point]!;
      if (logits[id * points + point]! > logits[best * points + point]!) winners[point] = id;
    }
  }
  return winners;
}
