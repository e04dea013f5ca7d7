import { ModelError, ProviderError } from "../errors.ts";
import type { Network } from "../model/network.ts";
import type { Provider } from "./providers.ts";
import type { SegmenterOptions } from "./segmenter.ts";

/** Where a worker reads what the HUD shows: float64 written by the main thread. */
export const GAUGE = { fps: 0, latencyMs: 1 } as const;

/** Numbers in the gauges. */
export const GAUGES = 2;

/** Tells a worker to time a few runs of the network on a provider, and nothing else. */
export interface TrialOrder {
  readonly kind: "trial";
  readonly network: Network;
  readonly segmenter: SegmenterOptions;
}

/** Tells a worker that it is not needed: it ends as soon as it has loaded. */
export interface QuitOrder {
  readonly kind: "quit";
}

/** An error in a form that crosses threads whole. */
export interface ErrorReport {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
}

/** What a worker sends. */
export type WorkerMessage =
  /** The network is loaded; frames are taken from now on. */
  | { readonly kind: "ready" }
  /** The result of a trial: milliseconds a run, the fastest of a few. */
  | { readonly kind: "timed"; readonly provider: Provider; readonly runMs: number }
  /** The worker is of no use any more. `frame` is the frame it failed on, or absent at start-up. */
  | { readonly kind: "failed"; readonly frame?: number; readonly error: ErrorReport }
  /** The session is freed; the thread ends. */
  | { readonly kind: "stopped" };

/** What of an error crosses threads. */
export function reportOf(error: unknown): ErrorReport {
  if (error instanceof Error) {
    return { name: error.name, message: error.message, stack: error.stack };
  }
  return { name: "Error", message: String(error), stack: undefined };
}

/** Errors lose their class between threads; the ones callers may catch get it back. */
export function revive(error: ErrorReport, fields: { model: string; provider: string }): Error {
  const { model, provider } = fields;
  const options = { cause: error };
  switch (error.name) {
    case "ProviderError":
      return new ProviderError(error.message, { provider }, options);
    case "ModelError":
      return new ModelError(error.message, { model }, options);
    default:
      return new Error(error.message, options);
  }
}
