/** Runs a live source into a real ring, and shows what comes out. */
import { nowMs } from "../../src/frame/clock.ts";
import type { StreamEvent } from "../../src/frame/stream_event.ts";
import { i420Layout } from "../../src/frame/geometry.ts";
import { HEADER, HEADER_FIELDS } from "../../src/frame/timing.ts";
import { FrameRing } from "../../src/ring/ring.ts";
import { SECTION } from "../../src/ring/sections.ts";
import { type LiveSource, type LiveSourceOptions, openLiveSource } from "../../src/source/live.ts";

/** Longer than a busy machine takes for anything. */
const PATIENCE_MS = 60_000;

/** A frame as it left the ring. */
export interface SeenFrame {
  readonly index: number;
  readonly ptsUs: number;
  /** When its header was read, by `nowMs()`. */
  readonly arrivalMs: number;
  /** When it was seen, by `nowMs()`. */
  readonly atMs: number;
  /** A copy. */
  readonly pixels: Uint8Array;
}

/** How to view. */
export interface ViewerOptions extends LiveSourceOptions {
  /** Whether frames are taken out of the ring; by default. */
  readonly takes?: boolean;
}

/** A source that runs until it is disposed of (`await using`). */
export class Viewer implements AsyncDisposable {
  readonly source: LiveSource;
  readonly events: readonly StreamEvent[];
  readonly ring: FrameRing;
  /** Every frame that was taken; `wait` says which of them is meant. */
  readonly frames: SeenFrame[] = [];
  /** Resolves when the source's `run` does. */
  readonly ended: Promise<void>;
  readonly #abort = new AbortController();
  readonly #watching: Promise<void>;

  private constructor(source: LiveSource, events: StreamEvent[], takes: boolean) {
    this.source = source;
    this.events = events;
    this.ring = FrameRing.allocate({
      slots: 4,
      headerFields: HEADER_FIELDS,
      sectionBytes: [i420Layout(source.info.size).byteLength],
    });
    this.ended = source.run(this.ring, this.#abort.signal).finally(() => this.ring.end());
    this.#watching = takes ? this.#watch() : Promise.resolve();
  }

  /** Opens the input and runs it. */
  static async open(input: string, options: ViewerOptions = {}): Promise<Viewer> {
    const events: StreamEvent[] = [];
    const onEvent = (event: StreamEvent) => events.push(event);
    const source = await openLiveSource(input, { onEvent, ...options });
    return new Viewer(source, events, options.takes ?? true);
  }

  /** The newest frame, once `isWanted` holds; rejects after a minute, with what happened. */
  async until(isWanted: (viewer: Viewer) => boolean): Promise<SeenFrame | undefined> {
    const beganMs = nowMs();
    while (!isWanted(this)) {
      if (nowMs() - beganMs > PATIENCE_MS) {
        throw new Error(
          `In vain for a minute: ${JSON.stringify([this.events, this.source.counts])}`,
        );
      }
      await turn();
    }
    return this.frames.at(-1);
  }

  /** The first frame that comes from now on. */
  async next(): Promise<SeenFrame> {
    const count = this.frames.length;
    await this.until(() => this.frames.length > count);
    return this.frames[count]!;
  }

  /** The kinds of the events so far. */
  get kinds(): string[] {
    return this.events.map((event) => event.kind);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.ended;
    await this.#watching;
    await this.source.close();
  }

  /** Stands for the worker and the sink at once. */
  async #watch(): Promise<void> {
    let isOver = false;
    void this.ended.catch(() => {}).then(() => isOver = true);
    while (!isOver) {
      const slot = this.ring.tryTake(0);
      if (slot === undefined) {
        await turn();
        continue;
      }
      const header = this.ring.header(slot);
      this.frames.push({
        index: header[HEADER.index]!,
        ptsUs: header[HEADER.ptsUs]!,
        arrivalMs: header[HEADER.reading]!,
        atMs: nowMs(),
        pixels: this.ring.section(slot, SECTION.pixels).slice(),
      });
      this.ring.finish(slot);
      this.ring.release((await this.ring.next())!);
    }
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2));
}
