import type { CoreUse, Sample } from "../report/bench_report.ts";
import { coreShare, isDisturbed } from "./core_share.ts";
import type { Burst } from "./messages.ts";
import { median } from "./statistics.ts";

/** One burst of a row. */
export interface BurstSample {
  /** Milliseconds since the benchmark began, at its end. */
  readonly atMs: number;
  /** By worker. */
  readonly bursts: readonly Burst[];
}

/**
 * The bursts of one row, one for each round. A burst that was run again takes the place of the one
 * that had least of its cores, if it had more of them: the cores decide, never the frames a second.
 */
export class BurstSeries {
  readonly #kept: BurstSample[] = [];
  readonly #needsCores: boolean;
  #bursts = 0;
  #disturbed = 0;

  /** @param options.needsCores Whether its passes compute on the CPU; a GPU's wait for it. */
  constructor({ needsCores }: { needsCores: boolean }) {
    this.#needsCores = needsCores;
  }

  /** Whether a round's burst lacked a core. */
  get isDisturbed(): boolean {
    return this.#kept.some((sample) => isDisturbed(this.#shareOf(sample)));
  }

  /** Takes the burst of the next round. */
  add(sample: BurstSample): void {
    this.#count(sample);
    this.#kept.push(sample);
  }

  /**
   * Takes a burst that was run again.
   *
   * @throws {RangeError} If there is none that it could stand for.
   */
  addRepeat(sample: BurstSample): void {
    if (this.#kept.length === 0) throw new RangeError("Cannot repeat a burst before the first.");
    this.#count(sample);
    const shares = this.#kept.map((each) => this.#shareOf(each));
    const least = Math.min(...shares);
    if (this.#shareOf(sample) > least) this.#kept[shares.indexOf(least)] = sample;
  }

  /** A figure of every round's burst. */
  samples(figure: (bursts: readonly Burst[]) => number): readonly Sample[] {
    return this.#kept.map(({ atMs, bursts }) => ({ atMs, value: figure(bursts) }));
  }

  /** How much of its cores the row had; undefined where its passes do not keep cores busy. */
  cores(): CoreUse | undefined {
    if (!this.#needsCores) return undefined;
    const shares = this.#kept.map((sample) => this.#shareOf(sample));
    return {
      shares,
      isDisturbed: isDisturbed(median(shares)),
      bursts: this.#bursts,
      disturbedBursts: this.#disturbed,
    };
  }

  #shareOf({ bursts }: BurstSample): number {
    return this.#needsCores ? coreShare(bursts) : 1;
  }

  #count(sample: BurstSample): void {
    this.#bursts++;
    if (isDisturbed(this.#shareOf(sample))) this.#disturbed++;
  }
}
