import { revive } from "../infer/pool/messages.ts";
import { retireWorkers } from "../infer/pool/threads.ts";
import type { Entrant } from "./contestant.ts";
import type { BenchOrder, BenchReply, Burst, BurstOrder } from "./messages.ts";

/**
 * The threads of the benchmark. The first `workers` of them take each order; the others rest.
 *
 * - One order at a time.
 * - An order that a thread fails rejects with the thread's error. A thread that died fails them all.
 * - `close()`, which an abort of the signal calls as well, rejects what is under way at once, and what
 *   comes after it, and ends the threads.
 */
export class Crew {
  readonly #threads: readonly Thread[];
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => void this.close();
  #closing: Promise<unknown> | undefined;

  /**
   * Spawns the threads.
   *
   * @param module Theirs, for tests to replace.
   */
  constructor(
    size: number,
    signal?: AbortSignal,
    module: URL = new URL("./worker.ts", import.meta.url),
  ) {
    this.#threads = Array.from({ length: size }, () => new Thread(module));
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort);
  }

  /**
   * Makes a session of the entrant in each of the first threads.
   *
   * @throws {ProviderError} If the provider cannot start here.
   * @throws {ModelError} If ONNX Runtime refuses the graph.
   */
  async load(entrant: Entrant, workers: number): Promise<void> {
    // One after the other: some providers do not bear to be started twice at the same time.
    for (const thread of this.#threads.slice(0, workers)) {
      await thread.ask({ kind: "load", entrant });
    }
  }

  /** Frees the sessions of an entrant. */
  async unload(key: string): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.ask({ kind: "unload", key })));
  }

  /** Times passes in the first `workers` threads, all at the same time. */
  async run(burst: BurstOrder, workers: number): Promise<readonly Burst[]> {
    this.#signal?.throwIfAborted();
    const threads = this.#threads.slice(0, workers);
    const replies = await Promise.all(threads.map((thread) => thread.ask({ kind: "run", burst })));
    return replies.map((reply) => (reply as BenchReply & { kind: "ran" }).burst);
  }

  /** The class map that an entrant gives in the first thread. */
  async labels(key: string): Promise<Uint8Array> {
    const reply = await this.#threads[0]!.ask({ kind: "labels", key });
    return (reply as BenchReply & { kind: "labels" }).labels;
  }

  /** Ends the threads; resolves when they are gone. Safe to call twice. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    const reason = this.#signal?.aborted ? this.#signal.reason : new Error("The crew was closed.");
    this.#closing ??= Promise.all(this.#threads.map((thread) => thread.end(reason)));
    await this.#closing;
  }
}

/** Frames a second of the bursts together: all passes over the time from first begin to last end. */
export function framesPerSecond(bursts: readonly Burst[]): number {
  const beganMs = Math.min(...bursts.map((burst) => burst.beganMs));
  const endedMs = Math.max(...bursts.map((burst) => burst.endedMs));
  return bursts.reduce((sum, { runs }) => sum + runs, 0) * 1000 / (endedMs - beganMs);
}

class Thread {
  readonly #worker: Worker;
  #pending: PromiseWithResolvers<BenchReply> | undefined;
  /** What it was told to load last, as errors name it. */
  #loaded = { model: "", provider: "" };
  /** From then on ONNX Runtime is in memory, and the thread may be cut off. */
  #hasAnswered = false;
  /** Why it takes no orders any more: it died, or was ended. */
  #end: { readonly reason: unknown } | undefined;

  constructor(module: URL) {
    this.#worker = new Worker(module, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<BenchReply>) => {
      this.#hasAnswered = true;
      if (data.kind === "failed") this.#pending?.reject(revive(data.error, this.#loaded));
      else this.#pending?.resolve(data);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#refuse(new Error(event.message));
    };
  }

  ask(order: BenchOrder): Promise<BenchReply> {
    if (this.#end !== undefined) return Promise.reject(this.#end.reason);
    const pending = Promise.withResolvers<BenchReply>();
    this.#pending = pending;
    if (order.kind === "load") {
      this.#loaded = { model: order.entrant.key, provider: order.entrant.provider };
    }
    this.#worker.postMessage(order);
    return pending.promise;
  }

  async end(reason: unknown): Promise<void> {
    const isGone = this.#end !== undefined;
    this.#refuse(reason);
    if (isGone) return;
    if (this.#hasAnswered) this.#worker.terminate();
    else await retireWorkers([this.#worker]);
  }

  /** Rejects the order that it is at, and whatever comes after it. */
  #refuse(reason: unknown): void {
    this.#end ??= { reason };
    this.#pending?.reject(reason);
  }
}
