import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { InputBuffer } from "./prepare/prepare.ts";
import { loadSession, type SessionOptions, toTensor } from "./session.ts";

/** An ONNX file that is run as it is, whatever its outputs. */
export interface Graph {
  /** How errors name it. */
  readonly name: string;
  readonly onnx: Uint8Array;
  /** What it is fed; read anew by every run. */
  readonly inputs: readonly InputBuffer[];
}

/**
 * A graph loaded into ONNX Runtime. The product does not run graphs this way (see NetworkSession);
 * it is for measuring others: every run allocates its outputs.
 *
 * Thread: `run` blocks the thread it is called on, promise or not.
 */
export class GraphSession {
  readonly #session: InferenceSession;
  readonly #feeds: Record<string, Tensor>;

  private constructor(session: InferenceSession, inputs: readonly InputBuffer[]) {
    this.#session = session;
    this.#feeds = Object.fromEntries(inputs.map((input) => [input.name, toTensor(input)]));
  }

  /**
   * Loads a graph.
   *
   * @throws {ProviderError} If the provider cannot start here.
   * @throws {ModelError} If ONNX Runtime refuses the graph.
   */
  static async create(graph: Graph, options: SessionOptions): Promise<GraphSession> {
    return new GraphSession(await loadSession(graph, options), graph.inputs);
  }

  /** Runs the graph on what its inputs hold, and gives the data of its outputs by name. */
  async run(): Promise<ReadonlyMap<string, Tensor.DataType>> {
    const outputs = await this.#session.run(this.#feeds);
    return new Map(Object.entries(outputs).map(([name, { data }]) => [name, data]));
  }

  /** Frees the session. */
  async dispose(): Promise<void> {
    await this.#session.release();
  }
}
