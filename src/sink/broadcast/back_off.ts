/** How long to wait before something is tried again. */
export interface BackOffOptions {
  /** After the second failure in a row, in milliseconds; it doubles from there. */
  readonly firstMs: number;
  /** It grows no further. */
  readonly capMs: number;
  /** What worked this long had nothing wrong with it: the next attempt is the first again. */
  readonly soundMs: number;
}

/** Each delay differs by up to this share, so that many do not come back in step. */
const JITTER = 0.2;

/**
 * Exponential delays between attempts, capped, with jitter. The first failure is answered at once:
 * most are accidents, and a stream is running.
 */
export class BackOff {
  readonly #options: BackOffOptions;
  #failures = 0;

  /** Starts with no failure behind it. */
  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  /** Milliseconds to wait now that an attempt failed which had worked for `workedMs`. */
  delayAfter(workedMs: number): number {
    const { firstMs, capMs, soundMs } = this.#options;
    if (workedMs >= soundMs) this.#failures = 0;
    const failures = this.#failures++;
    if (failures === 0) return 0;
    const delayMs = Math.min(capMs, firstMs * 2 ** (failures - 1));
    return Math.round(delayMs * (1 + JITTER * (Math.random() - 1)));
  }
}
