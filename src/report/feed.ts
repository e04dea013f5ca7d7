/** What the page, the metrics and the snapshots see of one running stream. */
import type { SegmentationClass } from "../frame/classes.ts";
import type { Size } from "../frame/geometry.ts";
import type { FrameTiming, Stage } from "../frame/timing.ts";

/** Where a stream is in its life. */
export type FeedState = "connecting" | "live" | "reconnecting" | "ended";

/** Milliseconds over the last seconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** A stream at one moment. Plain data: it is sent to pages as JSON. */
export interface FeedStatus {
  readonly name: string;
  /** The input, credentials hidden. */
  readonly input: string;
  readonly state: FeedState;
  /** Since when, in milliseconds of the epoch. */
  readonly stateSince: number;
  /** Why it is not live, where it is not. */
  readonly reason: string | undefined;
  /** Of the frames; undefined until the camera was there once. */
  readonly size: Size | undefined;
  readonly modelSize: Size | undefined;
  readonly model: string;
  readonly provider: string | undefined;
  readonly precision: string | undefined;
  /** Frames a second that went out, over the last seconds. */
  readonly fps: number;
  /** From ready to written. */
  readonly latencyMs: Quantiles | undefined;
  readonly stages: Readonly<Partial<Record<Stage, Quantiles>>>;
  /** Counted since the start: in = out + the sum of dropped + what is in flight. */
  readonly framesIn: number;
  readonly framesOut: number;
  readonly dropped: Readonly<Record<string, number>>;
  /** Repetitions of the last frame while the camera was away. */
  readonly framesHeld: number;
  readonly reconnects: number;
  readonly workersReplaced: number;
  readonly encodersReplaced: number;
  readonly slots: number;
  readonly slotsInUse: number;
  /** Share of the newest frame's pixels, a number a class. */
  readonly shares: readonly number[];
  readonly viewers: number;
}

/** How the picture is drawn; the page's switches. */
export interface FeedView {
  readonly view: string;
  /** 0 to 1. */
  readonly alpha: number;
  /** Ids of the classes that are tinted. */
  readonly visible: readonly number[];
  readonly legend: boolean;
  readonly hud: boolean;
}

/** Takes pieces of the stream. */
export interface FeedViewer {
  /** An MPEG-TS piece of whole packets; the first begins with tables and a key frame. */
  send(piece: Uint8Array): void;
  /** The stream is over. */
  end(): void;
}

/** A running stream. */
export interface Feed {
  readonly name: string;
  readonly classes: readonly SegmentationClass[];
  /** sRGB [red, green, blue] of each class. */
  readonly colours: readonly (readonly [number, number, number])[];
  readonly status: FeedStatus;
  readonly view: FeedView;
  /** The views that this stream can switch between: the size of the picture must stay. */
  readonly views: readonly string[];
  /**
   * Redraws from the next frames on.
   *
   * @throws {RangeError | TypeError} If a value is not valid.
   */
  setView(change: Partial<FeedView>): void;
  /** Adds a viewer of the encoded H.264 stream in MPEG-TS; the result removes it. */
  watch(viewer: FeedViewer): () => void;
  /** The newest frame as drawn; undefined while there was none. */
  snapshot(): Promise<Uint8Array | undefined>;
  /** Calls for every frame that went out; the result ends that. */
  onFrame(listener: (timing: FrameTiming) => void): () => void;
}
