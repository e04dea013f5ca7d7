/** What the cameras of a run share: the model, the workers, the ffmpeg. */
import type { SegmentationClass } from "../frame/classes.ts";
import type { StreamEvent } from "../frame/stream_event.ts";
import { type FfmpegBinary, findFfmpeg } from "../ffmpeg/binary.ts";
import { chooseProvider, mayUseAccelerator } from "../infer/choose.ts";
import { graphCacheFolder } from "../infer/graph_cache.ts";
import { WorkerPool } from "../infer/pool/pool.ts";
import { type Int8Maker, int8MakerFor } from "../infer/precision.ts";
import type { Provider } from "../infer/providers.ts";
import { retireWorkers, spawnWorkers } from "../infer/pool/threads.ts";
import { type AnyModel, networkFor, openModel } from "../model/any_model.ts";
import { defaultWorkers } from "../pipeline.ts";
import type { SegmentOptions } from "../segment.ts";

/** How the shared parts are made. */
export type StudioOptions =
  & Pick<
    SegmentOptions,
    | "model"
    | "modelFacts"
    | "onDownload"
    | "precision"
    | "provider"
    | "workers"
    | "ffmpeg"
    | "signal"
  >
  & {
    /** Called with every event of every camera. */
    readonly onEvent?: (camera: string, event: StreamEvent) => void;
    /** For tests: the module of the workers. */
    readonly workerModule?: URL;
  };

/** What the cameras of a run share. */
export interface Studio {
  readonly model: AnyModel;
  readonly classes: readonly SegmentationClass[];
  /** Where the CPU runs networks in 8 bits. */
  readonly makeInt8: Int8Maker | undefined;
  readonly provider: Provider;
  readonly ffmpeg: FfmpegBinary;
  readonly pool: WorkerPool;
  readonly onEvent: (camera: string, event: StreamEvent) => void;
}

/** What providers are timed on, where there is a choice: the size of the cameras is not yet known. */
const TRIAL = {
  source: { width: 1280, height: 720 },
  resolution: "half",
  colour: { matrix: "bt709", range: "limited" },
} as const;

/**
 * Loads the model and starts the workers.
 *
 * @throws {ModelError | ProviderError | FfmpegError} If one of them cannot be had.
 */
export async function openStudio(options: StudioOptions): Promise<Studio> {
  const { precision = "auto", provider = "auto", onEvent = () => {} } = options;
  const { workerModule } = options;
  const threads = spawnWorkers(options.workers ?? defaultWorkers(), workerModule);
  try {
    const [ffmpeg, model] = await Promise.all([
      findFfmpeg({ path: options.ffmpeg }),
      openModel(options.model, {
        ...(options.modelFacts && { facts: options.modelFacts }),
        ...(options.onDownload && { onProgress: options.onDownload }),
        ...(options.signal && { signal: options.signal }),
      }),
    ]);
    const int8 = await int8MakerFor(model, { precision, provider }, graphCacheFolder());
    const choice = precision === "int8" ? "cpu" : provider;
    const network = networkFor(model, TRIAL);
    const chosen = await mayUseAccelerator(choice)
      ? await chooseProvider(choice, network, {
        segmenter: { ...TRIAL, threads: 1 },
        workers: threads.length,
        cpuNetwork: await int8?.(TRIAL),
      })
      : { provider: "cpu" } as const;
    const pool = new WorkerPool(threads, {
      isLive: true,
      ...(workerModule && { module: workerModule }),
      onReplaced: (reason) => onEvent(ALL_CAMERAS, { kind: "worker replaced", reason }),
    });
    return {
      ...{ model, ffmpeg, pool, onEvent },
      classes: network.classes,
      makeInt8: chosen.provider === "cpu" ? int8 : undefined,
      provider: chosen.provider,
    };
  } catch (error) {
    await retireWorkers(threads);
    throw error;
  }
}

/** The name under which the log has what happens to all cameras at once. */
export const ALL_CAMERAS = "all cameras";
