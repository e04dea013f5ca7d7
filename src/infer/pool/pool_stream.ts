import type { Network } from "../../model/network.ts";
import type { FrameRing } from "../../ring/ring.ts";
import type { LaneOptions } from "./lane.ts";
import { type ErrorReport, revive } from "./messages.ts";
import type { AttachOrder, StreamOrder } from "./orders.ts";
import type { LostFrame, Outcome, PoolThread } from "./pool_thread.ts";
import type { SegmenterOptions } from "../segmenter.ts";

/** How frames are drawn into. */
export type Drawing = NonNullable<LaneOptions["overlay"]>;

/** A stream for a pool to work on. */
export interface PoolStream {
  /** Allocated with the pool's bell. */
  readonly ring: FrameRing;
  /** The network at each level, largest first; one for a run that does not change its size. */
  readonly networks: readonly Network[];
  /** Size and colour of the frames, provider and threads. */
  readonly segmenter: SegmenterOptions;
  /** How to draw into the frames; undefined when nobody looks at them. */
  readonly overlay: Drawing | undefined;
  /** Shared float64 that the HUD shows; see GAUGE. */
  readonly gauges: SharedArrayBuffer;
  /** Runs the network on one frame of so many, and gives its map to the others; 1 by default. */
  readonly every?: number;
  /** Gives frames on which nothing moved the last map; false by default. */
  readonly skipStill?: boolean;
  /**
   * For tests of what happens where a machine is too slow: the network takes so many times as long.
   * 1 by default.
   */
  readonly slowdown?: number;
  /** In a live pool: a frame failed twice and was dropped; its number in the header, and why. */
  readonly onFrameLost?: (frame: number, reason: string) => void;
}

/** A stream that a pool works on. */
export interface AttachedStream {
  /**
   * Resolves when the first worker takes its frames.
   *
   * Rejects with ProviderError or ModelError if the networks cannot be run, with RangeError if the
   * overlay cannot be drawn: when the first worker says so, in a live pool when every worker does.
   */
  readonly ready: Promise<void>;
  /**
   * Index into the networks; takes effect with the next frame that a worker takes. Nothing is loaded
   * for it: every level was when the stream was attached.
   *
   * @throws {RangeError} If there is no such level.
   */
  level: number;
  /**
   * Draws otherwise, from the next frame that a worker takes on; resolves when every worker does. The
   * size of the drawn frames stays.
   *
   * Rejects with RangeError if the options are not valid; then the drawing is what it was. The result
   * may be ignored.
   */
  draw(options: Drawing): Promise<void>;
  /**
   * Forgets the stream; resolves when the workers have freed what they held for it. What they loaded
   * is kept for a stream like it. Frames that are in the ring stay there: end it or close it before.
   */
  detach(): Promise<void>;
}

/** What a stream asks of its pool. */
export interface StreamHost {
  /** Whether it is enough that some threads serve the stream. */
  readonly isLive: boolean;
  /** Sends an order to every thread. */
  tell(order: StreamOrder): Promise<readonly Outcome[]>;
  /** Threads that come later do not get the stream. */
  forget(stream: Attachment): void;
  /** In a live pool: a thread does not serve a stream that others do; another may. */
  dismiss(thread: PoolThread, error: ErrorReport): void;
  /** The stream cannot be served. */
  refuse(error: Error): void;
}

/** A thread that does not serve the stream, and why. */
interface Refusal {
  readonly thread: PoolThread;
  readonly report: ErrorReport;
}

/** The pool's side of a stream. */
export class Attachment implements AttachedStream {
  readonly id: number;
  readonly stream: PoolStream;
  readonly ready: Promise<void>;
  readonly #host: StreamHost;
  readonly #level = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  readonly #levelWord = new Int32Array(this.#level);
  readonly #resolve: () => void;
  readonly #reject: (error: Error) => void;
  /** That threads have or are told of and have not refused, the newest last. */
  #drawings: readonly { readonly overlay: Drawing | undefined }[];
  #isReady = false;
  #isDetached = false;
  /** Threads that have not answered yet. */
  #asked = 0;
  /** Of which nothing followed yet. */
  #refusals: Refusal[] = [];

  constructor(id: number, stream: PoolStream, host: StreamHost) {
    this.id = id;
    this.stream = stream;
    this.#host = host;
    this.#drawings = [{ overlay: stream.overlay }];
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    this.ready.catch(() => {}); // whoever waits on it sees it; nobody has to
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get level(): number {
    return Atomics.load(this.#levelWord, 0);
  }

  set level(level: number) {
    const { length } = this.stream.networks;
    if (!Number.isInteger(level) || level < 0 || level >= length) {
      throw new RangeError(`Cannot run at level ${level}: there are ${length}, from 0.`);
    }
    Atomics.store(this.#levelWord, 0, level);
  }

  /** What a thread is told that is to serve the stream as it is now. */
  get order(): AttachOrder {
    const { ring, networks, gauges, every = 1, skipStill = false, slowdown = 1 } = this.stream;
    return {
      kind: "attach",
      stream: this.id,
      lane: {
        ring: ring.handle,
        networks,
        segmenter: { ...this.stream.segmenter, slowdown },
        overlay: this.#drawings.at(-1)!.overlay,
        gauges,
        level: this.#level,
        every,
        skipStill,
      },
    };
  }

  draw(overlay: Drawing): Promise<void> {
    const drawing = { overlay };
    this.#drawings = [...this.#drawings, drawing]; // a thread may take another's place meanwhile
    const drawn = this.#draw(overlay);
    drawn.then(
      () => this.#drawings = this.#drawings.slice(Math.max(0, this.#drawings.indexOf(drawing))),
      () => this.#drawings = this.#drawings.filter((each) => each !== drawing),
    );
    return drawn;
  }

  async detach(): Promise<void> {
    this.#isDetached = true;
    this.#host.forget(this);
    await this.#host.tell({ kind: "detach", stream: this.id });
  }

  /** Has a thread serve it. Never rejects. */
  async bring(thread: PoolThread): Promise<void> {
    this.#asked++;
    const outcome = await thread.ask(this.order);
    this.#asked--;
    if (outcome === "done") {
      this.#isReady = true;
      this.#resolve();
    } else if (outcome !== "gone") {
      this.#refusals.push({ thread, report: outcome });
    }
    this.#weighRefusals();
  }

  /** A frame was given up. */
  lose({ frame, error }: Pick<LostFrame, "frame" | "error">): void {
    this.stream.onFrameLost?.(frame, error.message);
  }

  /** Where others serve it, a refusal is the thread's fault; where nobody does, the stream's. */
  #weighRefusals(): void {
    const [first] = this.#refusals;
    const { isLive } = this.#host;
    if (first === undefined || this.#isDetached) return;
    if (isLive && this.#isReady) {
      for (const { thread, report } of this.#refusals) this.#host.dismiss(thread, report);
    } else if (isLive && this.#asked > 0) {
      return; // one of them may
    } else {
      const error = this.#revive(first.report);
      this.#reject(error);
      this.#host.refuse(error);
    }
    this.#refusals = [];
  }

  async #draw(overlay: Drawing): Promise<void> {
    const outcomes = await this.#host.tell({ kind: "draw", stream: this.id, overlay });
    const refusal = outcomes.find((outcome) => typeof outcome !== "string");
    if (refusal !== undefined) throw this.#revive(refusal);
  }

  #revive(report: ErrorReport): Error {
    const { networks, segmenter } = this.stream;
    return revive(report, { model: networks[0]!.name, provider: segmenter.provider });
  }
}
