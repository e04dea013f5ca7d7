import type { Size } from "../frame/geometry.ts";
import type { Stage } from "../frame/timing.ts";
import type { BusyShares, Side } from "./bound.ts";
import type { CpuCost } from "./cpu_cost.ts";
import type { Summary } from "./histogram.ts";

/** What is known of a run before its first frame. */
export interface RunFacts {
  /** When the command started, by `nowMs()`. */
  readonly startedAtMs: number;
  /** Where frames come from: an encoded file, a live camera, or drawn here. */
  readonly source: "file" | "live" | "drawn";
  /** Where they go: to an encoder, or to the caller of the library. */
  readonly output: "encoder" | "caller";
  /** The model's name or file. */
  readonly model: string;
  /** The execution provider that runs it, such as "cpu". */
  readonly provider: string;
  /** The network's arithmetic, "fp32" or "int8"; fp32 where absent. */
  readonly precision?: string;
  /** The model's input, in pixels. */
  readonly modelSize: Size;
  /** The frames, in pixels. */
  readonly sourceSize: Size;
  /** How many workers there are. */
  readonly workers: number;
  /** Threads that one worker's network runs on. */
  readonly threadsPerWorker: number;
  /** Logical cores of the machine. */
  readonly cores: number;
  /** Version of the ffmpeg that ran, where one did. */
  readonly ffmpegVersion?: string;
}

/** Where a run's time went. Plain data: `JSON.stringify` gives the machine-readable report. */
export interface RunReport {
  /** What ran. */
  readonly facts: RunFacts;
  /** Frames written. */
  readonly frames: number;
  /** From the command's start to its end. */
  readonly seconds: number;
  /** Frames a second from the first written frame to the last; 0 with fewer than two frames. */
  readonly fps: number;
  /** Frames a second over {@link RunReport.seconds}, start-up and the file's end included. */
  readonly fpsWithStartup: number;
  /** From the command's start until the first frame was encoded; absent without frames. */
  readonly firstFrameMs?: number;
  /** Wall milliseconds of each stage, over all frames. */
  readonly stages: Readonly<Record<Stage, Summary>>;
  /** Wall milliseconds from ready to written. */
  readonly latency: Summary;
  /** Dropped frames by reason; empty when none was. */
  readonly drops: Readonly<Record<string, number>>;
  /**
   * Frames that had an earlier frame's class map, because the network ran on one frame of their group
   * (`every`) or nothing moved (`still`); absent where each had its own.
   */
  readonly reused?: { readonly every: number; readonly still: number };
  /** Workers that failed, and whose frames another ran again; absent where none did. */
  readonly replacedWorkers?: number;
  /** The largest resident set of this program that was seen, ffmpeg's processes not included. */
  readonly peakRssBytes: number;
  /** CPU milliseconds a frame. */
  readonly cpuMs: CpuCost;
  /** What the CPU allows: cores ÷ (decode + prepare + infer + label + blend + encode seconds). */
  readonly cpuBoundFps?: number;
  /** {@link RunReport.fps} ÷ {@link RunReport.cpuBoundFps}; absent where a cost is unknown. */
  readonly efficiency?: number;
  /** How busy each side of the ring was. */
  readonly busy: BusyShares;
  /** The side of the ring that bounds the run; absent when none does. */
  readonly bound?: Side;
  /** The same as a sentence, with what to change. */
  readonly boundBy: string;
}

/** What is known only once the threads and processes of the run have ended. */
export interface RunEnd {
  /** Workers that failed and were replaced; none by default. */
  readonly replacedWorkers?: number;
  /** CPU milliseconds of the decoder, or of drawing, over the whole run. */
  readonly decodeCpuMs?: number | undefined;
  /** Whether the main thread did that, whose own time has it too; false by default. */
  readonly isDrawn?: boolean;
  /** CPU milliseconds of the encoder over the whole run; leave out where nothing is encoded. */
  readonly encodeCpuMs?: number | undefined;
}
