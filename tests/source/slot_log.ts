/** A stand-in for the ring: one slot, and a record of what was published. */
import { i420Layout, type Size } from "../../src/frame/geometry.ts";
import { HEADER, HEADER_FIELDS } from "../../src/frame/timing.ts";
import type { SlotFiller } from "../../src/source/source.ts";

/** A published frame. */
export interface LoggedFrame {
  readonly index: number;
  readonly ptsUs: number;
  /** A copy; only for the frames that were asked for. */
  readonly pixels: Uint8Array | undefined;
}

/** Takes frames as fast as they come and keeps the pixels of the first `keep`. */
export class SlotLog implements SlotFiller {
  readonly frames: LoggedFrame[] = [];
  abandoned = 0;
  /** Called after each frame; may close the log. */
  onFrame: (count: number) => void = () => {};
  isClosed = false;
  #header = new Float64Array(new SharedArrayBuffer(HEADER_FIELDS * 8));
  #pixels: Uint8Array;
  #keep: number;

  constructor(size: Size, keep = 0) {
    this.#pixels = new Uint8Array(new SharedArrayBuffer(i420Layout(size).byteLength));
    this.#keep = keep;
  }

  acquire(signal?: AbortSignal): Promise<number | undefined> {
    return Promise.resolve(this.isClosed || signal?.aborted ? undefined : 0);
  }

  publish(): void {
    const header = this.#header;
    if (!(header[HEADER.ready]! >= header[HEADER.reading]!)) throw new Error("stamps out of order");
    this.frames.push({
      index: header[HEADER.index]!,
      ptsUs: header[HEADER.ptsUs]!,
      pixels: this.frames.length < this.#keep ? this.#pixels.slice() : undefined,
    });
    this.onFrame(this.frames.length);
  }

  abandon(): void {
    this.abandoned++;
  }

  header(): Float64Array {
    return this.#header;
  }

  section(): Uint8Array {
    return this.#pixels;
  }
}
