/** What the benchmark and its workers say to each other. */
import type { ErrorReport } from "../infer/pool/messages.ts";
import type { QuitOrder } from "../infer/pool/orders.ts";
import type { BenchHead, Entrant } from "./contestant.ts";
import type { PassTimes } from "./forward_pass.ts";

/** Forward passes that were timed without a pause. Times are means of a pass. */
export interface Burst extends PassTimes {
  /** Before the first pass, by `nowMs()`. */
  readonly beganMs: number;
  /** After the last pass, by `nowMs()`. */
  readonly endedMs: number;
  /** CPU time of the whole program, before the first pass. */
  readonly cpuBeganMs: number;
  /** CPU time of the whole program, after the last pass. */
  readonly cpuEndedMs: number;
  /** How many passes there were. */
  readonly runs: number;
}

/** Which passes to time. */
export interface BurstOrder {
  /** Of an entrant that was loaded. */
  readonly key: string;
  readonly head: BenchHead;
  /** Passes before the clock starts: they bring code and weights back into the caches. */
  readonly warmUps: number;
  readonly runs: number;
}

/** What a worker is told. */
export type BenchOrder =
  | { readonly kind: "load"; readonly entrant: Entrant }
  | { readonly kind: "unload"; readonly key: string }
  | { readonly kind: "run"; readonly burst: BurstOrder }
  | { readonly kind: "labels"; readonly key: string }
  | QuitOrder;

/** What a worker answers, once for each order. */
export type BenchReply =
  | { readonly kind: "done" }
  | { readonly kind: "ran"; readonly burst: Burst }
  | { readonly kind: "labels"; readonly labels: Uint8Array }
  | { readonly kind: "failed"; readonly error: ErrorReport };
