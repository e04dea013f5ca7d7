/** exp(−x) in steps of 1/STEPS_PER_UNIT for 0 ≤ x < CUTOFF; from there on it is taken for 0. */
const STEPS_PER_UNIT = 64;
const CUTOFF = 40;

/**
 * What the classes weigh at each grid point: the winner, its logit, and exp(logit − winner's) of
 * every class.
 *
 * Exact:  exponentials to 1e-6 of themselves; below e⁻⁴⁰ they are 0.
 * Memory: allocates nothing after construction.
 */
export class PointOdds {
  readonly winners: Uint8Array;
  readonly maxima: Float32Array;
  /** [classes, points]; 1 for the winner. */
  readonly exponentials: Float32Array;
  readonly #table: Float64Array;

  constructor(classes: number, points: number) {
    this.winners = new Uint8Array(points);
    this.maxima = new Float32Array(points);
    this.exponentials = new Float32Array(classes * points);
    this.#table = Float64Array.from(
      { length: CUTOFF * STEPS_PER_UNIT + 1 },
      (_, i) => Math.exp(-i / STEPS_PER_UNIT),
    );
  }

  /** Reads logits of [classes, points], plane by plane so that memory is read in order. */
  read(logits: Float32Array): void {
    this.#findWinners(logits);
    const { maxima, exponentials } = this;
    const table = this.#table;
    const points = maxima.length;
    for (let plane = 0; plane < logits.length; plane += points) {
      for (let point = 0; point < points; point++) {
        const below = (maxima[point]! - logits[plane + point]!) * STEPS_PER_UNIT;
        if (!(below < CUTOFF * STEPS_PER_UNIT)) {
          exponentials[plane + point] = 0;
          continue;
        }
        // exp(−i − r) = exp(−i)·(1 − r + r²/2), to r³/6 with r ≤ 1/128.
        const nearest = below + 0.5 | 0;
        const rest = (below - nearest) * (1 / STEPS_PER_UNIT);
        exponentials[plane + point] = table[nearest]! * (1 - rest + rest * rest * 0.5);
      }
    }
  }

  #findWinners(logits: Float32Array): void {
    const { winners, maxima } = this;
    const points = maxima.length;
    maxima.set(logits.subarray(0, points));
    winners.fill(0);
    for (let id = 1; id * points < logits.length; id++) {
      const plane = id * points;
      for (let point = 0; point < points; point++) {
        const value = logits[plane + point]!;
        if (value > maxima[point]!) {
          maxima[point] = value;
          winners[point] = id;
        }
      }
    }
  }
}
