/** The thread that the naive way runs on: one order, one answer. */
import { type ErrorReport, reportOf } from "../infer/pool/messages.ts";
import { type NaiveOrder, type NaiveResult, runNaive } from "./naive_run.ts";

/** How the run ended. */
export type NaiveReply =
  | { readonly kind: "done"; readonly result: NaiveResult }
  | { readonly kind: "failed"; readonly error: ErrorReport };

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<NaiveOrder>) => void) | null;
  postMessage(message: NaiveReply): void;
};

scope.onmessage = async ({ data }) => {
  try {
    scope.postMessage({ kind: "done", result: await runNaive(data) });
  } catch (error) {
    scope.postMessage({ kind: "failed", error: reportOf(error) });
  }
};
