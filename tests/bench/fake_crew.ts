import type { Burst, BurstOrder } from "../../src/bench/messages.ts";

/** Milliseconds that a made-up pass computes for. */
export const PASS_MS = 40;

/**
 * Bursts of made-up workers whose passes compute for {@link PASS_MS} each. Where the cores have time
 * for a share of them only, they take longer by the clock, and no longer by the CPU's.
 */
export function burstsAt(share: number, { workers = 1, runs = 10 } = {}): Burst[] {
  const cpuMs = runs * PASS_MS;
  return Array.from({ length: workers }, () => ({
    ...{ runs, inferMs: PASS_MS / share, headMs: 0 },
    ...{ beganMs: 1000, endedMs: 1000 + cpuMs / share },
    ...{ cpuBeganMs: 500, cpuEndedMs: 500 + workers * cpuMs },
  }));
}

/**
 * A crew without threads: the bursts of each entrant get the shares that were laid out for it, in
 * that order, and whole cores after the last. Loading and burning in use none of them up.
 */
export class FakeCrew {
  /** Keys of the entrants, in the order of their bursts. */
  readonly ran: string[] = [];
  readonly #shares: Readonly<Record<string, readonly number[]>>;

  constructor(shares: Readonly<Record<string, readonly number[]>>) {
    this.#shares = shares;
  }

  async load(): Promise<void> {}

  async unload(): Promise<void> {}

  run({ key, warmUps, runs }: BurstOrder, workers: number): Promise<Burst[]> {
    const isBurnIn = runs === 1 || warmUps === 0;
    if (isBurnIn) return Promise.resolve(burstsAt(1, { workers, runs }));
    const turn = this.ran.filter((each) => each === key).length;
    this.ran.push(key);
    return Promise.resolve(burstsAt(this.#shares[key]?.[turn] ?? 1, { workers, runs }));
  }
}
