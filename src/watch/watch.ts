/** The library's third door: a `Watch` runs cameras for as long as they are there. */
import { checkDistinct } from "../sink/broadcast.ts";
import { prepareTarget } from "../sink/broadcast/targets.ts";
import type { Feed } from "../report/feed.ts";
import { Camera, type CameraOptions, type CameraResult } from "./camera.ts";
import { EventSinks } from "./event_sinks.ts";
import { checkInput } from "./open_camera.ts";
import { openStudio, type Studio, type StudioOptions } from "./studio.ts";

/** How one camera of a {@link Watch} ended. */
export type WatchResult = CameraResult;

/** Cameras that share workers, fairly: frames are taken from each in turn. */
export class Watch {
  readonly #cameras: readonly Camera[];
  readonly #studio: Studio;
  readonly #sinks: EventSinks;
  /** Aborted when the run was ended at once. */
  #end: AbortSignal | undefined;

  private constructor(cameras: readonly Camera[], studio: Studio, sinks: EventSinks) {
    this.#cameras = cameras;
    this.#studio = studio;
    this.#sinks = sinks;
  }

  /** What goes out, in the order the cameras were named. */
  get cameras(): readonly Feed[] {
    return this.#cameras;
  }

  /**
   * Loads the model and starts the workers; the cameras are connected to by {@link run}.
   *
   * @throws {ModelError | ProviderError | FfmpegError} If one of those cannot be had.
   * @throws {InputError | OutputError} If an input is of no kind that is known, or an output is taken.
   * @throws {TypeError | RangeError} If an option is wrong, or two cameras have one name.
   */
  static async open(cameras: readonly CameraOptions[], options: StudioOptions): Promise<Watch> {
    const names = new Set(cameras.map(({ name }) => name));
    if (cameras.length === 0) throw new TypeError("Cannot watch nothing: name a camera.");
    if (names.size < cameras.length) {
      throw new TypeError("Cannot watch two cameras of one name. Give each a name of its own.");
    }
    // Before any camera is there: a name that is taken is not told after hours.
    for (const { input } of cameras) checkInput(input);
    const targets = cameras.flatMap(({ targets = [] }) => targets);
    checkDistinct(targets);
    for (const target of targets) await prepareTarget(target);
    const studio = await openStudio(options);
    let sinks: EventSinks | undefined;
    try {
      sinks = await EventSinks.open(cameras, studio.classes, studio.onEvent);
      const { writerOf } = sinks;
      const opened = cameras.map((camera) => new Camera(camera, studio, writerOf(camera.name)));
      return new Watch(opened, studio, sinks);
    } catch (error) {
      await studio.pool.stop();
      await sinks?.close();
      throw error;
    }
  }

  /**
   * Runs every camera until a signal aborts or each has ended by itself. A camera that cannot go on
   * says so as an event, and in the results, and does not end the others.
   *
   * @param stop Finishes: frames in flight are written, recordings are closed.
   * @param kill Ends at once: what a recording has by then stays under its partial name.
   * @throws {ModelError | ProviderError | WorkerError} If the workers cannot go on.
   */
  async run(stop: AbortSignal, kill?: AbortSignal): Promise<readonly WatchResult[]> {
    const failed = new AbortController();
    this.#studio.pool.failure.catch((error) => failed.abort(error));
    const end = this.#end = AbortSignal.any([failed.signal, ...(kill ? [kill] : [])]);
    const stopOrEnd = AbortSignal.any([stop, end]);
    const results = await Promise.all(
      this.#cameras.map((camera) => camera.run(stopOrEnd, end)),
    );
    failed.signal.throwIfAborted();
    return results;
  }

  /** Ends the workers; call it when {@link run} is through. */
  async [Symbol.asyncDispose](): Promise<void> {
    const delivered = this.#sinks.close();
    await this.#studio.pool.stop();
    if (!this.#end?.aborted) await delivered;
  }
}
