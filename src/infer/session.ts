import "./telemetry.ts"; // before the library
import { env, InferenceSession, Tensor } from "onnxruntime-node";
import { ModelError } from "../errors.ts";
import type { Network } from "../model/network.ts";
import type { FramePreparer, InputBuffer } from "./prepare.ts";
import { explainProviderFailure, type Provider } from "./providers.ts";

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

/**
 * A network loaded into ONNX Runtime, with its input and output memory.
 *
 * Memory: input tensors are made once and read the preparer's buffers. ONNX Runtime allocates the
 * output anew for every run, even when it is given one; it is freed here when the next run begins,
 * because left to the garbage collector it piles up to tens of megabytes.
 * Thread: `run` blocks the thread it is called on for the whole inference, promise or not.
 */
export class NetworkSession {
  /** Planes of the logits. */
  readonly classes: number;
  readonly #session: InferenceSession;
  readonly #feeds: Record<string, Tensor>;
  readonly #output: string;
  #data: OutputData = new Float32Array();

  private constructor(
    session: InferenceSession,
    inputs: readonly InputBuffer[],
    output: { name: string; classes: number },
  ) {
    this.#session = session;
    this.#feeds = Object.fromEntries(inputs.map((input) => [input.name, toTensor(input)]));
    this.#output = output.name;
    this.classes = output.classes;
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
    return new NetworkSession(session, preparer.buffers, { name, classes });
  }

  /**
   * Runs a network of logits on what the preparer's buffers hold.
   *
   * @returns The logits, [classes, grid.height, grid.width]; valid until the next run.
   */
  async run(): Promise<Float32Array> {
    return (await this.runOutput()).data as Float32Array;
  }

  /** Runs the network on what the preparer's buffers hold. */
  async runOutput(): Promise<RunOutput> {
    this.#data.buffer.transfer(0);
    const results = await this.#session.run(this.#feeds, [this.#output]);
    const { data, dims } = results[this.#output]!;
    this.#data = data as OutputData;
    return { data: this.#data, shape: dims };
  }

  async dispose(): Promise<void> {
    await this.#session.release();
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
    const reason = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
    throw new ModelError(
      `Cannot load model "${network.name}": ONNX Runtime says "${reason}". ` +
        "Check that the file is a whole ONNX model.",
      { model: network.name },
      { cause },
    );
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
