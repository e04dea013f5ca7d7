import type { FrameTiming } from "../frame/timing.ts";

/** What is told of a frame that was written: its timing, and how the stream stands. */
export interface Observation extends
  Pick<
    FrameTiming,
    "prepareMs" | "inferMs" | "labelMs" | "blendMs" | "latencyMs"
  > {
  /** When, on any clock that never goes back. */
  readonly atMs: number;
  /** Frames that the camera sent so far. */
  readonly arrived: number;
  /** Those of them that were dropped so far. */
  readonly dropped: number;
  /** Workers that the stream can count on: its share, where several streams have them together. */
  readonly workers: number;
}

/** What a stream's frames cost lately. */
export interface Load {
  /** Since the load before this one, twice {@link HOP_MS} at most. */
  readonly newMs: number;
  /** Frames a second that the camera sent. */
  readonly arrivedFps: number;
  /** Part of them that was dropped, 0 to 1. */
  readonly droppedShare: number;
  /** From ready to written, for 95% of the frames. */
  readonly latencyMs: number;
  /** What depends on the network's size: mean of the frames that the network ran on. */
  readonly networkMs: number;
  /** Part of the frames that the network ran on, 0 to 1. */
  readonly networkShare: number;
  /** The rest of a worker's time, mean of all frames. */
  readonly otherMs: number;
  /** That the stream can count on. */
  readonly workers: number;
}

/** How often there is a load; each looks back over two of these. */
const HOP_MS = 400;

/** The frames of one hop. */
interface Hop {
  /** The frame before its first. */
  readonly from: Observation;
  readonly frames: Observation[];
}

/**
 * The load over the last 0.8 s, every 0.4 s: twenty frames of a usual camera, of which one may be
 * late. Frames that come more seldom than that are looked at one by one.
 */
export class LoadWindow {
  #previous: Hop | undefined;
  #current: Hop | undefined;

  /** Takes a frame; gives the load when a hop is over, and undefined between. */
  add(observation: Observation): Load | undefined {
    if (this.#current === undefined) {
      this.#current = { from: observation, frames: [] };
      return undefined;
    }
    this.#current.frames.push(observation);
    const newMs = observation.atMs - this.#current.from.atMs;
    if (newMs < HOP_MS) return undefined;
    const { from } = this.#previous ?? this.#current;
    const frames = [...this.#previous?.frames ?? [], ...this.#current.frames];
    this.#previous = this.#current;
    this.#current = { from: observation, frames: [] };
    return { ...measure(from, frames), newMs: Math.min(newMs, 2 * HOP_MS) };
  }
}

function measure(from: Observation, frames: readonly Observation[]): Omit<Load, "newMs"> {
  const last = frames.at(-1)!;
  const arrived = last.arrived - from.arrived;
  const latencies = frames.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  const inferred = frames.filter(({ inferMs }) => inferMs > 0);
  return {
    arrivedFps: arrived * 1000 / (last.atMs - from.atMs),
    droppedShare: arrived > 0 ? (last.dropped - from.dropped) / arrived : 0,
    latencyMs: latencies[Math.ceil(0.95 * latencies.length) - 1]!,
    networkMs: mean(inferred, ({ prepareMs, inferMs }) => prepareMs + inferMs),
    networkShare: inferred.length / frames.length,
    otherMs: mean(frames, ({ labelMs, blendMs }) => labelMs + blendMs),
    workers: last.workers,
  };
}

function mean<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0) / Math.max(1, items.length);
}
