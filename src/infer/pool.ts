import { WorkerError } from "../errors.ts";
import { HEADER } from "../frame/timing.ts";
import type { Network } from "../model/network.ts";
import type { FrameRing } from "../ring/ring.ts";
import { requireLoadPermission } from "./load_permission.ts";
import { type ErrorReport, revive, type WorkerMessage } from "./messages.ts";
import type { Provider } from "./providers.ts";
import type { SegmenterOptions } from "./segmenter.ts";
import "./telemetry.ts"; // before the threads
import type { Order, WorkOrder } from "./worker.ts";

/** How often a frame is tried before its failure ends the run. */
const MAX_ATTEMPTS = 2;

/** How long a thread may take over what it is doing when everything ends; then it is cut off. */
const STOP_TIMEOUT_MS = 5000;

/** What every worker of a pool works with. */
export interface PoolOptions {
  readonly ring: FrameRing;
  readonly network: Network;
  readonly segmenter: SegmenterOptions;
  readonly overlay: WorkOrder["overlay"];
  /** Shared float64 that the HUD shows; see GAUGE in messages.ts. */
  readonly gauges: SharedArrayBuffer;
}

/** Threads that failed before anybody listened to them. */
const stillborn = new WeakMap<Worker, ErrorReport>();

/**
 * Spawns the threads of a pool. They load ONNX Runtime at once, before it is known what to run.
 *
 * @throws {Deno.errors.NotCapable} If they may not.
 */
export function spawnWorkers(count: number, module = workerModule()): Worker[] {
  requireLoadPermission(module);
  return Array.from({ length: count }, () => {
    const worker = new Worker(module, { type: "module" });
    worker.onerror = (event) => {
      event.preventDefault();
      stillborn.set(worker, reportOfEvent(event));
    };
    return worker;
  });
}

/**
 * Ends threads that were never given work. A thread that is torn down while it loads ONNX Runtime
 * takes the whole process with it, so each is asked to go and waited for.
 */
export async function retireWorkers(workers: readonly Worker[]): Promise<void> {
  await Promise.all(
    workers.filter((worker) => !stillborn.has(worker)).map((worker) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      worker.onmessage = () => resolve();
      worker.onerror = (event) => {
        event.preventDefault();
        resolve();
      };
      const order: Order = { kind: "quit" };
      worker.postMessage(order);
      return within(STOP_TIMEOUT_MS, promise, () => worker.terminate());
    }),
  );
}

/** Waits for a promise, but not longer than that; then `giveUp` is called. */
export async function within(
  timeoutMs: number,
  promise: Promise<void>,
  giveUp: () => void,
): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    giveUp();
    resolve();
  }, timeoutMs);
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

/** "Uncaught (in promise) NotCapable: …" of an error event, without what is in front of the message. */
function reportOfEvent({ message }: ErrorEvent): ErrorReport {
  const text = message.replace(/^Uncaught (\(in promise\) )?/, "").split("\n", 1)[0]!;
  return { name: "Error", message: text, stack: undefined };
}

function workerModule(): URL {
  return new URL("./worker.ts", import.meta.url);
}

/**
 * Workers that take frames from a ring, a session each.
 *
 * - A worker that fails on a frame is replaced and the frame is run again, once.
 * - A frame that fails again, or a worker that cannot start, rejects {@link failure}.
 * - `end` of the ring lets the workers finish what is in it, `close` only the frames they have.
 */
export class WorkerPool {
  readonly provider: Provider;
  readonly size: number;
  /** Rejects when the pool cannot go on; never resolves. */
  readonly failure: Promise<never>;
  /** Resolves when the first worker takes frames. */
  readonly ready: Promise<void>;
  /** How many workers were replaced so far. */
  replaced = 0;
  readonly #options: PoolOptions;
  readonly #module: URL;
  readonly #workers: (Worker | undefined)[] = [];
  readonly #stopped: PromiseWithResolvers<void>[] = [];
  readonly #fail: (error: Error) => void;
  readonly #isReady: () => void;
  #isStopping = false;

  constructor(workers: readonly Worker[], options: PoolOptions, module = workerModule()) {
    this.provider = options.segmenter.provider;
    this.size = workers.length;
    this.#options = options;
    this.#module = module;
    const { promise: failure, reject } = Promise.withResolvers<never>();
    this.failure = failure;
    this.failure.catch(() => {}); // whoever waits on the pool sees it; nobody has to
    this.#fail = reject;
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    this.ready = ready;
    this.#isReady = resolve;
    for (const [index, worker] of workers.entries()) {
      this.#stopped.push(Promise.withResolvers<void>());
      this.#start(index, worker);
    }
  }

  /** Resolves when every worker has freed its session: after the ring's end. */
  async drained(): Promise<void> {
    await Promise.all(this.#stopped.map(({ promise }) => promise));
  }

  /**
   * Ends every thread as soon as it is through with the frame it has; the ring must be closed.
   * Safe to call twice.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await within(STOP_TIMEOUT_MS, this.drained(), () => {
      for (const worker of this.#workers) worker?.terminate();
    });
  }

  #start(index: number, worker: Worker): void {
    this.#workers[index] = worker;
    let isReady = false;
    worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
      if (this.#workers[index] !== worker) return;
      switch (data.kind) {
        case "ready":
          isReady = true;
          this.#isReady();
          break;
        case "stopped":
          this.#workers[index] = undefined;
          this.#stopped[index]!.resolve();
          break;
        case "failed":
          this.#replace(index, isReady, data.error);
          break;
      }
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.#workers[index] !== worker) return;
      this.#replace(index, isReady, reportOfEvent(event));
    };
    const error = stillborn.get(worker);
    if (error !== undefined) {
      this.#replace(index, isReady, error);
      return;
    }
    const { ring, network, segmenter, overlay, gauges } = this.#options;
    const order: Order = {
      kind: "work",
      worker: index,
      ring: ring.handle,
      network,
      segmenter,
      overlay,
      gauges,
    };
    worker.postMessage(order);
  }

  #replace(index: number, wasReady: boolean, error: ErrorReport): void {
    this.#workers[index]?.terminate();
    this.#workers[index] = undefined;
    if (this.#isStopping) {
      this.#stopped[index]!.resolve();
      return;
    }
    if (!wasReady) {
      this.#stopped[index]!.resolve();
      const { network } = this.#options;
      this.#fail(revive(error, { model: network.name, provider: this.provider }));
      return;
    }
    const { ring } = this.#options;
    const { exhausted } = ring.reclaim(index, MAX_ATTEMPTS);
    if (exhausted.length > 0) {
      const frame = ring.header(exhausted[0]!)[HEADER.index]!;
      this.#stopped[index]!.resolve();
      this.#fail(
        new WorkerError(
          `Cannot segment frame ${frame}: it failed ${MAX_ATTEMPTS} times, last with ` +
            `"${error.message}". Try another --provider.`,
          { worker: index, frame },
          { cause: error },
        ),
      );
      return;
    }
    this.replaced++;
    this.#start(index, new Worker(this.#module, { type: "module" }));
  }
}
