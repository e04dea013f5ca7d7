/**
 * The inference worker: takes READY slots from the ring until it ends and leaves them DONE, with
 * the class map filled and the overlay drawn while the frame is hot in the cache.
 */
import { nowMs } from "../frame/clock.ts";
import { HEADER } from "../frame/timing.ts";
import type { Network } from "../model/network.ts";
import { type DrawOptions, Overlay } from "../overlay/overlay.ts";
import { FrameRing, type RingHandle } from "../ring/ring.ts";
import { SECTION } from "../ring/sections.ts";
import {
  GAUGE,
  type QuitOrder,
  reportOf,
  type TrialOrder,
  type WorkerMessage,
} from "./messages.ts";
import { Segmenter, type SegmenterOptions } from "./segmenter.ts";

/** Tells a worker to load the network and to work on the ring until it ends. */
export interface WorkOrder {
  readonly kind: "work";
  /** This worker's number, which marks the slots it holds. */
  readonly worker: number;
  readonly ring: RingHandle;
  readonly network: Network;
  readonly segmenter: SegmenterOptions;
  /** How to draw into the frames; absent when nobody looks at them. */
  readonly overlay: DrawOptions | undefined;
  readonly gauges: SharedArrayBuffer;
}

/** What the main thread sends. */
export type Order = WorkOrder | TrialOrder | QuitOrder;

const TRIAL_RUNS = 3;

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<Order>) => void) | null;
  postMessage(message: WorkerMessage): void;
  close(): void;
};

scope.onmessage = async ({ data: order }) => {
  let frame: number | undefined;
  try {
    if (order.kind === "trial") await runTrial(order);
    else if (order.kind === "work") await work(order, (index) => frame = index);
    scope.postMessage({ kind: "stopped" });
  } catch (error) {
    const failure = { kind: "failed", error: reportOf(error) } as const;
    scope.postMessage(frame === undefined ? failure : { ...failure, frame });
  }
  scope.close();
};

async function work(order: WorkOrder, onFrame: (index: number) => void): Promise<void> {
  const ring = new FrameRing(order.ring);
  const gauges = new Float64Array(order.gauges);
  const segmenter = await Segmenter.create(order.network, order.segmenter);
  const overlay = order.overlay && new Overlay(order.overlay);
  await segmenter.warmUp();
  scope.postMessage({ kind: "ready" });
  for (;;) {
    const slot = ring.take(order.worker);
    if (slot === undefined) break;
    const header = ring.header(slot);
    onFrame(header[HEADER.index]!);
    header[HEADER.worker] = order.worker;
    header[HEADER.taken] = nowMs();
    const pixels = ring.section(slot, SECTION.pixels);
    const labels = ring.section(slot, SECTION.labels);
    const confidence = ring.section(slot, SECTION.confidence);
    await segmenter.segment({ pixels, labels, confidence }, header);
    overlay?.draw(
      { pixels, labels, confidence, output: ring.section(slot, SECTION.output) },
      // Nothing was measured yet while they are 0.
      { fps: gauges[GAUGE.fps] || undefined, latencyMs: gauges[GAUGE.latencyMs] || undefined },
    );
    header[HEADER.blended] = nowMs();
    ring.finish(slot);
  }
  await segmenter.dispose();
}

async function runTrial(order: TrialOrder): Promise<void> {
  const segmenter = await Segmenter.create(order.network, order.segmenter);
  await segmenter.warmUp();
  let runMs = Infinity;
  for (let run = 0; run < TRIAL_RUNS; run++) {
    const start = nowMs();
    await segmenter.warmUp();
    runMs = Math.min(runMs, nowMs() - start);
  }
  await segmenter.dispose();
  scope.postMessage({ kind: "timed", provider: order.segmenter.provider, runMs });
}
