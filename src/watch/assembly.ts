/** Puts together what a camera's frames pass through, once their size is known. */
import type { OnStreamEvent } from "../frame/stream_event.ts";
import { type FrameTiming, HEADER_FIELDS } from "../frame/timing.ts";
import { Gauges } from "../infer/pool/gauges.ts";
import type { AttachedStream } from "../infer/pool/pool.ts";
import type { Network } from "../model/network.ts";
import type { Resolution } from "../model/resolution.ts";
import type { DrawOptions } from "../overlay/overlay.ts";
import { FrameRing } from "../ring/ring.ts";
import { sectionBytes } from "../ring/sections.ts";
import { slotsFor } from "../pipeline.ts";
import { Broadcast, type BroadcastTarget } from "../sink/broadcast.ts";
import type { LiveSource } from "../source/live.ts";
import type { LiveDrawing, LiveLook } from "./drawing.ts";
import type { GovernorTarget } from "./governor.ts";
import { networksOf } from "./networks.ts";
import { shortQueue } from "./short_queue.ts";
import type { Studio } from "./studio.ts";

/** What is done with a camera's frames. */
export interface FilmingOptions {
  /** How its frames are drawn. */
  readonly look?: LiveLook;
  /** The largest the network runs at; `half` by default. */
  readonly resolution?: Resolution;
  /** Runs the network on every n-th frame and reuses the class map between. */
  readonly every?: number;
  /** Reuses the class map while the picture stands still. */
  readonly skipStill?: boolean;
  /** Steps the network's size so that this is met. */
  readonly target?: GovernorTarget;
  /** Where the picture goes beside the page. */
  readonly targets?: readonly BroadcastTarget[];
  /** How it is encoded. */
  readonly encode?: { readonly encoder?: string; readonly crf?: number; readonly preset?: string };
  /** For tests: the network takes so many times as long. */
  readonly slowdown?: number;
}

/** What frames are filmed for, and until when. */
export interface FilmingContext {
  readonly options: FilmingOptions;
  readonly studio: Studio;
  readonly drawing: LiveDrawing;
  /** Ends the source: what is in flight is still written. */
  readonly stop: AbortSignal;
  /** Ends everything at once. */
  readonly kill: AbortSignal;
  readonly onEvent: OnStreamEvent;
  /** A frame went out. */
  readonly onFrame: (timing: FrameTiming, shares: readonly number[]) => void;
  /** The last frame was shown again. */
  readonly onHeld: () => void;
}

/** The stages, joined. */
export interface Assembly {
  readonly source: LiveSource;
  readonly context: FilmingContext;
  readonly ring: FrameRing;
  /** Resolves when the source is done. */
  readonly filled: Promise<void>;
  /** By level. */
  readonly networks: readonly Network[];
  readonly attached: AttachedStream;
  readonly gauges: Gauges;
  /** Frames that came off the ring's way; those that were only held again are no drops. */
  readonly losses: { inWorkers: number; inEncoder: number; ofHeld: number };
  readonly broadcast: Broadcast;
}

/**
 * Fills a ring from now on, opens the outputs and readies the workers.
 *
 * @throws {OutputError} If an output cannot be written.
 * @throws {ModelError | ProviderError} If the network cannot be run.
 * @throws The reason of `kill`, if that aborts meanwhile.
 */
export async function assemble(source: LiveSource, context: FilmingContext): Promise<Assembly> {
  const { options, studio, stop, kill, onEvent } = context;
  const { info } = source;
  const { every = 1 } = options;
  const workers = studio.pool.size;
  const ring = FrameRing.allocate({
    slots: slotsFor(workers, every),
    headerFields: HEADER_FIELDS,
    sectionBytes: sectionBytes({ size: info.size }),
  }, studio.pool.bell);
  // While the network loads, the ring keeps the newest frames; none waits in the camera's socket.
  const filled = source.run(shortQueue(ring, { workers, every }), stop).finally(() => ring.end());
  filled.catch(() => {}); // seen by who awaits it at the end
  const undo: (() => Promise<void>)[] = [() => Promise.resolve(ring.close())];
  try {
    const broadcast = await Broadcast.open(
      { ...info, ...options.encode, binary: studio.ffmpeg, onEvent },
      options.targets ?? [],
    );
    undo.push(() => broadcast.abort());
    const networks = await networksOf({
      ...studio,
      source: info.size,
      colour: info.colour,
      resolution: options.resolution ?? "half",
      isGoverned: options.target !== undefined,
    });
    const gauges = new Gauges();
    const losses = { inWorkers: 0, inEncoder: 0, ofHeld: 0 };
    const attached = attach({ source, context, ring, networks, gauges, losses });
    undo.push(() => attached.detach());
    await unlessAborted(attached.ready, kill);
    return { source, context, ring, filled, networks, attached, gauges, losses, broadcast };
  } catch (error) {
    for (const step of undo) await step();
    throw error;
  }
}

/** What the workers are to draw, as the view is now. */
export function drawOptions(
  { source, networks, context }: Pick<Assembly, "source" | "networks" | "context">,
): DrawOptions {
  const { drawing, studio } = context;
  const { size, colour } = source.info;
  const modelSize = networks[0]!.inputSize; // the workers know which level runs
  return drawing.options({ size, colour, provider: studio.provider, modelSize });
}

function attach(parts: Omit<Assembly, "attached" | "broadcast" | "filled">): AttachedStream {
  const { source, context, ring, networks, gauges, losses } = parts;
  const { studio, options } = context;
  const { size, colour } = source.info;
  const { every, skipStill, slowdown } = options;
  return studio.pool.attach({
    ...{ ring, networks, gauges: gauges.buffer },
    segmenter: { source: size, colour, provider: studio.provider, threads: 1 },
    overlay: drawOptions(parts),
    ...(every !== undefined && { every }),
    ...(skipStill !== undefined && { skipStill }),
    ...(slowdown !== undefined && { slowdown }),
    onFrameLost: () => losses.inWorkers++,
  });
}

/** Settles with the promise, or rejects with the signal's reason; leaves nothing on the signal. */
async function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
