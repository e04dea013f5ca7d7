/** The frames of a live stream: the newest as it comes, or the last one again while none comes. */
import type { FrameRing } from "../ring/ring.ts";

/** How long a stream may be silent before its last frame is held: in time, and in frames. */
const HOLD_AFTER_MS = 1000;
const HOLD_AFTER_FRAMES = 3;

/** How often a held frame is given: enough for players to stay connected, and cheap to encode. */
const HOLD_INTERVAL_MS = 200;

/** What {@link LiveFrames.next} gives. */
export type LiveFrame =
  /** A frame of the ring; its slot is held until the next frame has come. */
  | { readonly kind: "frame"; readonly slot: number }
  /** Nothing came for a while; the last frame's slot, where there was one. */
  | { readonly kind: "held"; readonly slot: number | undefined }
  | { readonly kind: "end" };

/**
 * Takes frames off a ring and keeps the newest one's slot until the next has come, so that it can be
 * shown again without a copy. The ring needs a slot more for that.
 */
export class LiveFrames {
  readonly #ring: FrameRing;
  readonly #holdAfterMs: number;
  #held: number | undefined;
  #coming: Promise<void> | undefined;
  #came: { readonly slot: number | undefined } | undefined;
  #wake: () => void = () => {};
  #isSilent = false;

  /** @param frameMs The time from a frame of the stream to the next. */
  constructor(ring: FrameRing, frameMs: number) {
    this.#ring = ring;
    this.#holdAfterMs = Math.max(HOLD_AFTER_MS, HOLD_AFTER_FRAMES * frameMs);
  }

  /** The newest frame's slot; undefined before the first. */
  get newest(): number | undefined {
    return this.#held;
  }

  /** The next frame, or after a silence the last one again, five times a second. */
  async next(): Promise<LiveFrame> {
    // One wait on the ring at a time, however often its silence is looked at: a race of promises
    // would leave a reaction behind for every look.
    this.#coming ??= this.#ring.next().then((slot) => {
      this.#came = { slot };
      this.#wake();
    });
    if (this.#came === undefined) {
      await this.#wait(this.#isSilent ? HOLD_INTERVAL_MS : this.#holdAfterMs);
    }
    if (this.#came === undefined) {
      this.#isSilent = true;
      return { kind: "held", slot: this.#held };
    }
    const { slot } = this.#came;
    this.#coming = this.#came = undefined;
    this.#isSilent = false;
    this.release();
    if (slot === undefined) return { kind: "end" };
    this.#held = slot;
    return { kind: "frame", slot };
  }

  /** Gives the newest frame's slot back. */
  release(): void {
    if (this.#held !== undefined) this.#ring.release(this.#held);
    this.#held = undefined;
  }

  async #wait(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
  }
}
