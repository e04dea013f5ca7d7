/** The comparison of the paper's Table 5 on this machine: other networks beside Fast-SCNN. */
import type { Size } from "../frame/geometry.ts";
import { createPreparer } from "../infer/prepare/prepare.ts";
import { buildOnnx, countParameters, listLayers, type Model } from "../model/model.ts";
import type { RgbInput } from "../model/network.ts";
import {
  buildCompared,
  type NetworkName,
  PUBLISHED,
  type PublishedSpeed,
} from "../model/networks/index.ts";
import { encodeOnnx } from "../model/onnx/model_proto.ts";
import { INPUT_NAMES } from "../model/stem.ts";
import type { BenchResolution, BenchRow } from "../report/bench_report.ts";
import type { ComparedNetwork } from "../report/bench_report.ts";
import { STREET_COLOUR } from "../source/street/paint.ts";
import { entrantOf, type GraphContestant, sampleFrame } from "./contestant.ts";
import type { BenchContext } from "./context.ts";
import { Crew } from "./crew.ts";
import { describeAdapter } from "./environment.ts";
import { type Entry, measureEntries } from "./network_bench.ts";
import { slackOf } from "./rows.ts";

/** What was measured. */
export interface NetworkComparison {
  /** In the order they were named. */
  readonly networks: readonly ComparedNetwork[];
  /** `part` is "networks". */
  readonly rows: readonly BenchRow[];
}

/** All are fed with the same: the image itself, as uint8; normalisation is in the graphs. */
const IMAGE: RgbInput = {
  kind: "rgb",
  name: INPUT_NAMES.image,
  layout: "nhwc",
  type: "uint8",
  mean: [0, 0, 0],
  std: [1, 1, 1],
};

/**
 * Measures forward passes of several networks in turn, on one worker of the chosen provider, from the
 * RGB image to the logits at each network's own stride: upsampling and argmax, which cost all of
 * them the same, are in none. Fast-SCNN runs with the model's weights, the others with random ones.
 *
 * Memory: the sessions of one resolution at a time.
 *
 * @throws {ProviderError | ModelError} If a network cannot be loaded.
 */
export async function benchComparison(
  names: readonly NetworkName[],
  context: BenchContext,
): Promise<NetworkComparison> {
  const measured = names.map((name) => ({ name, macs: new Map<string, number>(), parameters: 0 }));
  const rows: BenchRow[] = [];
  const crew = new Crew(1, context.signal);
  try {
    for (const { resolution } of context.resolutions) {
      const entries = measured.map((network) => {
        const { onnx, parameters, macs } = build(network.name, resolution.size, context.model);
        network.parameters = parameters;
        network.macs.set(resolution.name, macs);
        return entryOf(network.name, onnx, resolution, context);
      });
      const results = await measureEntries(entries, { ...context, crew });
      rows.push(...results.map(({ row }) => row));
    }
  } finally {
    await crew.close();
  }
  for (const name of names) {
    const { note } = PUBLISHED[name];
    if (note !== undefined) context.onNote(note);
  }
  const networks = measured.map(({ name, parameters, macs }): ComparedNetwork => {
    const { title, parameters: published, speed } = PUBLISHED[name];
    return {
      title,
      parameters,
      macs: Object.fromEntries(macs),
      publishedFps: speed === undefined ? {} : fpsByResolution(speed),
      ...(published && { publishedParameters: published.value }),
      ...(speed && { device: speed.device }),
    };
  });
  return { networks, rows };
}

function entryOf(
  name: NetworkName,
  onnx: Uint8Array,
  resolution: BenchResolution,
  { providers, protocol }: BenchContext,
): Entry {
  const { title } = PUBLISHED[name];
  const provider = providers.chosen;
  const { adapter } = providers;
  return {
    row: {
      id: `networks/${name}/${provider}/1/${resolution.name}`,
      part: "networks",
      series: title,
      resolution,
      metric: "forward pass to logits",
      unit: "fps",
      better: "higher",
      slack: slackOf("network", protocol),
      ...(provider !== "cpu" && adapter && { adapter: describeAdapter(adapter) }),
    },
    entrant: entrantOf(contestantOf(title, onnx, resolution.size), provider, resolution),
    head: "cls",
    workers: 1,
  };
}

interface Built {
  readonly onnx: Uint8Array;
  readonly parameters: number;
  readonly macs: number;
}

function build(name: NetworkName, size: Size, model: Model): Built {
  if (name !== "fast-scnn") {
    const { graph, parameters, macs } = buildCompared(name, size);
    return { onnx: encodeOnnx(graph.build()), parameters, macs };
  }
  const options = { size, input: "rgb", head: "logits" } as const;
  return {
    onnx: buildOnnx(model, options),
    parameters: countParameters(model.weights),
    macs: listLayers(model, options).reduce((sum, { macs }) => sum + macs, 0),
  };
}

function contestantOf(name: string, onnx: Uint8Array, size: Size): GraphContestant {
  const preparer = createPreparer(IMAGE, { source: size, inputSize: size, colour: STREET_COLOUR });
  preparer.run(sampleFrame(size));
  return { kind: "graph", graph: { name, onnx, inputs: preparer.buffers } };
}

function fpsByResolution({ full, half, quarter }: PublishedSpeed): Record<string, number> {
  return { full, ...(half && { half }), ...(quarter && { quarter }) };
}
