/** What can be timed: the product's own network, and any ONNX graph beside it. */
import type { Colour } from "../frame/colour.ts";
import type { Size } from "../frame/geometry.ts";
import { int8NetworkFor, type PrecisionChoice } from "../infer/precision.ts";
import { createPreparer } from "../infer/prepare/prepare.ts";
import type { Graph } from "../infer/graph_session.ts";
import type { Provider } from "../infer/providers.ts";
import { buildNetwork, buildOnnx, type Model } from "../model/model.ts";
import type { LogitsOutput, Network } from "../model/network.ts";
import { StreetScene } from "../source/street.ts";
import { STREET_COLOUR } from "../source/street/paint.ts";

/** segstream's way: the network gives logits at 1/8, and the head labels the full size from them. */
export interface SegstreamContestant {
  /** Tells the forms apart. */
  readonly kind: "segstream";
  readonly network: Network<LogitsOutput>;
  readonly colour: Colour;
  /** The I420 frame that it is fed again and again; of the network's size. */
  readonly pixels: Uint8Array;
}

/** A graph that does all of its work itself. */
export interface GraphContestant {
  /** Tells the forms apart. */
  readonly kind: "graph";
  readonly graph: Graph;
}

/** Something whose forward pass can be timed: plain data that crosses to the workers. */
export type Contestant = SegstreamContestant | GraphContestant;

/** Which of segstream's heads labels the logits; a graph has its own inside. */
export type BenchHead = "cls" | "prob";

/** A contestant on a provider: what one session of a worker is made for. */
export interface Entrant {
  /** Tells it from all others. */
  readonly key: string;
  /** The same at every resolution: they slow down alike. */
  readonly name: string;
  readonly contestant: Contestant;
  readonly provider: Provider;
}

/**
 * A frame as the network sees it in use: real edges, real areas. The head's cost hangs on how many
 * boundaries there are, so noise or a flat picture would not do.
 */
export function sampleFrame(size: Size): Uint8Array {
  const pixels = new Uint8Array(size.width * size.height * 3 / 2);
  new StreetScene({ size, seed: 1 }).draw(2_000_000, pixels);
  return pixels;
}

/** Enters a contestant at a resolution, on a provider. */
export function entrantOf(
  contestant: Contestant,
  provider: Provider,
  resolution: { readonly name: string },
): Entrant {
  const place = `${nameOf(contestant)} on ${provider}`;
  return { key: `${place} at ${resolution.name}`, name: place, contestant, provider };
}

function nameOf(contestant: Contestant): string {
  if (contestant.kind === "graph") return contestant.graph.name;
  const { name, precision = "fp32" } = contestant.network;
  return `${name} in ${precision}`;
}

/** The model as the product runs it in float32. */
export function segstreamContestant(
  model: Model,
  size: Size,
  pixels: Uint8Array,
): SegstreamContestant {
  const network = buildNetwork(model, { size, input: "i420", colour: STREET_COLOUR });
  return { kind: "segstream", network, colour: STREET_COLOUR, pixels };
}

/**
 * The model as the product runs it in 8 bits on the CPU; undefined where `auto` would not.
 *
 * @throws {ModelError} If `int8` is asked for and the model cannot be run so.
 */
export async function int8Contestant(
  model: Model,
  size: Size,
  options: { readonly pixels: Uint8Array; readonly precision: PrecisionChoice },
): Promise<SegstreamContestant | undefined> {
  const { pixels, precision } = options;
  const target = { source: size, resolution: size, colour: STREET_COLOUR };
  const network = await int8NetworkFor(model, target, { precision, provider: "cpu" });
  const output = network?.output;
  if (network === undefined || output?.kind !== "logits") return undefined;
  return { kind: "segstream", network: { ...network, output }, colour: STREET_COLOUR, pixels };
}

/** The naive way: RGB in, and upsampling and argmax at full size as nodes of the graph. */
export function naiveContestant(model: Model, size: Size, pixels: Uint8Array): GraphContestant {
  const { input } = buildNetwork(model, { size, input: "rgb" });
  const preparer = createPreparer(input, {
    source: size,
    inputSize: size,
    colour: STREET_COLOUR,
  });
  preparer.run(pixels);
  const onnx = buildOnnx(model, { size, input: "rgb", head: "cls" });
  const name = `${model.name} with its head in the graph`;
  return { kind: "graph", graph: { name, onnx, inputs: preparer.buffers } };
}
