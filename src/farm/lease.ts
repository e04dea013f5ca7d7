/**
 * A right that lasts only as long as it is renewed.
 *
 * The holder counts from when it *asked* for the last renewal that was granted, Redis from when it
 * granted it, a moment later: so the holder lets go before anybody else can have it, whether Redis is
 * away, the machine slept, or the right was given to another.
 */
export class Lease {
  readonly #durationMs: number;
  readonly #renew: () => Promise<unknown>;
  readonly #onLost: (reason: string) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #heldUntilMs: number;
  #isOver = false;

  /**
   * Begins to renew.
   *
   * @param renew Rejects, or resolves to 0, when the right is lost; may also never settle.
   * @param onLost Called once, at the latest when the time is over.
   */
  constructor(
    durationMs: number,
    renew: () => Promise<unknown>,
    onLost: (reason: string) => void,
  ) {
    this.#durationMs = durationMs;
    this.#renew = renew;
    this.#onLost = onLost;
    // It was granted a little while ago.
    this.#heldUntilMs = performance.now() + durationMs * (1 - 1 / RENEWALS);
    this.#timer = setInterval(() => void this.#beat(), durationMs / RENEWALS);
    void this.#beat();
  }

  /** Lets go: nothing is renewed and nobody is told. */
  end(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
  }

  async #beat(): Promise<void> {
    const askedAtMs = performance.now();
    // The next beat comes too late.
    if (askedAtMs + this.#durationMs / RENEWALS >= this.#heldUntilMs) {
      this.#lose("Redis did not renew the lease in time.");
      return;
    }
    try {
      const granted = await this.#renew();
      if (granted === 0) this.#lose(LOST);
      else this.#heldUntilMs = Math.max(this.#heldUntilMs, askedAtMs + this.#durationMs);
    } catch (error) {
      this.#lose(`The lease was lost: ${error instanceof Error ? error.message : error}`);
    }
  }

  #lose(reason: string): void {
    if (this.#isOver) return;
    this.end();
    this.#onLost(reason);
  }
}

/** Why a run ends whose right was given to another meanwhile. */
export const LOST = "The lease was lost to another worker.";

/** Renewals in the time that one lasts. */
const RENEWALS = 5;
