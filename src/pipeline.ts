/**
 * The only place where stages meet: source → ring → workers → frames in order.
 *
 * It owns the shutdown order. An end from the source drains: ring ended, workers finish, the last
 * frame comes out. An error or an abort closes: the ring wakes everybody, the decoder is killed,
 * the threads are ended.
 */
import { nowMs } from "./frame/clock.ts";
import type { Size } from "./frame/geometry.ts";
import type { StreamInfo } from "./frame/stream.ts";
import { HEADER, HEADER_FIELDS } from "./frame/timing.ts";
import { chooseProvider, type ProviderDecision } from "./infer/choose.ts";
import { Gauges } from "./infer/pool/gauges.ts";
import { checkEvery, WorkerPool } from "./infer/pool/pool.ts";
import type { ProviderChoice } from "./infer/providers.ts";
import { retireWorkers, spawnWorkers } from "./infer/pool/threads.ts";
import type { Network } from "./model/network.ts";
import type { DrawOptions } from "./overlay/overlay.ts";
import { Bell } from "./ring/bell.ts";
import { FrameRing } from "./ring/ring.ts";
import { SECTION, sectionBytes } from "./ring/sections.ts";
import type { FrameSource } from "./source/source.ts";

/** How a pipeline runs. */
export interface PipelineOptions {
  /** Where the network runs; `auto` by default. */
  readonly provider?: ProviderChoice;
  /** Inference threads, a session each; one a core by default, fewer on an accelerator. */
  readonly workers?: number;
  /** `prob` fills the confidence of each pixel too; `cls` by default. */
  readonly head?: "cls" | "prob";
  /** Runs the network on one frame of so many, and gives its class map to the others; 1 by default. */
  readonly every?: number;
  /**
   * Gives a frame the last class map where nothing moved: where the mean luma of no block of 8×8
   * pixels differs by more than 3 codes from the frame that the map is of. False by default.
   */
  readonly skipStill?: boolean;
  /** Frames that may be in flight; workers + 4 by default, more with `every`. */
  readonly slots?: number;
  /** Aborting it closes the pipeline; `frames()` then throws its reason. */
  readonly signal?: AbortSignal;
}

/** What a pipeline is made of. */
export interface PipelineParts {
  /** Opened and not yet running; the pipeline closes it. */
  readonly source: FrameSource;
  readonly network: Network;
  /** What the CPU runs in place of `network`, where 8 bits are faster there. */
  readonly cpuNetwork?: Network | undefined;
  /** How frames are drawn into, once it is known what runs them; undefined leaves them alone. */
  readonly overlay?: (decision: ProviderDecision) => DrawOptions;
  /** Size of the drawn frames where it is not the source's. */
  readonly outputSize?: Size;
  /** Threads from `spawnWorkers`, where they were started early. */
  readonly threads?: readonly Worker[];
}

/** One frame as it leaves the ring. Its memory is the ring's: use it before asking for the next. */
export interface PipelineFrame {
  /** The stamps of HEADER; `written` is for the caller to set. */
  readonly header: Float64Array;
  /** The drawn I420 frame, of the output's size. */
  readonly pixels: Uint8Array;
  /** One class id a pixel, of the source's size. */
  readonly labels: Uint8Array;
  /** The winner's softmax in 1/255 with the `prob` head. */
  readonly confidence: Uint8Array | undefined;
}

/** An accelerator works on one frame at a time; a second worker prepares the next meanwhile. */
const ACCELERATOR_WORKERS = 2;

/** Slots beyond one for each worker: one being filled, one waiting, one done, one being written. */
const SLOTS_BESIDE_WORKERS = 4;

/** Slots where the frames of a worker's group wait for it, so that others reach the next group. */
const SLOTS_FOR_GROUP = 8;

/** How many slots a ring needs, for so many workers that run the network on every n-th frame. */
export function slotsFor(workers: number, every: number): number {
  return workers * Math.min(every, SLOTS_FOR_GROUP) + SLOTS_BESIDE_WORKERS;
}

/** How many workers share the cores when nobody says. */
export function defaultWorkers(): number {
  return navigator.hardwareConcurrency;
}

/** What a pipeline holds once everything runs. */
interface StartedParts {
  readonly source: FrameSource;
  readonly ring: FrameRing;
  readonly pool: WorkerPool;
  readonly provider: ProviderDecision;
  readonly network: Network;
  readonly gauges: Gauges;
  /** Aborting it ends the source. */
  readonly sourceEnd: AbortController;
  readonly sourceDone: Promise<void>;
  /** Whether frames are drawn into a section of their own. */
  readonly hasOutput: boolean;
  readonly signal: AbortSignal | undefined;
}

/** A running pipeline. */
export class Pipeline {
  readonly provider: ProviderDecision;
  /** What the provider runs. */
  readonly network: Network;
  readonly workers: number;
  readonly #source: FrameSource;
  readonly #ring: FrameRing;
  readonly #pool: WorkerPool;
  readonly #sourceEnd: AbortController;
  readonly #sourceDone: Promise<void>;
  readonly #hasOutput: boolean;
  readonly #gauges: Gauges;
  readonly #signal: AbortSignal | undefined;
  #error: Error | undefined;

