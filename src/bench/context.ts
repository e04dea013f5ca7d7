import type { FfmpegBinary } from "../ffmpeg/binary.ts";
import type { PrecisionChoice } from "../infer/precision.ts";
import type { Model } from "../model/model.ts";
import type { Resolution } from "../model/resolution.ts";
import type { BenchProtocol, BenchResolution } from "../report/bench_report.ts";
import type { Calibration } from "./calibration.ts";
import type { ProviderPlan } from "./providers.ts";

/** What every part of a benchmark works with. */
export interface BenchContext {
  readonly ffmpeg: FfmpegBinary;
  readonly model: Model;
  readonly protocol: BenchProtocol;
  readonly calibration: Calibration;
  /** When the benchmark began, by `performance.now()`. */
  readonly beganMs: number;
  /** As they were asked for, and as the report names them. */
  readonly resolutions: readonly {
    readonly wanted: Resolution;
    readonly resolution: BenchResolution;
  }[];
  readonly providers: ProviderPlan;
  /** Of the CPU's arithmetic; `auto` measures what there is and runs videos as the product does. */
  readonly precision: PrecisionChoice;
  /** One a core. */
  readonly workers: number;
  readonly signal: AbortSignal | undefined;
  /** Called with what is being done. */
  readonly onPhase: (phase: string) => void;
  /** Called with what was left out or shortened. */
  readonly onNote: (note: string) => void;
}
