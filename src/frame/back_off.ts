/** How long to wait before something is tried again. */

/** The delays; each next one is `factor` times longer. */
export interface BackOffOptions {
  /** The shortest, in milliseconds. */
  readonly firstMs: number;
  /** They grow no further. */
  readonly capMs: number;
  /** 2 by default. */
  readonly factor?: number;
  /** Up to this share is taken off at random, so that many do not come back in step; 0.2. */
  readonly jitter?: number;
  /** What worked this long had nothing wrong with it; see delayAfter. For ever by default. */
  readonly soundMs?: number;
  /** From 0 to below 1; `Math.random` by default. */
  readonly random?: () => number;
}

/** Beyond, the power is no number any more; the cap is reached long before. */
const MOST_STEPS = 64;

/** Capped exponential delays with jitter, which never lengthens them: the cap is a promise. */
export class BackOff {
  readonly #options: Required<BackOffOptions>;
  #step = 0;
  #isFirst = true;

  /**
   * Begins with the shortest delay.
   *
   * @throws {RangeError} If a delay is negative, the factor below 1 or the jitter not in 0 … 1.
   */
  constructor(options: BackOffOptions) {
    this.#options = { factor: 2, jitter: 0.2, soundMs: Infinity, random: Math.random, ...options };
    const { firstMs, capMs, factor, jitter } = this.#options;
    if (firstMs >= 0 && capMs >= 0 && factor >= 1 && jitter >= 0 && jitter <= 1) return;
    throw new RangeError(
      `Cannot back off by ${JSON.stringify(options)}: delays are not negative, the factor is at ` +
        "least 1, the jitter from 0 to 1.",
    );
  }

  /** The next delay in milliseconds. */
  next(): number {
    const { firstMs, capMs, factor, jitter, random } = this.#options;
    const delayMs = Math.min(capMs, firstMs * factor ** Math.min(this.#step++, MOST_STEPS));
    return Math.round(delayMs * (1 - jitter * random()));
  }

  /**
   * Milliseconds to wait now that an attempt failed which had worked for `workedMs`. The first failure
   * is answered at once: most are accidents, and a stream is running.
   */
  delayAfter(workedMs: number): number {
    if (workedMs >= this.#options.soundMs) this.reset();
    if (!this.#isFirst) return this.next();
    this.#isFirst = false;
    return 0;
  }

  /** All was well: begin with the shortest delay again. */
  reset(): void {
    this.#step = 0;
    this.#isFirst = true;
  }
}
