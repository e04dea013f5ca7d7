import { nowMs } from "../../frame/clock.ts";
import { HEADER, REUSED } from "../../frame/timing.ts";
import type { Network } from "../../model/network.ts";
import { type DrawOptions, type Gauges, Overlay } from "../../overlay/overlay.ts";
import type { RingHandle } from "../../ring/layout.ts";
import { FrameRing } from "../../ring/ring.ts";
import { SECTION } from "../../ring/sections.ts";
import { MapReuse } from "./map_reuse.ts";
import { GAUGE } from "./messages.ts";
import { Segmenter, type SegmenterOptions } from "../segmenter.ts";
import type { LoadedNetwork } from "../session.ts";
import type { SessionShelf } from "./session_shelf.ts";

/** A stream as a worker is told of it: plain data and shared memory. */
export interface LaneOptions {
  readonly ring: RingHandle;
  /** By level. */
  readonly networks: readonly Network[];
  readonly segmenter: SegmenterOptions;
  /** How to draw into the frames; absent when nobody looks at them. */
  readonly overlay: DrawOptions | undefined;
  /** Float64 that the HUD shows; see GAUGE. */
  readonly gauges: SharedArrayBuffer;
  /** One int32: which of the networks the next frame runs through. */
  readonly level: SharedArrayBuffer;
  /** The network runs on one frame of so many. */
  readonly every: number;
  /** Whether frames on which nothing moved get the last map. */
  readonly skipStill: boolean;
}

/** One level: a network that the worker may share between streams, and what feeds and reads it. */
interface Level {
  readonly loaded: LoadedNetwork;
  readonly segmenter: Segmenter;
  readonly network: Network;
}

/**
 * What one worker holds for one stream: a preparer and a head for every level, the tables of the
 * overlay, and the last class map where frames may share it.
 *
 * Thread: blocks its own; one frame at a time.
 */
export class Lane {
  readonly ring: FrameRing;
  readonly every: number;
  readonly #shelf: SessionShelf;
  readonly #levels: readonly Level[];
  readonly #level: Int32Array;
  readonly #gauges: Float64Array;
  readonly #reuse: MapReuse | undefined;
  #overlay: Overlay | undefined;

  private constructor(options: LaneOptions, shelf: SessionShelf, levels: readonly Level[]) {
    const { every, skipStill, overlay } = options;
    this.ring = new FrameRing(options.ring);
    this.every = every;
    this.#shelf = shelf;
    this.#levels = levels;
    this.#level = new Int32Array(options.level);
    this.#gauges = new Float64Array(options.gauges);
    if (every > 1 || skipStill) {
      const hasConfidence = this.ring.section(0, SECTION.confidence).length > 0;
      const { source } = options.segmenter;
      const frames = options.ring.memory;
      this.#reuse = new MapReuse({ source, skipStill, hasConfidence, frames });
    }
    if (overlay) this.draw(overlay);
  }

  /**
   * Loads the networks of all levels, those that are not on the shelf.
   *
   * @throws {ProviderError} If the provider cannot start here.
   * @throws {ModelError} If a network cannot be loaded, or gives something else than it says.
   * @throws {RangeError} If the overlay's options are not valid.
   */
  static async open(options: LaneOptions, shelf: SessionShelf): Promise<Lane> {
    const levels: Level[] = [];
    try {
      for (const network of options.networks) {
        const level = await openLevel(network, options, shelf);
        levels.push(level);
        await level.segmenter.warmUp();
      }
      return new Lane(options, shelf, levels);
    } catch (error) {
      await closeLevels(levels, shelf);
      throw error;
    }
  }

  /** @throws {RangeError} If the options are not valid, or the drawn frames would change their size. */
  draw(options: DrawOptions): void {
    const overlay = new Overlay({ ...options, frames: this.ring.handle.memory });
    const { width, height } = overlay.outputSize;
    const output = this.ring.section(0, SECTION.output);
    const target = output.length > 0 ? output : this.ring.section(0, SECTION.pixels);
    if (target.length !== width * height * 3 / 2) {
      throw new RangeError(
        `Cannot draw the view "${options.view}" here: frames of ${width}x${height} do not fit the ` +
          "stream's output. Choose it when the stream starts.",
      );
    }
    this.#overlay = overlay;
  }

  /** Segments and draws the frame in a slot. */
  async work(slot: number): Promise<void> {
    const { ring } = this;
    const header = ring.header(slot);
    const frame = {
      pixels: ring.section(slot, SECTION.pixels),
      labels: ring.section(slot, SECTION.labels),
      confidence: ring.section(slot, SECTION.confidence),
    };
    const { segmenter, network } = this.#levels[Atomics.load(this.#level, 0)]!;
    const group = this.every > 1 ? ring.group(slot, this.every) : undefined;
    const reused = this.#reuse?.reuse(frame, header, group) ?? REUSED.no;
    header[HEADER.reused] = reused;
    if (reused === REUSED.no) {
      await segmenter.segment(frame, header);
      this.#reuse?.keep(frame, group);
    }
    const output = ring.section(slot, SECTION.output);
    this.#overlay?.draw({ ...frame, output }, this.#gaugesOf(network));
    header[HEADER.blended] = nowMs();
  }

  /** Gives the networks back. */
  async close(): Promise<void> {
    await closeLevels(this.#levels, this.#shelf);
  }

  #gaugesOf({ inputSize }: Network): Gauges {
    return {
      // Nothing was measured yet while they are 0.
      fps: this.#gauges[GAUGE.fps] || undefined,
      latencyMs: this.#gauges[GAUGE.latencyMs] || undefined,
      modelSize: inputSize,
    };
  }
}

async function openLevel(
  network: Network,
  { segmenter: options, ring }: LaneOptions,
  shelf: SessionShelf,
): Promise<Level> {
  const loaded = await shelf.take(network, options);
  try {
    const segmenter = Segmenter.over(loaded, network, { ...options, frames: ring.memory });
    return { loaded, segmenter, network };
  } catch (error) {
    await shelf.giveBack(loaded);
    throw error;
  }
}

async function closeLevels(levels: readonly Level[], shelf: SessionShelf): Promise<void> {
  for (const { loaded, segmenter } of levels) {
    await segmenter.dispose();
    await shelf.giveBack(loaded);
  }
}
