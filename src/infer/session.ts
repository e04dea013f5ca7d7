import { InferenceSession, Tensor } from "onnxruntime-node";
import { ModelError } from "../errors.ts";
import type { Network } from "../model/network.ts";
import type { FramePreparer, InputBuffer } from "./prepare.ts";
import { explainProviderFailure, type Provider } from "./providers.ts";

/** How a session runs. */
export interface SessionOptions {
  readonly provider: Provider;
  /** Threads within one operator; 1 where several workers share the cores. */
  readonly threads: number;
}

/** The logits of a network and where they lie in memory. */
export interface Logits {
  /** Planes of `grid.width · grid.height` float32, one a class. */
  readonly data: Float32Array;
  readonly classes: number;
}

/**
 * A network loaded into ONNX Runtime, with its input and output memory.
 *
 * Memory: tensors are made once; `run` reads the preparer's buffers and fills `logits` in place.
 * Thread: `run` blocks the thread it is called on for the whole inference, promise or not.
 */
export class NetworkSession {
  readonly logits: Logits;
  readonly #session: InferenceSession;
  readonly #feeds: Record<string, Tensor>;
  readonly #fetches: Record<string, Tensor>;

  private constructor(
    session: InferenceSession,
    inputs: readonly InputBuffer[],
    output: { name: string; tensor: Tensor },
    classes: number,
  ) {
    this.#session = session;
    this.#feeds = Object.fromEntries(inputs.map((input) => [input.name, toTensor(input)]));
    this.#fetches = { [output.name]: output.tensor };
    this.logits = { data: output.tensor.data as Float32Array, classes };
  }

  /**
   * Loads a network.
   *
   * @throws {ProviderError} If the provider cannot start here.
   * @throws {ModelError} If ONNX Runtime refuses the network.
   */
  static async create(
    network: Network,
    preparer: FramePreparer,
    options: SessionOptions,
  ): Promise<NetworkSession> {
    const session = await load(network, options);
    const { name, grid } = network.output;
    const metadata = session.outputMetadata.find((output) => output.name === name);
    const classes = metadata?.isTensor ? metadata.shape[1] : undefined;
    if (typeof classes !== "number") {
      throw new ModelError(
        `Cannot run model "${network.name}": it has no output "${name}" of a known number of ` +
          `classes. Its outputs are ${session.outputNames.join(", ")}.`,
        { model: network.name, tensor: name },
      );
    }
    const shape = [1, classes, grid.height, grid.width];
    const tensor = new Tensor(
      "float32",
      new Float32Array(classes * grid.height * grid.width),
      shape,
    );
    return new NetworkSession(session, preparer.buffers, { name, tensor }, classes);
  }

  /** Runs the network on what the preparer's buffers hold. */
  async run(): Promise<void> {
    await this.#session.run(this.#feeds, this.#fetches);
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }
}

async function load(network: Network, options: SessionOptions): Promise<InferenceSession> {
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
    const reason = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
    throw new ModelError(
      `Cannot load model "${network.name}": ONNX Runtime says "${reason}". ` +
        "Check that the file is a whole ONNX model.",
      { model: network.name },
      { cause },
    );
  }
}

function toTensor(input: InputBuffer): Tensor {
  return new Tensor(input.type, input.data, input.shape);
}
