/** Waits longer after each failure, up to five seconds: a server restarts in less than one. */
export class Retry {
  #delayMs = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * Calls `again` after the next delay; one that still waits is left out.
   *
   * @param {() => void} again
   */
  schedule(again) {
    this.cancel();
    // Pages that lost the server at the same moment do not come back at the same moment.
    const delayMs = this.#delayMs * (0.7 + 0.6 * Math.random());
    this.#delayMs = Math.min(5000, Math.max(300, 2 * this.#delayMs));
    this.#timer = setTimeout(again, delayMs);
  }

  /** It worked: the next failure is followed by an attempt at once. */
  reset() {
    this.#delayMs = 0;
  }

  cancel() {
    clearTimeout(this.#timer);
  }
}
