import type { Network } from "../model/network.ts";
import type { WorkerMessage } from "./pool/messages.ts";
import { retireWorkers, spawnWorkers } from "./pool/threads.ts";
import { plausibleAccelerators } from "./adapter.ts";
import type { Provider, ProviderChoice } from "./providers.ts";
import type { SegmenterOptions } from "./segmenter.ts";
import type { Order } from "./pool/orders.ts";

/** How long a provider may take to start and run; a software adapter takes seconds a frame. */
const TRIAL_TIMEOUT_MS = 6000;

/** One provider that was tried. */
export interface Trial {
  /** Which. */
  readonly provider: Provider;
  /** Frames a second that the whole machine would do, or undefined if it did not start. */
  readonly fps: number | undefined;
  /** Why it did not start. */
  readonly reason?: string;
}

/** What {@link chooseProvider} decided and why. */
export interface ProviderDecision {
  /** What runs the network. */
  readonly provider: Provider;
  /** Empty unless it had to choose. */
  readonly trials: readonly Trial[];
}

/**
 * The provider to run a network on: the one that was named, or with `auto` the fastest of those
 * that start here, by timing a few runs of the very network. Where no accelerator can be there, the
 * CPU is taken at once and nothing is timed.
 *
 * @param workers How many workers share the CPU.
 * @param cpuNetwork What the CPU would run, where it is another network.
 */
export async function chooseProvider(
  choice: ProviderChoice,
  network: Network,
  options: {
    segmenter: Omit<SegmenterOptions, "provider">;
    workers: number;
    cpuNetwork?: Network | undefined;
  },
): Promise<ProviderDecision> {
  if (choice !== "auto") return { provider: choice, trials: [] };
  const candidates = await plausibleAccelerators();
  if (candidates.length === 0) return { provider: "cpu", trials: [] };
  const trials: Trial[] = [];
  // One after the other: they would disturb each other's time.
  for (const provider of [...candidates, "cpu"] as const) {
    const segmenter = { ...options.segmenter, provider };
    const streams = provider === "cpu" ? options.workers : 1;
    const tried = provider === "cpu" ? options.cpuNetwork ?? network : network;
    trials.push(await tryProvider(tried, segmenter, { streams }));
  }
  const fastest = trials.reduce((best, trial) => (trial.fps ?? 0) > (best.fps ?? 0) ? trial : best);
  return { provider: fastest.provider, trials };
}

/** Whether {@link chooseProvider} could choose anything but the CPU. */
export async function mayUseAccelerator(choice: ProviderChoice): Promise<boolean> {
  return choice === "auto" ? (await plausibleAccelerators()).length > 0 : choice !== "cpu";
}

/**
 * Times a provider in a thread of its own, which ends with the trial.
 *
 * @param options.streams How many sessions would share the machine; 1 by default.
 * @param options.timeoutMs How long it may take; by default what a run may wait for it.
 */
export async function tryProvider(
  network: Network,
  segmenter: SegmenterOptions,
  { streams = 1, timeoutMs = TRIAL_TIMEOUT_MS }: { streams?: number; timeoutMs?: number } = {},
): Promise<Trial> {
  const [worker] = spawnWorkers(1) as [Worker];
  const { provider } = segmenter;
  const { promise, resolve } = Promise.withResolvers<Trial>();
  let isGone = false;
  const fail = (reason: string) => resolve({ provider, fps: undefined, reason });
  const timeout = setTimeout(() => fail("it is slower than the CPU"), timeoutMs);
  worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
    if (data.kind === "timed") resolve({ provider, fps: streams * 1000 / data.runMs });
    if (data.kind !== "failed") return;
    isGone = true;
    fail(data.error.message);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    isGone = true;
    fail(event.message);
  };
  const order: Order = { kind: "trial", network, segmenter };
  worker.postMessage(order);
  try {
    return await promise;
  } finally {
    clearTimeout(timeout);
    if (!isGone) await retireWorkers([worker]);
  }
}
