/** Ends a decoder that gives nothing any more. */
import { nowMs } from "../../frame/clock.ts";

/** How often the time is looked at: often enough for the shortest limit. */
const TICK_MS = 200;

/** What is watched. */
export interface Watched {
  /** Milliseconds of silence that are too long at present. */
  limitMs(): number;
  /** The limit is passed; called once. */
  onSilence(silentMs: number): void;
}

/**
 * Watches one thing after another with one timer, however many signs of life there are.
 *
 * A thread that was stopped itself, as by a machine that slept, does not take its own absence for
 * silence: what arrived meanwhile is still to be read.
 */
export class Watchdog {
  readonly #timer: ReturnType<typeof setInterval>;
  #watched: Watched | undefined;
  #isHeld = false;
  #signMs = 0;
  #tickMs = nowMs();

  /** Starts the timer; {@link stop} ends it. */
  constructor() {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Watches this from now on, instead of what was before. */
  watch(watched: Watched): void {
    this.#watched = watched;
    this.#isHeld = false;
    this.feed();
  }

  /** Watches nothing. */
  release(): void {
    this.#watched = undefined;
  }

  /** There was a sign of life. */
  feed(): void {
    this.#isHeld = false;
    this.#signMs = nowMs();
  }

  /** The silence is ours until the next sign of life: somebody waits for a place in the ring. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Ends the timer. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = nowMs();
    const wasAway = now - this.#tickMs > 3 * TICK_MS;
    this.#tickMs = now;
    if (wasAway) this.#signMs = Math.max(this.#signMs, now - TICK_MS);
    const watched = this.#watched;
    if (watched === undefined || this.#isHeld) return;
    const silentMs = now - this.#signMs;
    if (silentMs <= watched.limitMs()) return;
    this.#watched = undefined;
    watched.onSilence(silentMs);
  }
}
