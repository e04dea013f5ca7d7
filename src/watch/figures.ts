/** What is counted of one camera: for its page, its metrics and its report. */
import type { StreamEvent } from "../frame/stream_event.ts";
import type { FrameTiming } from "../frame/timing.ts";
import type { FeedState, FeedStatus } from "../report/feed.ts";
import { LiveWindow } from "../report/live_window.ts";

/** What of a status others know: the pool, the source, the broadcast. */
export type StatusParts = Pick<
  FeedStatus,
  | "name"
  | "input"
  | "size"
  | "modelSize"
  | "model"
  | "provider"
  | "precision"
  | "framesIn"
  | "dropped"
  | "workersReplaced"
  | "encodersReplaced"
  | "slots"
  | "slotsInUse"
  | "viewers"
>;

/** Counts frames and events as they come; constant memory, however long the camera runs. */
export class CameraFigures {
  readonly #window = new LiveWindow();
  #state: FeedState = "connecting";
  #stateSince = Date.now();
  #reason: string | undefined;
  #framesOut = 0;
  #framesHeld = 0;
  #reconnects = 0;
  /** Whether it was lost since it was there last; a decoder that begins anew by itself was not. */
  #isAway = false;
  #shares: readonly number[] = [];

  /** Frames that went out. */
  get framesOut(): number {
    return this.#framesOut;
  }

  /** Times the camera was lost and came back. */
  get reconnects(): number {
    return this.#reconnects;
  }

  /** Where the camera is in its life. */
  get state(): FeedState {
    return this.#state;
  }

  /** Counts a frame that went out, with the share of each class in it. */
  frame(timing: FrameTiming, shares: readonly number[]): void {
    this.#framesOut++;
    this.#window.record(timing);
    this.#shares = shares;
  }

  /** Counts a repetition of the last frame. */
  held(): void {
    this.#framesHeld++;
  }

  /** Takes note of what happened. */
  event(event: StreamEvent): void {
    switch (event.kind) {
      case "connected":
        if (this.#isAway) this.#reconnects++;
        this.#isAway = false;
        this.#enter("live", undefined);
        break;
      case "lost":
        this.#isAway = true;
        this.#enter("reconnecting", event.reason);
        break;
      case "rejected":
      case "retrying":
        this.#enter(this.#framesOut > 0 ? "reconnecting" : "connecting", event.reason);
        break;
      case "stalled": {
        const seconds = Math.round(event.silentMs / 1000);
        this.#isAway = true;
        this.#enter("reconnecting", `nothing came for ${seconds} s`);
        break;
      }
      case "gave up":
      case "failed":
        this.#enter("ended", event.reason);
        break;
    }
  }

  /** The camera will give no more frames. */
  end(): void {
    this.#enter("ended", this.#state === "ended" ? this.#reason : undefined);
  }

  /** Everything together. */
  status(parts: StatusParts): FeedStatus {
    const { fps, latencyMs, stages } = this.#window.status();
    return {
      ...parts,
      state: this.#state,
      stateSince: this.#stateSince,
      reason: this.#reason,
      fps,
      latencyMs,
      stages,
      framesOut: this.#framesOut,
      framesHeld: this.#framesHeld,
      reconnects: this.#reconnects,
      shares: this.#shares,
    };
  }

  #enter(state: FeedState, reason: string | undefined): void {
    if (state !== this.#state) this.#stateSince = Date.now();
    this.#state = state;
    this.#reason = reason;
  }
}
