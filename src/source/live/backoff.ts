/** How long to wait before a camera is asked again. */
import { BackOff } from "../../frame/back_off.ts";

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

/** Two scales of delays: one for a camera that is not there, and one for a camera that refuses. */
export class CameraBackOff {
  readonly #absent: BackOff;
  readonly #refusing: BackOff;

  /**
   * Begins with the shortest delays.
   *
   * @throws {RangeError} If a delay is negative, the factor below 1 or the jitter not in 0 … 1.
   */
  constructor(options: BackoffOptions = {}) {
    const { refusedFirstMs = 30_000, refusedCapMs = 300_000, ...absent } = options;
    this.#absent = new BackOff({ firstMs: 250, capMs: 1500, ...absent });
    this.#refusing = new BackOff({ ...absent, firstMs: refusedFirstMs, capMs: refusedCapMs });
  }

  /** The next delay in milliseconds; a refusal counts on a scale of its own. */
  next(isRefused: boolean): number {
    return (isRefused ? this.#refusing : this.#absent).next();
  }

  /** The camera was well: begin with the shortest delays again. */
  reset(): void {
    this.#absent.reset();
    this.#refusing.reset();
  }
}
