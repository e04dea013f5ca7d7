import { nowMs } from "../../frame/clock.ts";
import type { Size } from "../../frame/geometry.ts";
import { HEADER, REUSED } from "../../frame/timing.ts";
import type { FrameMemoryOptions } from "../../wasm/frame_kernels.ts";
import type { SegmentBuffers } from "../segmenter.ts";
import { StillWatch } from "./still.ts";

/**
 * The class map of the last frame that a worker ran its network on, for frames that may have it too:
 * those of the same group, and those on which nothing moved since.
 *
 * One for each worker and stream. Memory: a class map, and a confidence where there is one.
 */
export class MapReuse {
  readonly #still: StillWatch | undefined;
  readonly #labels: Uint8Array;
  readonly #confidence: Uint8Array;
  #hasMap = false;
  #group: number | undefined;

  constructor(
    { source, skipStill, hasConfidence, frames }: FrameMemoryOptions & {
      readonly source: Size;
      readonly skipStill: boolean;
      readonly hasConfidence: boolean;
    },
  ) {
    const pixels = source.width * source.height;
    this.#labels = new Uint8Array(pixels);
    this.#confidence = new Uint8Array(hasConfidence ? pixels : 0);
    this.#still = skipStill ? new StillWatch(source, { frames }) : undefined;
  }

  /**
   * Fills the frame's map from the last one, if it may have it, and stamps its header as segmenting
   * would have.
   *
   * @param group Of the frame, where frames come in groups.
   * @returns One of REUSED.
   */
  reuse(frame: SegmentBuffers, header: Float64Array, group: number | undefined): number {
    const reused = this.#mayReuse(frame.pixels, group);
    if (reused === REUSED.no) return reused;
    header[HEADER.prepared] = header[HEADER.inferred] = nowMs();
    frame.labels.set(this.#labels);
    frame.confidence.set(this.#confidence);
    header[HEADER.labelled] = nowMs();
    this.#group = group;
    return reused;
  }

  /** Remembers the map of a frame that `reuse` was just asked for and that was segmented since. */
  keep({ labels, confidence }: SegmentBuffers, group: number | undefined): void {
    this.#labels.set(labels);
    this.#confidence.set(confidence);
    this.#still?.keep();
    this.#hasMap = true;
    this.#group = group;
  }

  #mayReuse(pixels: Uint8Array, group: number | undefined): number {
    if (this.#hasMap && group !== undefined && group === this.#group) return REUSED.every;
    // Asked without a map too: it is what `keep` remembers.
    return this.#still?.isStill(pixels) ? REUSED.still : REUSED.no;
  }
}
