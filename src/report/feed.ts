/** What the page, the metrics and the snapshots see of one running stream. */
import type { SegmentationClass } from "../frame/classes.ts";
import type { Size } from "../frame/geometry.ts";
import type { FrameTiming, Stage } from "../frame/timing.ts";

/** Where a stream is in its life. */
export type FeedState = "connecting" | "live" | "reconnecting" | "ended";

/** Milliseconds over the last seconds. */
export interface Quantiles {
  /** Half of the frames. */
  readonly p50: number;
  /** 95% of the frames. */
  readonly p95: number;
  /** 99% of the frames. */
  readonly p99: number;
}

/** A stream at one moment. Plain data: it is sent to pages as JSON. */
export interface FeedStatus {
  /** As pages, metrics and logs name it. */
  readonly name: string;
  /** The input, credentials hidden. */
  readonly input: string;
  /** Where it is in its life. */
  readonly state: FeedState;
  /** Since when, in milliseconds of the epoch. */
  readonly stateSince: number;
  /** Why it is not live, where it is not. */
  readonly reason: string | undefined;
  /** Of the frames; undefined until the camera was there once. */
  readonly size: Size | undefined;
  /** Of the network's input. */
  readonly modelSize: Size | undefined;
  /** The model's name. */
  readonly model: string;
  /** What runs the network. */
  readonly provider: string | undefined;
  /** fp32 or int8. */
  readonly precision: string | undefined;
  /** Frames a second that went out, over the last seconds. */
  readonly fps: number;
  /** From ready to written. */
  readonly latencyMs: Quantiles | undefined;
  /** By stage. */
  readonly stages: Readonly<Partial<Record<Stage, Quantiles>>>;
  /** Read since the start; all of them are out, dropped, or in flight. */
  readonly framesIn: number;
  /** Written. */
  readonly framesOut: number;
  /** By reason, such as "oldest". */
  readonly dropped: Readonly<Record<string, number>>;
  /** Repetitions of the last frame while the camera was away. */
  readonly framesHeld: number;
  /** Times the camera came back. */
  readonly reconnects: number;
  /** Threads that failed and were replaced. */
  readonly workersReplaced: number;
  /** Encoders that died and were replaced. */
  readonly encodersReplaced: number;
  /** Of the ring. */
  readonly slots: number;
  /** Of those, not free. */
  readonly slotsInUse: number;
  /** Share of the newest frame's pixels, a number a class. */
  readonly shares: readonly number[];
  /** Who watches the stream. */
  readonly viewers: number;
}

/** How the picture is drawn; the page's switches. */
export interface FeedView {
  /** What is shown. */
  readonly view: string;
  /** 0 to 1. */
  readonly alpha: number;
  /** Ids of the classes that are tinted. */
  readonly visible: readonly number[];
  /** Whether the classes are named on the picture. */
  readonly legend: boolean;
  /** Whether figures are shown on the picture. */
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
  /** As pages, metrics and logs name it. */
  readonly name: string;
  /** What the class ids mean. */
  readonly classes: readonly SegmentationClass[];
  /** sRGB [red, green, blue] of each class. */
  readonly colours: readonly (readonly [number, number, number])[];
  /** At this moment. */
  readonly status: FeedStatus;
  /** What is shown. */
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
