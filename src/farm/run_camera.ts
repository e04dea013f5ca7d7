/** Watches a camera of the farm as `segstream <camera>` does on one machine. */
import { describeEvent } from "../report/stream_log.ts";
import { type BroadcastTarget, parseTarget } from "../sink/broadcast/targets.ts";
import type { ProviderChoice } from "../infer/providers.ts";
import { writeError } from "../sink/partial_file.ts";
import { Watch } from "../watch/watch.ts";
import { cameraUrl } from "./camera_login.ts";
import type { CameraRunner } from "./cameras.ts";
import { below, type CameraJob } from "./jobs.ts";

/** How this machine watches. */
export interface RunCameraOptions {
  /** Where the network runs; `auto` by default. */
  readonly provider?: ProviderChoice | undefined;
  /** The ffmpeg to run; as everywhere by default. */
  readonly ffmpeg?: string | undefined;
  /** Inference threads of each camera. */
  readonly threads: number;
  /** Lines for the log: connected, lost, and so on. */
  readonly log: (line: string) => void;
}

/** Recordings come in pieces of this length, each complete: what a death may cost. */
const SEGMENT_MS = 600_000;

/** Makes what watches cameras on this machine, each with workers of its own. */
export function cameraRunner({ log, threads, provider, ffmpeg }: RunCameraOptions): CameraRunner {
  return async (camera, signal) => {
    const { name, segment } = camera;
    const { model, precision, resolution, head: _head, encoder, crf, preset, ...look } = segment;
    const encode = {
      ...(encoder !== undefined && { encoder }),
      ...(crf !== undefined && { crf }),
      ...(preset !== undefined && { preset }),
    };
    await using watch = await Watch.open([{
      name,
      input: cameraUrl(camera),
      look,
      targets: await targetsOf(camera),
      ...(resolution !== undefined && { resolution }),
      encode,
    }], {
      workers: threads,
      ...(provider !== undefined && { provider }),
      ...(ffmpeg !== undefined && { ffmpeg }),
      ...(model !== undefined && { model }),
      ...(precision !== undefined && { precision }),
      signal,
      onEvent: (camera, event) => log(`Camera ${camera}: ${describeEvent(event)}`),
    });
    const [result] = await watch.run(signal);
    if (result?.error !== undefined && !signal.aborted) throw result.error;
  };
}

async function targetsOf({ name, output }: CameraJob): Promise<readonly BroadcastTarget[]> {
  if (output === undefined) return [];
  // A URL is where the picture is published to; a folder takes recordings.
  if (/^[a-z]+:\/\//i.test(output)) return [parseTarget(output)];
  try {
    await Deno.mkdir(output, { recursive: true });
  } catch (cause) {
    throw writeError(output, cause);
  }
  const file = below(output, `${name.replace(/[^\w.-]+/g, "_")}.mp4`);
  return [parseTarget(file, { segmentMs: SEGMENT_MS })];
}
