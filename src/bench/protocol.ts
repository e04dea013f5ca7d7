/** How often what is measured, so that a figure can be trusted and the whole ends in minutes. */
import type { BenchProtocol } from "../report/bench_report.ts";

/** The paper's protocol: 100 runs of burn-in, mean of the next 100. They come in five bursts. */
export const FULL_PROTOCOL: BenchProtocol = {
  isQuick: false,
  burnIn: 100,
  runs: 100,
  rounds: 5,
  videoRounds: 3,
};

/** A first impression. */
export const QUICK_PROTOCOL: BenchProtocol = {
  isQuick: true,
  burnIn: 5,
  runs: 8,
  rounds: 2,
  videoRounds: 2,
};

/** How often a row runs again because its bursts lacked a core. */
export const MOST_REPEATS = 2;

/** How many passes an entrant gets, by its own speed. */
export interface Pace {
  /** Passes before the first that counts. */
  readonly burnIn: number;
  /** Passes of one burst. */
  readonly runsPerRound: number;
  readonly rounds: number;
}

/** Time for all passes of one entrant on one number of workers, in milliseconds. */
const BUDGET_MS = { full: 120_000, quick: 15_000 };

/** An entrant whose single pass takes longer is left out, in milliseconds. */
const LONGEST_PASS_MS = { full: 15_000, quick: 4_000 };

/** A shorter burst would tell of the moment rather than of the machine, so it gets more passes. */
const SHORTEST_BURST_MS = 80;
const MOST_RUNS_PER_BURST = 1000;

/**
 * The protocol's pace, or where a pass is so slow that it would take too long, a part of it. A pass
 * that is over in no time is run more often.
 */
export function paceOf(passMs: number, protocol: BenchProtocol): Pace {
  const { burnIn, runs, rounds } = protocol;
  const affordable = Math.floor(BUDGET_MS[lengthOf(protocol)] / passMs);
  const part = Math.min(1, affordable / (burnIn + runs));
  const enough = Math.min(MOST_RUNS_PER_BURST, Math.ceil(SHORTEST_BURST_MS / passMs));
  const runsPerRound = Math.max(1, Math.floor(part * runs / rounds), enough);
  return {
    burnIn: Math.max(2, Math.floor(part * burnIn)),
    runsPerRound,
    rounds: part < 1 ? Math.max(2, Math.min(rounds, Math.floor(part * runs))) : rounds,
  };
}

/** Whether a pass is so slow that the entrant is left out. */
export function isTooSlow(passMs: number, protocol: BenchProtocol): boolean {
  return passMs > LONGEST_PASS_MS[lengthOf(protocol)];
}

/** Frames of a clip: the larger the picture, the fewer, for about two seconds of work on two cores. */
export function clipFrames(pixels: number, protocol: BenchProtocol): number {
  const frames = Math.round((protocol.isQuick ? 32 : 84) * 2 ** 20 / pixels);
  return Math.min(protocol.isQuick ? 100 : 400, Math.max(protocol.isQuick ? 16 : 30, frames));
}

/** Frames that the naive way gets of those: it is several times slower. */
export function naiveFrames(frames: number): number {
  return Math.max(8, Math.round(frames / 4));
}

function lengthOf({ isQuick }: BenchProtocol): "quick" | "full" {
  return isQuick ? "quick" : "full";
}
