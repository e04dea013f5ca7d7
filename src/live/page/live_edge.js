/** How far behind the newest picture the video plays, in seconds: enough for an uneven network. */
const TARGET_S = 0.25;
/** From here on it plays faster, */
const LATE_S = 0.5;
/** and from here on the pictures between are left out. */
const TOO_LATE_S = 0.8;
/** Nearer than this it stops at every picture that is a little late: it plays slower. */
const NEAR_S = 0.08;
/** Other than life by a little that nobody sees. */
const CATCH_UP_RATE = 1.15;
const FALL_BACK_RATE = 0.92;

/** A stream that goes on elsewhere in time has begun anew: what was worked out of it is void. */
const JUMP_S = 5;

/** Keeps a video at the live end of what it was given. */
export class LiveEdge {
  #video;
  #end = 0;
  #shown = 0;
  #hasJumped = false;
  #grewAt = 0;
  #movedAt = 0;

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
    this.restart();
  }

  /** A new stream begins. */
  restart() {
    this.#end = this.#shown = 0;
    this.#hasJumped = false;
    this.#grewAt = this.#movedAt = performance.now();
    this.#video.playbackRate = 1;
  }

  /** For how many milliseconds nothing came. */
  get silentMs() {
    return performance.now() - this.#grewAt;
  }

  /** For how many milliseconds the same picture has stood. */
  get stillMs() {
    return performance.now() - this.#movedAt;
  }

  /** Whether a picture was shown since the last restart. */
  get hasMoved() {
    return this.#shown > 0;
  }

  /** Whether the stream's clock began anew, forwards or backwards. */
  get hasJumped() {
    return this.#hasJumped;
  }

  /** To be called several times a second. */
  tick() {
    const video = this.#video;
    const { buffered, currentTime } = video;
    const now = performance.now();
    if (currentTime !== this.#shown) {
      this.#shown = currentTime;
      this.#movedAt = now;
    }
    if (buffered.length === 0) return;
    const last = buffered.length - 1;
    const end = buffered.end(last);
    if (end !== this.#end) {
      this.#hasJumped ||= this.#end > 0 && Math.abs(end - this.#end) > JUMP_S;
      this.#end = end;
      this.#grewAt = now;
    }
    const behind = end - currentTime;
    // What came before the first picture is shown is old: the stream begins at its last key frame.
    const limit = this.hasMoved ? TOO_LATE_S : LATE_S;
    if (behind > limit || currentTime < buffered.start(last)) {
      video.currentTime = Math.max(buffered.start(last), end - TARGET_S);
      video.playbackRate = 1;
    } else if (behind > LATE_S) {
      video.playbackRate = CATCH_UP_RATE;
    } else if (behind < NEAR_S) {
      video.playbackRate = FALL_BACK_RATE;
    } else if (video.playbackRate > 1 ? behind <= TARGET_S : behind >= TARGET_S) {
      video.playbackRate = 1;
    }
    // A browser pauses what it thinks nobody sees; it may refuse to play, and is asked again.
    if (video.paused) video.play().catch(() => {});
  }
}
