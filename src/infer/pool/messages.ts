import { ModelError, ProviderError } from "../../errors.ts";
import type { Provider } from "../providers.ts";

/** Where a worker reads what the HUD shows: float64 written by the main thread. */
export const GAUGE = { fps: 0, latencyMs: 1 } as const;

/** Numbers in the gauges. */
export const GAUGES = 2;

/** An error in a form that crosses threads whole. */
export interface ErrorReport {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
}

/** What a worker sends. */
export type WorkerMessage =
  /** An order is carried out. */
  | { readonly kind: "done"; readonly id: number }
  /** An order cannot be carried out; the worker goes on as before. */
  | { readonly kind: "refused"; readonly id: number; readonly error: ErrorReport }
  /** A frame, by its number in the header, failed for the last time and was dropped. */
  | {
    readonly kind: "lost";
    readonly stream: number;
    readonly frame: number;
    readonly error: ErrorReport;
  }
  /** The result of a trial: milliseconds a run, the fastest of a few. */
  | { readonly kind: "timed"; readonly provider: Provider; readonly runMs: number }
  /** The worker is of no use any more. */
  | { readonly kind: "failed"; readonly error: ErrorReport }
  /** The sessions are freed; the thread ends. */
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
    case "RangeError":
      return new RangeError(error.message, options);
    default:
      return new Error(error.message, options);
  }
}
