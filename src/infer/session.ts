import "./telemetry.ts"; // before the library
import { env, InferenceSession, Tensor } from "onnxruntime-node";
import { ModelError } from "../errors.ts";
import type { Network } from "../model/network.ts";
import type { FramePreparer, InputBuffer } from "./prepare/prepare.ts";
import { explainProviderFailure, type Provider } from "./providers.ts";
import { loadError, runError } from "./refusals.ts";

// What goes wrong is thrown; printed as well, it would stand beside the one line that users get.
env.logLevel = "fatal";

/** How a session runs. */
export interface SessionOptions {
  readonly provider: Provider;
  /** Threads within one operator; 1 where several workers share the cores. */
  readonly threads: number;
}

type OutputData = Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** What a network gave: valid until its next run. */
export interface RunOutput {
  /** Row-major values. */
  readonly data: Float32Array | Uint8Array;
  /** Sides of the output. */
  readonly shape: readonly number[];
}

/** A network loaded into ONNX Runtime, for whoever feeds it. */
export class LoadedNetwork {
  /** Planes of the logits. */
  readonly classes: number;
  /** Name of the output. */
  readonly output: string;
  readonly #session: InferenceSession;
  readonly #name: string;

  private constructor(
    session: InferenceSession,
    { name, output }: Pick<Network, "name" | "output">,
    classes: number,
  ) {
    this.#session = session;
    this.#name = name;
    this.output = output.name;
    this.classes = classes;
  }

  /**
   * Loads a network.
   *
   * @throws {ProviderError} If the provider cannot start here.
   * @throws {ModelError} If ONNX Runtime refuses the network.
   */
  static async load(network: Network, options: SessionOptions): Promise<LoadedNetwork> {
    const session = await loadSession(network, options);
    const { name, kind } = network.output;
    const metadata = session.outputMetadata.find((output) => output.name === name);
    const channels = metadata?.isTensor ? metadata.shape[1] : undefined;
    const classes = kind === "logits" ? channels : network.classes.length;
    if (typeof classes !== "number") {
      throw new ModelError(
        `Cannot run model "${network.name}": it has no output "${name}" of a known number of ` +
          `classes. Its outputs are ${session.outputNames.join(", ")}.`,
        { model: network.name, tensor: name },
      );
    }
    return new LoadedNetwork(session, network, classes);
  }

  /**
   * Runs it.
   *
   * @throws {ModelError} If ONNX Runtime cannot, as where it gets no memory.
   */
  async run(feeds: Record<string, Tensor>): Promise<Tensor> {
    try {
      return (await this.#session.run(feeds, [this.output]))[this.output]!;
    } catch (cause) {
      throw runError(this.#name, cause);
    }
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }
}

/**
 * A loaded network with the memory that it is fed from and its last output. Several may share one
 * loaded network in one thread.
 *
 * Memory: input tensors are made once and read the preparer's buffers. ONNX Runtime allocates the
 * output anew for every run, even when it is given one; it is freed here when the next run begins,
 * because left to the garbage collector it piles up to tens of megabytes.
 * Thread: `run` blocks the thread it is called on for the whole inference, promise or not.
 */
export class NetworkSession {
  readonly #network: LoadedNetwork;
  readonly #ownsNetwork: boolean;
  readonly #feeds: Record<string, Tensor>;
  #data: OutputData = new Float32Array();

  /** Runs a network that somebody else loaded and disposes of. */
  constructor(
    network: LoadedNetwork,
    preparer: FramePreparer,
    { ownsNetwork = false }: { ownsNetwork?: boolean } = {},
  ) {
    this.#network = network;
    this.#ownsNetwork = ownsNetwork;
    this.#feeds = Object.fromEntries(
      preparer.buffers.map((input) => [input.name, toTensor(input)]),
    );
  }

  /**
   * Loads a network of its own.
   *
   * @throws {ProviderError} If the provider cannot start here.
   * @throws {ModelError} If ONNX Runtime refuses the network.
   */
  static async create(
    network: Network,
    preparer: FramePreparer,
    options: SessionOptions,
  ): Promise<NetworkSession> {
    const loaded = await LoadedNetwork.load(network, options);
    return new NetworkSession(loaded, preparer, { ownsNetwork: true });
  }

  /** Planes of the logits. */
  get classes(): number {
    return this.#network.classes;
  }

  /**
   * Runs a network of logits on what the preparer's buffers hold.
   *
   * @returns The logits, [classes, grid.height, grid.width]; valid until the next run.
   */
  async run(): Promise<Float32Array> {
    return (await this.runOutput()).data as Float32Array;
  }

  /**
   * Runs the network on what the preparer's buffers hold.
   *
   * @throws {ModelError} If ONNX Runtime cannot; the session may be run again.
   */
  async runOutput(): Promise<RunOutput> {
    this.#freeOutput();
    const { data, dims } = await this.#network.run(this.#feeds);
    this.#data = data as OutputData;
    return { data: this.#data, shape: dims };
  }

  /** Frees the last output, and the network if it is its own. */
  async dispose(): Promise<void> {
    this.#freeOutput();
    if (this.#ownsNetwork) await this.#network.dispose();
  }

  #freeOutput(): void {
    this.#data.buffer.transfer(0);
    this.#data = new Float32Array();
  }
}

/**
 * Loads an ONNX file with the settings that every session here shares.
 *
 * @throws {ProviderError} If the provider cannot start here.
 * @throws {ModelError} If ONNX Runtime refuses the file.
 */
export async function loadSession(
  network: Pick<Network, "name" | "onnx">,
  options: SessionOptions,
): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(network.onnx, {
      executionProviders: [options.provider],
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      logSeverityLevel: 4,
      // A thread that spins while it waits takes the core that the decoder or encoder needs.
      extra: { session: { intra_op: { allow_spinning: "0" } } },
    });
  } catch (cause) {
    if (options.provider !== "cpu") throw explainProviderFailure(options.provider, cause);
    throw loadError(network.name, cause);
  }
}

/** A tensor over the buffer's memory. */
export function toTensor(input: InputBuffer): Tensor {
  const tensor = new Tensor(input.type, input.data, input.shape);
  if (input.type === "float16") {
    // The tensor makes a Float16Array of it, which ONNX Runtime's native side takes for empty.
    Object.defineProperty(tensor, "data", { value: input.data });
  }
  return tensor;
}
