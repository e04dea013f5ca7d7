import { concatenate, type KeyFrame, markDiscontinuity, type TsPiece } from "./ts_packets.ts";

/**
 * Takes the encoded stream as it comes. Called on the main thread, never from within the call that
 * subscribes it.
 */
export interface BroadcastViewer {
  /**
   * Takes whole MPEG-TS packets. The first piece, and every one after a loss, begins with tables
   * and a key frame. Others see the same bytes: they are not to be changed. A viewer that throws
   * is removed.
   *
   * @param key Given where the piece begins with a key frame.
   */
  send(piece: Uint8Array, key?: KeyFrame): void;
  /** The stream is over. What it throws is of no concern to others. */
  end(): void;
  /**
   * What was sent and is still waiting, in bytes. Above the limit the viewer loses what follows, up
   * to the next key frame that finds it below. A viewer that does not say so loses nothing here.
   */
  readonly backlogBytes?: number;
}

/** How a viewer is served. */
export interface ViewerOptions {
  /** The backlog above which it loses pictures, in bytes; 2 MiB by default. */
  readonly limitBytes?: number;
}

const DEFAULT_LIMIT_BYTES = 2 ** 21;

/**
 * What is kept for newcomers is dropped above this, for the sake of an encoder that gives no key
 * frames: they wait for the next one then.
 */
const LARGEST_GROUP_BYTES = 2 ** 26;

/** `new`: got nothing yet. `live`: gets everything. `lost`: waits for a key frame. */
type ViewerState = "new" | "live" | "lost";

interface Subscriber {
  readonly viewer: BroadcastViewer;
  readonly limitBytes: number;
  state: ViewerState;
}

/**
 * Hands one stream to any number of viewers and waits for none of them. A newcomer gets everything
 * since the last key frame at once.
 */
export class Hub {
  readonly #subscribers = new Set<Subscriber>();
  #group: TsPiece[] = [];
  #groupBytes = 0;
  #framesLost = 0;
  #isOver = false;

  /** Pictures that viewers did not get because they lagged, summed over all of them. */
  get framesLost(): number {
    return this.#framesLost;
  }

  /**
   * Adds a viewer; the result removes it, and may be called twice. After the end of the stream a
   * viewer is only told so.
   */
  subscribe(viewer: BroadcastViewer, options: ViewerOptions = {}): () => void {
    const { limitBytes = DEFAULT_LIMIT_BYTES } = options;
    const subscriber: Subscriber = { viewer, limitBytes, state: "new" };
    this.#subscribers.add(subscriber);
    queueMicrotask(() => {
      if (!this.#subscribers.has(subscriber)) return;
      if (this.#isOver) this.#end(subscriber);
      else if (subscriber.state === "new" && this.#group.length > 0) this.#greet(subscriber);
    });
    return () => this.#subscribers.delete(subscriber);
  }

  /** Hands a piece on. */
  push(piece: TsPiece): void {
    this.#keep(piece);
    for (const subscriber of this.#subscribers) this.#serve(subscriber, piece);
  }

  /** Tells every viewer that the stream is over. */
  end(): void {
    this.#isOver = true;
    this.#group = [];
    for (const subscriber of this.#subscribers) this.#end(subscriber);
  }

  #keep(piece: TsPiece): void {
    if (piece.key !== undefined || this.#groupBytes > LARGEST_GROUP_BYTES) {
      this.#group = [];
      this.#groupBytes = 0;
    }
    if (piece.key === undefined && this.#group.length === 0) return;
    this.#group.push(piece);
    this.#groupBytes += piece.bytes.length;
  }

  /** What came since the last key frame. */
  #greet(subscriber: Subscriber): void {
    subscriber.state = "live";
    const { key } = this.#group[0]!;
    const pieces = this.#group.map(({ bytes }) => bytes);
    this.#send(subscriber, concatenate([key!.tables, ...pieces]), key);
  }

  #serve(subscriber: Subscriber, piece: TsPiece): void {
    const { viewer, limitBytes } = subscriber;
    const lags = (viewer.backlogBytes ?? 0) > limitBytes;
    if (lags && subscriber.state === "live") subscriber.state = "lost";
    if (subscriber.state === "live") {
      this.#send(subscriber, piece.bytes, piece.key);
    } else if (piece.key !== undefined && !lags) {
      const bytes = subscriber.state === "lost" ? markDiscontinuity(piece.bytes) : piece.bytes;
      subscriber.state = "live";
      this.#send(subscriber, concatenate([piece.key.tables, bytes]), piece.key);
    } else if (subscriber.state === "lost") {
      this.#framesLost += piece.frames;
    }
  }

  #send(subscriber: Subscriber, bytes: Uint8Array, key: KeyFrame | undefined): void {
    try {
      subscriber.viewer.send(bytes, key);
    } catch {
      // One viewer's fault is not to cost the others the stream.
      this.#subscribers.delete(subscriber);
    }
  }

  #end(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    try {
      subscriber.viewer.end();
    } catch {
      // It is gone in any case, and the others are still to be told.
    }
  }
}
