import { nowMs } from "../frame/clock.ts";
import type { Colour } from "../frame/colour.ts";
import type { Size } from "../frame/geometry.ts";
import { HEADER } from "../frame/timing.ts";
import type { Network } from "../model/network.ts";
import type { FrameMemoryOptions } from "../wasm/frame_kernels.ts";
import { createHead, type FrameHead } from "./heads/head.ts";
import { createPreparer, type FramePreparer } from "./prepare/prepare.ts";
import { type LoadedNetwork, NetworkSession, type SessionOptions } from "./session.ts";

/** The frames a segmenter works on. */
export interface SegmenterOptions extends SessionOptions, FrameMemoryOptions {
  /** Size of the frames, which is the size of the class maps too. */
  readonly source: Size;
  readonly colour: Colour;
  /**
   * For tests of what happens where a machine is too slow: the network takes so many times as long,
   * the rest of it asleep. 1 by default.
   */
  readonly slowdown?: number;
}

/** What one frame is read from and written to. */
export interface SegmentBuffers {
  /** Frame of the source's size, I420 unless another preparer reads it; only read. */
  readonly pixels: Uint8Array;
  /** Filled with a class id a pixel. */
  readonly labels: Uint8Array;
  /** Filled with the winner's softmax in 1/255 where it is not empty. */
  readonly confidence: Uint8Array;
}

/**
 * Frame in, class map out: prepare, infer, label. It owns every buffer between, and the network unless
 * that is shared.
 *
 * Thread: blocks its own; one frame at a time.
 */
export class Segmenter {
  readonly #preparer: FramePreparer;
  readonly #session: NetworkSession;
  readonly #head: FrameHead;
  readonly #slowdown: number;

  private constructor(
    preparer: FramePreparer,
    session: NetworkSession,
    network: Network,
    { source, frames, slowdown = 1 }: SegmenterOptions,
  ) {
    this.#preparer = preparer;
    this.#session = session;
    this.#head = createHead(network, session.classes, source, { frames });
    this.#slowdown = slowdown;
  }

  /** A segmenter with a network that is loaded already, and disposed of by somebody else. */
  static over(loaded: LoadedNetwork, network: Network, options: SegmenterOptions): Segmenter {
    const preparer = createPreparer(network.input, { ...options, inputSize: network.inputSize });
    return new Segmenter(preparer, new NetworkSession(loaded, preparer), network, options);
  }

  /**
   * Loads the network.
   *
   * @param preparer What feeds it, where the frames are not I420.
   * @throws {ProviderError} If the provider cannot start here.
   * @throws {ModelError} If the network cannot be loaded.
   */
  static async create(
    network: Network,
    options: SegmenterOptions,
    preparer: FramePreparer = createPreparer(network.input, {
      ...options,
      inputSize: network.inputSize,
    }),
  ): Promise<Segmenter> {
    const session = await NetworkSession.create(network, preparer, options);
    return new Segmenter(preparer, session, network, options);
  }

  /**
   * Runs the network once on whatever its input holds: the first run is slower than the others.
   *
   * @throws {ModelError} If its output is not what the network's description says.
   */
  async warmUp(): Promise<void> {
    const { shape } = await this.#session.runOutput();
    this.#head.accept(shape);
  }

  /** Segments one frame and stamps `prepared`, `inferred` and `labelled` in its header. */
  async segment(buffers: SegmentBuffers, header: Float64Array): Promise<void> {
    this.#preparer.run(buffers.pixels);
    header[HEADER.prepared] = nowMs();
    const output = await this.#session.runOutput();
    const runMs = nowMs() - header[HEADER.prepared]!;
    if (this.#slowdown > 1) sleep((this.#slowdown - 1) * runMs);
    header[HEADER.inferred] = nowMs();
    this.#head.run(output, buffers.labels, buffers.confidence);
    header[HEADER.labelled] = nowMs();
  }

  async dispose(): Promise<void> {
    await this.#session.dispose();
  }
}

/** Blocks this thread. */
function sleep(ms: number): void {
  const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  Atomics.wait(never, 0, 0, ms);
}
