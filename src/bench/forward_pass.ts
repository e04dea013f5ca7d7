import { nowMs } from "../frame/clock.ts";
import { UpsampleConfidence } from "../infer/heads/confidence.ts";
import { GraphSession } from "../infer/graph_session.ts";
import { UpsampleArgmax } from "../infer/heads/label.ts";
import { createPreparer } from "../infer/prepare/prepare.ts";
import { NetworkSession } from "../infer/session.ts";
import { sharedMemory } from "../wasm/memory.ts";
import type { BenchHead, Entrant, SegstreamContestant } from "./contestant.ts";

/** How the time of a forward pass divides, in milliseconds. */
export interface PassTimes {
  /** The network. */
  readonly inferMs: number;
  /** Logits to the class map, and to the confidence with the "prob" head; 0 for a graph. */
  readonly headMs: number;
}

/**
 * One forward pass, again and again: from a prepared input to the class map at the input's full
 * size, as the paper times it. Reading and converting frames is not in it.
 *
 * Thread: blocks its own.
 */
export interface ForwardPass {
  /** Runs once. */
  run(head: BenchHead): Promise<PassTimes>;
  /** The class map of a run, one byte a pixel. */
  labels(): Promise<Uint8Array>;
  /** Frees the session. */
  dispose(): Promise<void>;
}

/** One thread a session: several workers share the cores, as in the product. */
const THREADS = 1;

/**
 * Loads an entrant.
 *
 * @throws {ProviderError} If the provider cannot start here.
 * @throws {ModelError} If ONNX Runtime refuses the graph.
 */
export async function createForwardPass({ contestant, provider }: Entrant): Promise<ForwardPass> {
  const options = { provider, threads: THREADS };
  return contestant.kind === "graph"
    ? new GraphPass(await GraphSession.create(contestant.graph, options))
    : await SegstreamPass.create(contestant, options);
}

class SegstreamPass implements ForwardPass {
  readonly #session: NetworkSession;
  readonly #argmax: UpsampleArgmax;
  readonly #softmax: UpsampleConfidence;
  readonly #labels: Uint8Array;
  readonly #confidence: Uint8Array;

  private constructor(session: NetworkSession, { network }: SegstreamContestant) {
    const { inputSize, output } = network;
    this.#session = session;
    const shape = {
      classes: session.classes,
      grid: output.grid,
      output: inputSize,
      alignCorners: output.alignCorners,
    };
    const pixels = inputSize.width * inputSize.height;
    // Where frames lie in the product: in a ring's memory.
    const frames = sharedMemory(2 * pixels);
    this.#labels = new Uint8Array(frames.buffer, 0, pixels);
    this.#argmax = new UpsampleArgmax(shape, { frames });
    this.#softmax = new UpsampleConfidence(shape, { frames });
    this.#confidence = new Uint8Array(frames.buffer, pixels, pixels);
  }

  static async create(
    contestant: SegstreamContestant,
    options: { provider: Entrant["provider"]; threads: number },
  ): Promise<SegstreamPass> {
    const { network, colour, pixels } = contestant;
    const { inputSize } = network;
    const preparer = createPreparer(network.input, { source: inputSize, inputSize, colour });
    preparer.run(pixels);
    return new SegstreamPass(await NetworkSession.create(network, preparer, options), contestant);
  }

  async run(head: BenchHead): Promise<PassTimes> {
    const began = nowMs();
    const logits = await this.#session.run();
    const inferred = nowMs();
    this.#argmax.run(logits, this.#labels);
    if (head === "prob") this.#softmax.run(logits, this.#confidence);
    return { inferMs: inferred - began, headMs: nowMs() - inferred };
  }

  async labels(): Promise<Uint8Array> {
    await this.run("cls");
    return this.#labels;
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }
}

class GraphPass implements ForwardPass {
  readonly #session: GraphSession;

  constructor(session: GraphSession) {
    this.#session = session;
  }

  async run(): Promise<PassTimes> {
    const began = nowMs();
    await this.#session.run();
    return { inferMs: nowMs() - began, headMs: 0 };
  }

  async labels(): Promise<Uint8Array> {
    const maps = await this.#session.run().then((outputs) => [...outputs.values()]);
    const labels = maps.find((data) => data instanceof Uint8Array);
    if (labels === undefined) throw new TypeError("Cannot compare labels: the graph gives none.");
    return labels;
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }
}
