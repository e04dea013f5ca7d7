import type { FfmpegBinary } from "../ffmpeg/binary.ts";
import type { Sample } from "./layout.ts";
import type { Result, Setup } from "./messages.ts";
import { readPicture } from "./picture.ts";
import { EvalThread } from "./thread.ts";

/** What {@link examineAll} works with. */
export interface ExamineOptions {
  readonly binary: FfmpegBinary;
  readonly setup: Setup;
  /** How many threads. */
  readonly workers: number;
  /** Aborting it ends the threads and the decoders. */
  readonly signal?: AbortSignal | undefined;
  readonly onResult: (sample: Sample, result: Result) => void;
}

/**
 * Examines pictures in threads; while a thread works on one, its next is decoded. Results come in no
 * order.
 *
 * @throws {InputError} If a picture or its annotation cannot be used.
 * @throws {ModelError | ProviderError} If the network cannot be loaded or started.
 */
export async function examineAll(
  samples: readonly Sample[],
  options: ExamineOptions,
): Promise<void> {
  const { binary, setup, workers, onResult } = options;
  const failing = new AbortController();
  const signal = AbortSignal.any([failing.signal, ...(options.signal ? [options.signal] : [])]);
  signal.throwIfAborted();
  const queue = samples.values();
  const readNext = () => {
    const { value: sample } = queue.next();
    if (sample === undefined) return undefined;
    const picture = readPicture(binary, sample, { signal });
    picture.catch(() => {}); // it is awaited when its turn comes, if that comes
    return { sample, picture };
  };
  const threads = Array.from({ length: workers }, () => new EvalThread(setup));
  const stopAll = () => Promise.all(threads.map((thread) => thread.stop(signal.reason)));
  signal.addEventListener("abort", stopAll);
  const work = async (thread: EvalThread) => {
    for (let current = readNext(); current !== undefined;) {
      const picture = await current.picture;
      signal.throwIfAborted();
      const next = readNext();
      onResult(current.sample, await thread.examine(picture));
      current = next;
    }
  };
  try {
    await Promise.all(threads.map(work));
  } catch (error) {
    failing.abort(error);
    throw error;
  } finally {
    signal.removeEventListener("abort", stopAll);
    await stopAll();
  }
}
