/** How long to wait before a camera is asked again. */

/** The delays; each next one is `factor` times longer. */
export interface BackoffOptions {
  /** Before the first attempt: 250 ms by default. */
  readonly firstMs?: number;
  /** 2 by default. */
  readonly factor?: number;
  /**
   * The longest delay: 1.5 s by default, because a camera that is back must be seen soon, and a
   * connection that is refused at once costs it nothing.
   */
  readonly capMs?: number;
  /** Up to this share is taken off at random, so that many cameras are not asked in step; 0.2. */
  readonly jitter?: number;
  /** After the camera refused: 30 s by default. */
  readonly refusedFirstMs?: number;
  /** 5 min by default. */
  readonly refusedCapMs?: number;
  /** From 0 to below 1; `Math.random` by default. */
  readonly random?: () => number;
}

/** Capped exponential delays with jitter, which never lengthens them: the cap is a promise. */
export class Backoff {
  readonly #options: Required<BackoffOptions>;
  #step = 0;
  #refusedStep = 0;

  /**
   * Begins with the shortest delays.
   *
   * @throws {RangeError} If a delay is negative, the factor below 1 or the jitter not in 0 … 1.
   */
  constructor(options: BackoffOptions = {}) {
    this.#options = {
      firstMs: 250,
      factor: 2,
      capMs: 1500,
      jitter: 0.2,
      refusedFirstMs: 30_000,
      refusedCapMs: 300_000,
      random: Math.random,
      ...options,
    };
    const { firstMs, factor, capMs, jitter, refusedFirstMs, refusedCapMs } = this.#options;
    const delays = [firstMs, capMs, refusedFirstMs, refusedCapMs];
    if (!(delays.every((delay) => delay >= 0) && factor >= 1 && jitter >= 0 && jitter <= 1)) {
      throw new RangeError(
        `Cannot back off by ${
          JSON.stringify(options)
        }: delays are not negative, the factor is at ` +
          "least 1, the jitter from 0 to 1.",
      );
    }
  }

  /** The next delay in milliseconds; a refusal counts on a scale of its own. */
  next(isRefused: boolean): number {
    const { firstMs, capMs, refusedFirstMs, refusedCapMs } = this.#options;
    return isRefused
      ? this.#delay(refusedFirstMs, refusedCapMs, this.#refusedStep++)
      : this.#delay(firstMs, capMs, this.#step++);
  }

  /** The camera was well: begin with the shortest delays again. */
  reset(): void {
    this.#step = 0;
    this.#refusedStep = 0;
  }

  #delay(firstMs: number, capMs: number, step: number): number {
    const { factor, jitter, random } = this.#options;
    const delayMs = Math.min(capMs, firstMs * factor ** Math.min(step, 64));
    return Math.round(delayMs * (1 - jitter * random()));
  }
}
