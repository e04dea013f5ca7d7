/** The library's third door: a `Watch` runs cameras for as long as they are there. */
import { InputError } from "../errors.ts";
import { prepareTarget } from "../sink/broadcast/targets.ts";
import type { Feed } from "../report/feed.ts";
import { Camera, type CameraOptions, type CameraResult } from "./camera.ts";
import { EventSinks } from "./event_sinks.ts";
import { openStudio, type Studio, type StudioOptions } from "./studio.ts";

/** How one camera of a {@link Watch} ended. */
export interface WatchResult extends CameraResult {
  /** Why it ended by itself; absent when it was told to, or when its file was played to the end. */
  readonly error?: Error;
}

/** Cameras that share workers, fairly: frames are taken from each in turn. */
export class Watch {
  readonly #cameras: readonly Camera[];
  readonly #studio: Studio;
  readonly #sinks: EventSinks;

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
   * @throws {TypeError | RangeError} If an option is wrong, or two cameras have one name.
   */
  static async open(cameras: readonly CameraOptions[], options: StudioOptions): Promise<Watch> {
    const names = new Set(cameras.map(({ name }) => name));
    if (cameras.length === 0) throw new TypeError("Cannot watch nothing: name a camera.");
    if (names.size < cameras.length) {
      throw new TypeError("Cannot watch two cameras of one name. Give each a name of its own.");
    }
    // Before any camera is there: a name that is taken is not told after hours.
    for (const target of cameras.flatMap(({ targets = [] }) => targets)) {
      await prepareTarget(target);
    }
    const studio = await openStudio(options);
    try {
      const sinks = await EventSinks.open(cameras, studio.classes, studio.onEvent);
      const opened = cameras.map((camera) =>
        new Camera(camera, studio, sinks.writerOf(camera.name))
      );
      return new Watch(opened, studio, sinks);
    } catch (error) {
      await studio.pool.stop();
      throw error;
    }
  }

  /**
   * Runs every camera until the signal aborts or each has ended by itself. A camera that cannot go
   * on does not end the others.
   *
   * @throws {ModelError | ProviderError | WorkerError} If the workers cannot go on.
   */
  async run(signal: AbortSignal): Promise<readonly WatchResult[]> {
    const end = new AbortController();
    let failure: Error | undefined;
    this.#studio.pool.failure.catch((error) => {
      failure = error;
      end.abort(error);
    });
    const anyEnd = AbortSignal.any([signal, end.signal]);
    const results = await Promise.all(this.#cameras.map((camera) => runOne(camera, anyEnd)));
    if (failure) throw failure;
    return results;
  }

  /** Ends the workers; call it when {@link run} is through. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#studio.pool.stop();
    await this.#sinks.close();
  }
}

async function runOne(camera: Camera, signal: AbortSignal): Promise<WatchResult> {
  try {
    return await camera.run(signal);
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new InputError(String(thrown), { input: "" });
    return { name: camera.name, status: camera.status, paths: [], error };
  }
}
