/** When the frames of a live stream are shown, whatever its own clock does. */

/** Frames that would be closer follow each other by this much: FLV counts in milliseconds. */
const LEAST_STEP_US = 1000;

/** Longer silences are the network's or the camera's; what comes after them is timed anew. */
const GAP_US = 1_000_000;

/** So much may a stream's clock go ahead of arrivals before it is held back. */
const AHEAD_US = 1_000_000;

/** So much may it fall behind, for {@link PATIENCE_US}: a delay on the way is made good before. */
const BEHIND_US = 500_000;
const PATIENCE_US = 1_000_000;

/** A clock that stands still tells no time; it is given up when it does for so long. */
const STILL_US = 200_000;

/** A clock that goes wrong for so long while it is held back is not followed any more. */
const HELD_BACK_US = 5_000_000;

/** A clock that was given up is followed again when it kept pace with arrivals for so long. */
const PROBATION_US = 2_000_000;
const PROBATION_ERROR_US = 150_000;

/** What is left of a constant error after so much time is 1/e of it. */
const DRIFT_TIME_US = 10_000_000;

/** Drift is made good by at most this share of the time between two frames. */
const LARGEST_CORRECTION = 0.05;

/** When a frame is shown. */
export interface LiveTime {
  /** Microseconds after the stream's first frame. */
  readonly ptsUs: number;
  /**
   * Set on the frame from which on the stream's clock is not followed: how far it went away from
   * arrivals, positive when it went ahead.
   */
  readonly jumpUs?: number;
}

/** What arrivals tell. */
export interface LiveClockOptions {
  /**
   * Whether frames arrive when they are sent, as by default; not when the reader itself holds them
   * up, so that a late arrival says nothing of the stream's clock.
   */
  readonly isPrompt?: boolean;
}

/**
 * Puts the frames of a live stream on one time line: microseconds of wall time since its first frame.
 *
 * - The stream's own clock gives the distance between frames, which arrivals would make uneven; what
 *   drifts between the two is made good by at most 5% of a distance.
 * - A clock that jumps, stands still or runs wild is left for arrivals, and followed again once it
 *   kept pace for two seconds.
 * - After an outage, or a silence of over a second, the line goes on where wall time is.
 * - Times increase by at least a millisecond. They run ahead of wall time by at most a second, where
 *   frames come faster than they were filmed.
 *
 * Pure: time comes in with the frames.
 */
export class LiveClock {
  readonly #isPrompt: boolean;
  #isStamped = true;
  /** The first frame's arrival. */
  #epochMs: number | undefined;
  #lastUs = -LEAST_STEP_US;
  #lastStreamUs = 0;
  #lastArrivalUs = 0;
  /** Whether the next frame is the first of a connection. */
  #isFresh = true;
  /** Whether arrivals are followed, and since when and where the stream's clock is on probation. */
  #probation: { readonly arrivalUs: number; readonly streamUs: number } | undefined;
  /** Since when the stream's clock stands still, or is off. */
  #stillSinceUs: number | undefined;
  #behindSinceUs: number | undefined;
  #aheadSinceUs: number | undefined;

  /** A clock that has seen no frame. */
  constructor(options: LiveClockOptions = {}) {
    this.#isPrompt = options.isPrompt ?? true;
  }

  /** When the first frame came, in `nowMs()`; undefined before. */
  get epochMs(): number | undefined {
    return this.#epochMs;
  }

  /**
   * Another connection begins: the stream's clock starts anew, wall time has gone on.
   *
   * @param isStamped Whether the stream tells time at all; MJPEG over HTTP does not.
   */
  restart(isStamped: boolean): void {
    this.#isStamped = isStamped;
    this.#isFresh = true;
    this.#probation = undefined;
  }

