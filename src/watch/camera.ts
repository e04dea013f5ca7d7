/** One camera of a live run, from before its first connection to after its last frame. */
import { InputError } from "../errors.ts";
import type { SegmentationClass } from "../frame/classes.ts";
import type { Rgb } from "../frame/colour.ts";
import type { StreamEvent } from "../frame/stream_event.ts";
import type { FrameTiming } from "../frame/timing.ts";
import { redact } from "../ffmpeg/redact.ts";
import type { EventWriter } from "../events/event_writer.ts";
import type { Feed, FeedStatus, FeedView, FeedViewer } from "../report/feed.ts";
import type { LiveSource } from "../source/live.ts";
import type { EventOptions } from "./event_sinks.ts";
import { LIVE_VIEWS, LiveDrawing } from "./drawing.ts";
import { CameraFigures } from "./figures.ts";
import type { FilmingOptions } from "./assembly.ts";
import { Filming } from "./filming.ts";
import { openCamera, type SourceOptions } from "./open_camera.ts";
import type { Studio } from "./studio.ts";

/** One camera and what is to be done with it. */
export interface CameraOptions extends SourceOptions, FilmingOptions {
  /** As pages, metrics and logs name it. */
  readonly name: string;
  /** A URL, a device, or what is played as if it were live: a file, `street:`. */
  readonly input: string;
  /** Where frames, crossings and events are reported. */
  readonly events?: EventOptions;
}

/** How a camera ended. */
export interface CameraResult {
  /** As it was given. */
  readonly name: string;
  /** The last. */
  readonly status: FeedStatus;
  /** Where its recordings are. */
  readonly paths: readonly string[];
  /** Why it ended by itself; absent when it was told to, or when its file was played to the end. */
  readonly error?: Error;
}

/** What is not known before the camera was there. */
const NOT_YET = {
  ...{ size: undefined, modelSize: undefined, precision: undefined },
  ...{ framesIn: 0, dropped: {}, encodersReplaced: 0, slots: 0, slotsInUse: 0 },
} as const;

/**
 * One camera of a live run.
 *
 * - As a {@link Feed} it is there before the camera is: pages show that it connects.
 * - It lives through every loss of its camera, encoder, outputs and workers; see {@link run}.
 */
export class Camera implements Feed {
  readonly name: string;
  readonly views = LIVE_VIEWS;
  readonly #options: CameraOptions;
  readonly #studio: Studio;
  readonly #drawing: LiveDrawing;
  readonly #events: EventWriter | undefined;
  readonly #figures = new CameraFigures();
  readonly #viewers = new Map<FeedViewer, (() => void) | undefined>();
  readonly #listeners = new Set<(timing: FrameTiming) => void>();
  #filming: Filming | undefined;
  #isGivenUp = false;

  /** @throws {RangeError} If the look is not valid. */
  constructor(options: CameraOptions, studio: Studio, events?: EventWriter) {
    this.name = options.name;
    this.#events = events;
    this.#options = options;
    this.#studio = studio;
    this.#drawing = new LiveDrawing(studio.classes, options.look ?? {});
  }

  get classes(): readonly SegmentationClass[] {
    return this.#studio.classes;
  }

  get colours(): readonly Rgb[] {
    return this.#drawing.palette;
  }

  get view(): FeedView {
    return this.#drawing.view;
  }

  get status(): FeedStatus {
    return this.#figures.status({
      name: this.name,
      input: redact(this.#options.input),
      model: this.#studio.model.name,
      provider: this.#studio.provider,
      workersReplaced: this.#studio.pool.replaced,
      viewers: this.#viewers.size,
      ...(this.#filming?.status ?? NOT_YET),
    });
  }

  setView(change: Partial<FeedView>): void {
    this.#drawing.change(change);
    this.#filming?.redraw();
  }

  watch(viewer: FeedViewer): () => void {
    this.#viewers.set(viewer, this.#filming?.broadcast.subscribe(viewer));
    return () => {
      this.#viewers.get(viewer)?.();
      this.#viewers.delete(viewer);
    };
  }

  async snapshot(): Promise<Uint8Array | undefined> {
    return await this.#filming?.snapshot();
  }

  onFrame(listener: (timing: FrameTiming) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Connects, and goes on until the camera is given up or a signal aborts. With `stop` the frames in
   * flight are written and the recordings are closed; with `kill`, which aborts no earlier, they are
   * not.
   *
   * Never rejects. What ended it otherwise is the result's `error`, and an event at once: `InputError`
   * for a camera that was given up or cannot be one, `OutputError` for an output that cannot be
   * written from the start, `ModelError` or `ProviderError` for a network that cannot be run.
   */
  async run(stop: AbortSignal, kill: AbortSignal): Promise<CameraResult> {
    let source: LiveSource | undefined;
    let paths: readonly string[] = [];
    let error: Error | undefined;
    try {
      source = await this.#open(stop);
      if (source !== undefined) paths = await this.#film(source, stop, kill);
      if (!stop.aborted) error = this.#reasonOf(source);
    } catch (thrown) {
      if (!kill.aborted) error = thrown instanceof Error ? thrown : new Error(String(thrown));
    }
    await source?.close();
    if (error && !this.#isGivenUp) this.#onEvent({ kind: "failed", reason: error.message });
    return { name: this.name, status: this.#end(), paths, ...(error && { error }) };
  }

  /** Why a source ended by itself; undefined at the end of a file. */
  #reasonOf(source: LiveSource | undefined): InputError | undefined {
    if (source?.reason === undefined) return undefined;
    const input = redact(this.#options.input);
    return new InputError(
      `Cannot go on with ${JSON.stringify(input)}: ${source.reason.replace(/[.\s]+$/, "")}. ` +
        "Check the camera, or leave --max-reconnects out to wait for it.",
      { input },
    );
  }

  /** Undefined when it was to end before the camera was there. */
  async #open(stop: AbortSignal): Promise<LiveSource | undefined> {
    try {
      return await openCamera(this.#options.input, {
        ...this.#options,
        ffmpeg: this.#studio.ffmpeg.path,
        onEvent: this.#onEvent,
        signal: stop,
      });
    } catch (error) {
      if (stop.aborted) return undefined;
      throw error;
    }
  }

  async #film(
    source: LiveSource,
    stop: AbortSignal,
    kill: AbortSignal,
  ): Promise<readonly string[]> {
    await using filming = await Filming.start(source, {
      ...{ options: this.#options, studio: this.#studio, drawing: this.#drawing, stop, kill },
      onEvent: this.#onEvent,
      onHeld: () => this.#figures.held(),
      onFrame: (timing, shares) => {
        this.#figures.frame(timing, shares);
        this.#events?.frame(timing, shares);
        for (const listener of this.#listeners) listener(timing);
      },
    });
    this.#filming = filming;
    filming.redraw(); // the view may have changed since the workers were told
    for (const viewer of this.#viewers.keys()) {
      this.#viewers.set(viewer, filming.broadcast.subscribe(viewer));
    }
    return await filming.show();
  }

  /** Once; gives the last status. */
  #end(): FeedStatus {
    this.#figures.end();
    for (const viewer of this.#viewers.keys()) viewer.end();
    this.#viewers.clear();
    return this.status;
  }

  readonly #onEvent = (event: StreamEvent): void => {
    this.#figures.event(event);
    if (event.kind === "gave up") this.#isGivenUp = true;
    this.#studio.onEvent(this.name, event);
    this.#events?.event(event);
  };
}
