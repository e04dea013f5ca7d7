import type { SegmentationClass } from "../frame/classes.ts";
import { nowMs } from "../frame/clock.ts";
import type { StreamEvent } from "../frame/stream_event.ts";
import { eventRecord } from "../report/stream_log.ts";
import type { Condition } from "./condition.ts";
import { ConditionWatcher, type Crossing } from "./condition_watcher.ts";
import type { EventSink } from "./event_sink.ts";

/** What an {@link EventWriter} writes about. */
export interface EventWriterOptions {
  /** The stream's name, which every line has. */
  readonly stream: string;
  /** What the class ids mean. */
  readonly classes: readonly SegmentationClass[];
  /** What to watch for; with none, every frame is written. */
  readonly conditions?: readonly Condition[];
  /** What a calendar says now, in milliseconds of the epoch; `Date.now` by default. */
  readonly now?: () => number;
}

/** What is known of a frame that went out. */
export interface FrameFacts {
  /** Frame number in the stream, from 0. */
  readonly index: number;
  /** Presentation time in microseconds from the first frame. */
  readonly ptsUs: number;
  /** From ready to written, in milliseconds. */
  readonly latencyMs: number;
}

/** Shares have four places: a hundredth of a percent. */
const SHARE_STEPS = 10_000;

/**
 * Writes one stream's events to a sink, each a JSON object on one line, with `time` (ISO 8601, UTC),
 * `stream` and `kind`:
 *
 * ```json
 * {"time":"…","stream":"gate","kind":"frame","index":7,"ptsUs":280000,"latencyMs":31.2,"shares":{"road":0.31}}
 * {"time":"…","stream":"gate","kind":"crossed","when":"person>2%","state":"above","share":0.034,"frame":7,"ptsUs":280000}
 * {"time":"…","stream":"gate","kind":"lost","reason":"the camera closed the connection"}
 * ```
 *
 * Frames are written where there are no conditions, crossings where there are; what happens to the
 * stream is always written. Classes that are not in the picture are left out of `shares`.
 */
export class EventWriter {
  readonly #sink: EventSink;
  readonly #stream: string;
  readonly #classes: readonly SegmentationClass[];
  readonly #watcher: ConditionWatcher | undefined;
  readonly #now: () => number;

  /** Writes to a sink that stays the caller's: several writers may share it. */
  constructor(sink: EventSink, options: EventWriterOptions) {
    const { stream, classes, conditions = [], now = Date.now } = options;
    this.#sink = sink;
    this.#now = now;
    this.#stream = stream;
    this.#classes = classes;
    this.#watcher = conditions.length === 0 ? undefined : new ConditionWatcher(conditions);
  }

  /**
   * Takes a frame that was written.
   *
   * @param shares Of the picture by class id, 0 to 1.
   * @param atMs When, by `nowMs()`, for conditions with a duration. It never goes back, so it is no
   *   date: the system's clock may have been set since the program began.
   */
  frame(facts: FrameFacts, shares: ArrayLike<number>, atMs: number = nowMs()): void {
    if (this.#watcher === undefined) this.#writeFrame(facts, shares);
    else {
      for (const crossing of this.#watcher.update(shares, atMs)) {
        this.#writeCrossing(crossing, facts);
      }
    }
  }

  /** Takes what happened to the stream. */
  event(event: StreamEvent): void {
    if (event.kind === "lost" || event.kind === "stalled") this.#watcher?.interrupt();
    this.#sink.write(JSON.stringify(eventRecord(this.#stream, event, this.#now())));
  }

  #writeFrame({ index, ptsUs, latencyMs }: FrameFacts, shares: ArrayLike<number>) {
    const named = this.#classes.map(({ name }, id) => [name, roundShare(shares[id] ?? 0)] as const);
    this.#write("frame", {
      index,
      ptsUs: Math.round(ptsUs),
      latencyMs: Math.round(latencyMs * 10) / 10,
      shares: Object.fromEntries(named.filter(([, share]) => share > 0)),
    });
  }

  #writeCrossing({ when, state, share }: Crossing, { index, ptsUs }: FrameFacts) {
    this.#write("crossed", {
      when,
      state,
      share: roundShare(share),
      frame: index,
      ptsUs: Math.round(ptsUs),
    });
  }

  #write(kind: string, fields: object): void {
    const time = new Date(this.#now()).toISOString();
    this.#sink.write(JSON.stringify({ time, stream: this.#stream, kind, ...fields }));
  }
}

function roundShare(share: number): number {
  return Math.round(share * SHARE_STEPS) / SHARE_STEPS;
}