  /**
   * The time of the next frame.
   *
   * @param streamUs On the stream's own clock, which may start anywhere.
   * @param arrivalMs When it came, in `nowMs()`.
   */
  stamp(streamUs: number, arrivalMs: number): LiveTime {
    this.#epochMs ??= arrivalMs;
    const arrivalUs = Math.round((arrivalMs - this.#epochMs) * 1000);
    const streamStepUs = streamUs - this.#lastStreamUs;
    const arrivalStepUs = arrivalUs - this.#lastArrivalUs;
    this.#lastStreamUs = streamUs;
    this.#lastArrivalUs = arrivalUs;
    if (this.#isFresh || !this.#isStamped || (this.#isPrompt && arrivalStepUs > GAP_US)) {
      this.#isFresh = false;
      return this.#anchor(arrivalUs);
    }
    if (this.#probation !== undefined) {
      return this.#arrive(arrivalUs, streamUs, streamStepUs);
    }
    if (streamStepUs < 0 || streamStepUs > Math.max(0, arrivalStepUs) + AHEAD_US) {
      return this.#giveUp(arrivalUs, streamUs, streamStepUs - arrivalStepUs);
    }
    return this.#follow(arrivalUs, streamUs, streamStepUs);
  }

  /** Goes by the stream's clock, bent towards arrivals. */
  #follow(arrivalUs: number, streamUs: number, streamStepUs: number): LiveTime {
    this.#stillSinceUs = streamStepUs < LEAST_STEP_US ? this.#stillSinceUs ?? arrivalUs : undefined;
    if (this.#stillSinceUs !== undefined) {
      const stillUs = arrivalUs - this.#stillSinceUs;
      return stillUs > STILL_US
        ? this.#giveUp(arrivalUs, streamUs, -stillUs)
        : { ptsUs: this.#advance(arrivalUs) };
    }
    const errorUs = this.#lastUs + streamStepUs - arrivalUs;
    this.#behindSinceUs = errorUs < -BEHIND_US ? this.#behindSinceUs ?? arrivalUs : undefined;
    this.#aheadSinceUs = errorUs > AHEAD_US ? this.#aheadSinceUs ?? arrivalUs : undefined;
    const isBehind = this.#isPrompt && hasLasted(this.#behindSinceUs, arrivalUs, PATIENCE_US);
    if (isBehind || hasLasted(this.#aheadSinceUs, arrivalUs, HELD_BACK_US)) {
      return this.#giveUp(arrivalUs, streamUs, errorUs);
    }
    const largestUs = streamStepUs * LARGEST_CORRECTION;
    const wantedUs = errorUs * streamStepUs / DRIFT_TIME_US;
    const correctionUs = this.#isPrompt
      ? Math.min(largestUs, Math.max(-largestUs, wantedUs))
      : Math.max(0, Math.min(largestUs, wantedUs));
    const ptsUs = this.#lastUs + streamStepUs - correctionUs;
    return { ptsUs: this.#advance(Math.min(ptsUs, arrivalUs + AHEAD_US)) };
  }

  /** Goes by arrivals, until the stream's clock has kept pace for a while. */
  #arrive(arrivalUs: number, streamUs: number, streamStepUs: number): LiveTime {
    const { arrivalUs: sinceUs, streamUs: fromUs } = this.#probation!;
    const errorUs = (streamUs - fromUs) - (arrivalUs - sinceUs);
    if (streamStepUs <= 0 || Math.abs(errorUs) > PROBATION_ERROR_US) {
      this.#probation = { arrivalUs, streamUs };
    } else if (arrivalUs - sinceUs >= PROBATION_US) {
      this.#probation = undefined;
    }
    return { ptsUs: this.#advance(arrivalUs) };
  }

  #giveUp(arrivalUs: number, streamUs: number, jumpUs: number): LiveTime {
    const { ptsUs } = this.#anchor(arrivalUs);
    this.#probation = { arrivalUs, streamUs };
    return { ptsUs, jumpUs };
  }

  #anchor(arrivalUs: number): LiveTime {
    this.#stillSinceUs = undefined;
    this.#behindSinceUs = undefined;
    this.#aheadSinceUs = undefined;
    return { ptsUs: this.#advance(arrivalUs) };
  }

  #advance(ptsUs: number): number {
    this.#lastUs = Math.max(Math.round(ptsUs), this.#lastUs + LEAST_STEP_US);
    return this.#lastUs;
  }
}

function hasLasted(sinceUs: number | undefined, nowUs: number, limitUs: number): boolean {
  return sinceUs !== undefined && nowUs - sinceUs > limitUs;
}