  private constructor(started: StartedParts) {
    const { pool, signal } = started;
    this.provider = started.provider;
    this.network = started.network;
    this.workers = pool.size;
    this.#source = started.source;
    this.#ring = started.ring;
    this.#pool = pool;
    this.#hasOutput = started.hasOutput;
    this.#gauges = started.gauges;
    this.#signal = signal;
    this.#sourceEnd = started.sourceEnd;
    this.#sourceDone = started.sourceDone.catch((error) => this.#fail(error));
    pool.failure.catch((error) => this.#fail(error));
    signal?.addEventListener("abort", this.#onAbort);
    if (signal?.aborted) this.#onAbort();
  }

  /**
   * Starts the source and the workers.
   *
   * @throws {ProviderError} If the named provider is none.
   * @throws {RangeError} If `every` is not a whole number from 1.
   */
  static async start(parts: PipelineParts, options: PipelineOptions = {}): Promise<Pipeline> {
    const { source, cpuNetwork } = parts;
    const { size, colour } = source.info;
    const { every = 1, skipStill = false } = options;
    checkEvery(every);
    const threads = parts.threads ?? spawnWorkers(options.workers ?? defaultWorkers());
    const bell = new Bell();
    const ring = FrameRing.allocate({
      slots: options.slots ?? slotsFor(threads.length, every),
      headerFields: HEADER_FIELDS,
      sectionBytes: sectionBytes({
        size,
        outputSize: parts.outputSize,
        hasConfidence: options.head === "prob",
      }),
    }, bell);
    const sourceEnd = new AbortController();
    const sourceDone = source.run(ring, sourceEnd.signal).finally(() => ring.end());
    sourceDone.catch(() => {}); // seen again by the constructor, once there is a pipeline to fail
    const gauges = new Gauges();
    const segmenter = { source: size, colour, threads: 1 };
    // All that can fail comes before the pool: threads that serve one cannot be retired.
    const { provider, overlay } = await decide(parts, options.provider, {
      segmenter,
      workers: threads.length,
      cpuNetwork,
    }).catch((error) => {
      sourceEnd.abort();
      ring.close();
      throw error;
    });
    const network = provider.provider === "cpu" ? cpuNetwork ?? parts.network : parts.network;
    const count = provider.provider === "cpu"
      ? threads.length
      : Math.min(threads.length, options.workers ?? ACCELERATOR_WORKERS);
    const retired = retireWorkers(threads.slice(count));
    const pool = new WorkerPool(threads.slice(0, count), { bell });
    pool.attach({
      ring,
      networks: [network],
      segmenter: { ...segmenter, provider: provider.provider },
      overlay,
      gauges: gauges.buffer,
      every,
      skipStill,
    });
    await retired;
    return new Pipeline({
      source,
      ring,
      pool,
      provider,
      network,
      gauges,
      sourceEnd,
      sourceDone,
      hasOutput: parts.outputSize !== undefined,
      signal: options.signal,
    });
  }

  /** What is true of every frame. */
  get stream(): StreamInfo {
    return this.#source.info;
  }

  /** CPU milliseconds of decoding or drawing so far, where known. */
  get sourceCpuMs(): number | undefined {
    return this.#source.cpuMs;
  }

  /** Whether the main thread draws the frames. */
  get sourceIsDrawn(): boolean {
    return this.#source.isDrawn ?? false;
  }

  /** Workers that failed and were replaced. */
  get replacedWorkers(): number {
    return this.#pool.replaced;
  }

  /**
   * The frames in order. Each is the ring's memory and valid until the next is asked for.
   *
   * @throws {InputError | FfmpegError | ProviderError | ModelError | WorkerError} What ended it.
   */
  async *frames(): AsyncGenerator<PipelineFrame, void, void> {
    for (;;) {
      const slot = await this.#ring.next();
      if (slot === undefined) break;
      const header = this.#ring.header(slot);
      header[HEADER.sinking] = nowMs();
      header[HEADER.written] = 0;
      const confidence = this.#ring.section(slot, SECTION.confidence);
      yield {
        header,
        pixels: this.#ring.section(slot, this.#hasOutput ? SECTION.output : SECTION.pixels),
        labels: this.#ring.section(slot, SECTION.labels),
        confidence: confidence.length > 0 ? confidence : undefined,
      };
      this.#gauges.add(header[HEADER.ready]!, header[HEADER.written] || nowMs());
      this.#ring.release(slot);
    }
    if (this.#error) throw this.#error;
    await this.#sourceDone;
    if (this.#error) throw this.#error;
  }

  /** Ends the source; the frames in flight still come out. */
  stop(): void {
    this.#sourceEnd.abort();
  }

  /** Frees everything; frames in flight are lost unless `frames()` came to its end. Call twice is safe. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#sourceEnd.abort();
    this.#ring.close();
    await this.#pool.stop();
    await this.#source.close();
    await this.#sourceDone;
  }

  readonly #onAbort = () => {
    const { reason } = this.#signal!;
    this.#fail(reason instanceof Error ? reason : new Error(String(reason)));
  };

  #fail(error: unknown): void {
    this.#error ??= error instanceof Error ? error : new Error(String(error));
    this.#sourceEnd.abort();
    this.#ring.close();
  }
}

/** What runs the network, and how its frames are drawn into. */
async function decide(
  parts: PipelineParts,
  choice: ProviderChoice = "auto",
  options: Parameters<typeof chooseProvider>[2],
): Promise<{ provider: ProviderDecision; overlay: DrawOptions | undefined }> {
  const provider = await chooseProvider(choice, parts.network, options);
  return { provider, overlay: parts.overlay?.(provider) };
}
