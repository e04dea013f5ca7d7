/** Forward passes by the paper's protocol, in bursts of each row in turn. */
import type { BenchProtocol, BenchRow, Sample } from "../report/bench_report.ts";
import { type BurstSample, BurstSeries } from "./burst_series.ts";
import type { Calibration } from "./calibration.ts";
import type { BenchHead, Entrant } from "./contestant.ts";
import { type Crew, framesPerSecond } from "./crew.ts";
import { isTooSlow, MOST_REPEATS, type Pace, paceOf } from "./protocol.ts";
import type { RowHead } from "./rows.ts";
import { measurement } from "./statistics.ts";

/** One row to measure: who runs, with which head, on how many workers. */
export interface Entry {
  /** Its resolution tells how much work a pass is. */
  readonly row: RowHead;
  readonly entrant: Entrant;
  readonly head: BenchHead;
  readonly workers: number;
}

/** A measured row and how its passes divide. */
export interface EntryResult {
  readonly row: BenchRow;
  readonly entry: Entry;
  /** The head's time over the network's, by burst. */
  readonly headShares: readonly Sample[];
}

/** What the measuring of entries needs. */
export interface NetworkBenchOptions {
  readonly protocol: BenchProtocol;
  readonly crew: Pick<Crew, "load" | "run" | "unload">;
  readonly calibration: Pick<Calibration, "measure">;
  /** When the benchmark began, by `performance.now()`. */
  readonly beganMs: number;
  /** Called with what is being done. */
  readonly onPhase: (phase: string) => void;
  /** Called with what was left out or shortened. */
  readonly onNote: (note: string) => void;
}

/** A session that rested while the others ran has cold caches. */
const WARM_UPS = 2;

/**
 * Measures the frames a second of every entry. Every entrant is loaded and burnt in first; then the
 * entries take turns, a burst each, round by round: whatever the machine does meanwhile falls on
 * all of them. Entries that lacked a core in a round run once more after the last, when it may be
 * back; at most twice.
 *
 * @throws {ProviderError | ModelError} If an entrant cannot be loaded.
 */
export async function measureEntries(
  entries: readonly Entry[],
  options: NetworkBenchOptions,
): Promise<readonly EntryResult[]> {
  const paces = await burnIn(entries, options);
  const running = entries.filter(({ entrant }) => paces.has(entrant.key));
  const turns = running.map((entry): Turn => ({
    entry,
    pace: paces.get(entry.entrant.key)!,
    series: new BurstSeries({ needsCores: entry.entrant.provider === "cpu" }),
  }));
  const rounds = Math.max(0, ...paces.values().map((pace) => pace.rounds));
  for (let round = 0; round < rounds; round++) {
    options.onPhase(`network alone: round ${round + 1} of ${rounds}`);
    await options.calibration.measure();
    for (const turn of turns.filter(({ pace }) => round < pace.rounds)) {
      turn.series.add(await runBurst(turn, options));
    }
  }
  await repeatDisturbed(turns, options);
  for (const key of paces.keys()) await options.crew.unload(key);
  return turns.map(resultOf);
}

/** An entry while it is measured. */
interface Turn {
  readonly entry: Entry;
  readonly pace: Pace;
  readonly series: BurstSeries;
}

async function repeatDisturbed(
  turns: readonly Turn[],
  options: NetworkBenchOptions,
): Promise<void> {
  for (let repeat = 0; repeat < MOST_REPEATS; repeat++) {
    const disturbed = turns.filter(({ series }) => series.isDisturbed);
    if (disturbed.length === 0) return;
    options.onPhase(
      `network alone: ${disturbed.length} of ${turns.length} rows again: a core was missing`,
    );
    await options.calibration.measure();
    for (const turn of disturbed) turn.series.addRepeat(await runBurst(turn, options));
  }
}

/** Loads the entrants and runs each until it is warm; gives the pace of those that stay. */
async function burnIn(
  entries: readonly Entry[],
  options: NetworkBenchOptions,
): Promise<Map<string, Pace>> {
  const { crew, protocol, onPhase, onNote } = options;
  const paces = new Map<string, Pace>();
  /** Milliseconds a pixel of each entrant's name, from the resolution before. */
  const speeds = new Map<string, number>();
  for (const key of new Set(entries.map(({ entrant }) => entrant.key))) {
    const same = entries.filter(({ entrant }) => entrant.key === key);
    const { entrant, row } = same[0]!;
    const { width, height } = row.resolution!.size;
    const expectedMs = (speeds.get(entrant.name) ?? 0) * width * height;
    if (isTooSlow(expectedMs, protocol)) {
      onNote(
        `${row.series} at ${row.resolution!.name} is left out: one frame would take about ` +
          `${Math.round(expectedMs / 1000)} s.`,
      );
      continue;
    }
    onPhase(`network alone: burning in ${row.resolution!.name} on ${entrant.provider}`);
    const workers = Math.max(...same.map((entry) => entry.workers));
    await crew.load(entrant, workers);
    // A GPU compiles its shaders in the first pass: the second tells how long one takes.
    const first = await crew.run({ key, head: "prob", warmUps: 1, runs: 1 }, workers);
    // The quickest worker's, for the others may have waited for a core.
    const passMs = Math.min(...first.map(({ beganMs, endedMs }) => endedMs - beganMs));
    speeds.set(entrant.name, passMs / (width * height));
    const pace = paceOf(passMs, protocol);
    if (pace.burnIn < protocol.burnIn) {
      const runs = pace.rounds * pace.runsPerRound;
      onNote(
        `${row.series} at ${row.resolution!.name} is slow (${Math.round(passMs)} ms a frame): ` +
          `${runs} runs after ${pace.burnIn}.`,
      );
    }
    if (pace.burnIn > 2) {
      await crew.run({ key, head: "prob", warmUps: 0, runs: pace.burnIn - 2 }, workers);
    }
    paces.set(key, pace);
  }
  return paces;
}

async function runBurst(
  { entry: { entrant, head, workers }, pace }: Turn,
  { crew, beganMs }: NetworkBenchOptions,
): Promise<BurstSample> {
  const warmUps = Math.min(WARM_UPS, pace.runsPerRound - 1);
  const order = { key: entrant.key, head, warmUps, runs: pace.runsPerRound };
  const bursts = await crew.run(order, workers);
  return { atMs: performance.now() - beganMs, bursts };
}

function resultOf({ entry, pace, series }: Turn): EntryResult {
  const cores = series.cores();
  const row = {
    ...entry.row,
    ...measurement(series.samples(framesPerSecond)),
    runs: pace.rounds * pace.runsPerRound,
    burnIn: pace.burnIn,
    ...(cores && { cores }),
  };
  const headShares = series.samples(([first]) => 100 * first!.headMs / first!.inferMs);
  return { row, entry, headShares };
}
