import type { CopyEnd } from "./copy_process.ts";
import { SegmentFile, type SegmentOptions } from "./segment_file.ts";
import { segmentName } from "./segment_name.ts";
import type { OutputRun } from "./steady_output.ts";
import { type KeyFrame, PTS_HZ, ptsElapsed } from "./ts_packets.ts";

/** What to record. */
export interface RecordingOptions extends Pick<SegmentOptions, "binary" | "frameRate"> {
  readonly path: string;
  /** How long a segment lasts at least; undefined for one file. */
  readonly segmentMs: number | undefined;
  /** The first picture was written. */
  readonly onWorking: () => void;
  /** A file is complete, under this name. */
  readonly onClosed: (path: string) => void;
}

/** Times are rounded on their way: a key frame this much too early is the one that was meant. */
const TOLERANCE_MS = 10;

/**
 * A recording: one file, or one after the other. The stream is cut at the first key frame after
 * each segment's length, between two pictures: none is lost, none is in both. A segment is closed
 * while the next one is already being written.
 */
export class Recording implements OutputRun {
  readonly ended: Promise<CopyEnd>;
  readonly #options: RecordingOptions;
  readonly #stop = new AbortController();
  readonly #shared: SegmentOptions;
  readonly #open = new Set<SegmentFile>();
  readonly #over = Promise.withResolvers<void>();
  #current: { readonly file: SegmentFile; readonly startPts: number } | undefined;
  #isOver = false;
  #closing: Promise<unknown>[] = [];
  #reason: string | undefined;
  #cpuMs = 0;

  /** Writes nothing before the first key frame. */
  constructor(options: RecordingOptions) {
    const { binary, frameRate, onWorking } = options;
    this.#options = options;
    const signal = this.#stop.signal;
    this.#shared = { binary, frameRate, onWorking, signal, taken: new Set() };
    this.ended = this.#run();
  }

  get backlogBytes(): number {
    let bytes = 0;
    for (const { copy } of this.#open) bytes += copy.backlogBytes;
    return bytes;
  }

  send(piece: Uint8Array, key?: KeyFrame): void {
    if (this.#isOver) return;
    if (key !== undefined && this.#isDue(key)) this.#begin(key);
    this.#current?.file.copy.send(piece);
  }

  end(): void {
    this.#isOver = true;
    this.#current?.file.copy.end();
    this.#over.resolve();
  }

  async kill(): Promise<void> {
    this.#stop.abort();
    this.end();
    await Promise.all(Array.from(this.#open, ({ copy }) => copy.kill()));
    await this.ended;
  }

  async #run(): Promise<CopyEnd> {
    await this.#over.promise;
    await Promise.all(this.#closing);
    return { reason: this.#reason, cpuMs: this.#cpuMs };
  }

  #isDue({ pts }: KeyFrame): boolean {
    if (this.#current === undefined) return true;
    const { segmentMs } = this.#options;
    if (segmentMs === undefined) return false;
    const elapsedMs = ptsElapsed(this.#current.startPts, pts) / PTS_HZ * 1000;
    return elapsedMs >= segmentMs - TOLERANCE_MS;
  }

  #begin({ pts, tables }: KeyFrame): void {
    const { path, segmentMs } = this.#options;
    this.#current?.file.copy.end();
    const name = segmentMs === undefined ? path : segmentName(path, new Date());
    const file = new SegmentFile(name, this.#shared);
    file.copy.send(tables);
    this.#current = { file, startPts: pts };
    this.#open.add(file);
    const closing = this.#close(file).then(() => {
      this.#closing = this.#closing.filter((each) => each !== closing);
    });
    this.#closing.push(closing);
  }

  async #close(file: SegmentFile): Promise<void> {
    const { path, reason, cpuMs } = await file.close();
    this.#open.delete(file);
    this.#cpuMs += cpuMs ?? 0;
    if (path !== undefined) this.#options.onClosed(path);
    if (reason === undefined) return;
    this.#reason ??= reason;
    this.end();
  }
}
