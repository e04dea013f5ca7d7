/** What `segstream bench` found, as plain data: `JSON.stringify` gives the machine-readable report. */
import type { Size } from "../frame/geometry.ts";
import type { Stage } from "../frame/timing.ts";
import type { RunReport } from "./run_report.ts";

/** One measured value and when it was measured. */
export interface Sample {
  /** Milliseconds since the benchmark began, at the sample's end. */
  readonly atMs: number;
  /** In the unit of what was measured. */
  readonly value: number;
}

/** Several samples of one figure, taken minutes apart between those of the other figures. */
export interface Measurement {
  /** By round; at least one. One that was measured again, later, stands in its round. */
  readonly samples: readonly Sample[];
  /** Of the samples. */
  readonly median: number;
  /** Interquartile range of the samples over their median; 0 with a single sample. */
  readonly spread: number;
}

/** A resolution of the network's input, as the columns of the report name it. */
export interface BenchResolution {
  /** "full", "half", "quarter", or the size. */
  readonly name: string;
  /** Of the network's input. */
  readonly size: Size;
}

/** Whether the workers of a row had a core each while it was measured. */
export interface CoreUse {
  /** CPU time over what a core for each worker gives, by sample: 1 is a core each, throughout. */
  readonly shares: readonly number[];
  /** Whether their median is less than 0.9: the figure says what was left of the machine. */
  readonly isDisturbed: boolean;
  /** Bursts that were run; those beyond the samples are repeats of disturbed ones. */
  readonly bursts: number;
  /** Those of them whose own share was less than 0.9. */
  readonly disturbedBursts: number;
}

/** One figure of the report. `id` tells it from all others and is the same in every report. */
export interface BenchRow extends Measurement {
  /** Such as "network/cls/cpu/2/half". */
  readonly id: string;
  /** Which table it stands in: the network alone, file to file, the networks compared, or none. */
  readonly part: "network" | "video" | "networks" | "other";
  /** What it is a figure of: the name of its line in the table. */
  readonly series: string;
  /** The column of the table; absent where there is no such choice. */
  readonly resolution?: BenchResolution;
  /** What is counted. */
  readonly metric: string;
  /** Of the samples. */
  readonly unit: "fps" | "ms" | "MiB" | "%";
  /** Which direction is an improvement. */
  readonly better: "higher" | "lower";
  /** Share by which the figure changes between runs of the same program on a quiet machine. */
  readonly slack: number;
  /** Whether it keeps every core busy, and so depends on all of them; one core alone otherwise. */
  readonly usesAllCores?: boolean;
  /** Absent where that was not measured: from file to file, on a GPU, in older reports. */
  readonly cores?: CoreUse;
  /** Forward passes that the samples are the means of, where they are. */
  readonly runs?: number;
  /** Forward passes before the first that counts. */
  readonly burnIn?: number;
  /** The GPU that ran it, marked where it is a program on the CPU. */
  readonly adapter?: string;
}

/** Something the project promises, and what this machine gave. */
export interface Goal {
  /** What is promised. */
  readonly name: string;
  /** What was measured. */
  readonly value: number;
  /** Behind the value. */
  readonly unit: "×" | "%" | "s" | "";
  /** The bound. */
  readonly target: number;
  /** On which side of the bound the value must lie. */
  readonly wanted: "at least" | "at most";
  /** Whether it does. */
  readonly isMet: boolean;
}

/** The end-to-end bill of one resolution: the run whose fps is the median of its samples. */
export interface Bill {
  /** Of the network. */
  readonly resolution: BenchResolution;
  /** Where that run's time went. */
  readonly report: RunReport;
}

/** One stage of one frame on the waterfall. */
export interface Span {
  /** Frame number, from 0. */
  readonly frame: number;
  /** What was done. */
  readonly stage: Stage;
  /** Who did it: "decode", "worker 0", "encode", or a queue such as "wait 2". */
  readonly lane: string;
  /** Milliseconds since the run began. */
  readonly beginMs: number;
  /** Milliseconds since the run began. */
  readonly endMs: number;
}

/** Every frame of one short run, stage by stage. */
export interface Timeline {
  /** Of the network. */
  readonly resolution: BenchResolution;
  /** In the order the frames were written. */
  readonly spans: readonly Span[];
}

/** Where a benchmark ran, as far as it bears on the figures. */
export interface BenchEnvironment {
  /** The processor's own name, or "unknown" where that may not be read. */
  readonly cpu: string;
  /** Logical cores. */
  readonly cores: number;
  /** Main memory; undefined where that may not be read. */
  readonly memoryBytes: number | undefined;
  /** Such as "linux x86_64". */
  readonly platform: string;
  /** Version of Deno. */
  readonly deno: string;
  /** Version of ONNX Runtime. */
  readonly onnxRuntime: string;
  /** Version of the ffmpeg that decoded and encoded. */
  readonly ffmpeg: string;
  /** Version of segstream. */
  readonly segstream: string;
  /** The model's name or file. */
  readonly model: string;
  /** SHA-256 of the model's file, in hex. */
  readonly modelSha256: string;
  /** What the clips show: "street:" or the name of the user's file. */
  readonly input: string;
  /** Where the network ran end to end. */
  readonly provider: string;
  /** The GPU, where one was used; marked where it is a program on the CPU. */
  readonly adapter?: string;
  /** Runnable programs over the last minute when the benchmark began; absent where not readable. */
  readonly loadAverage?: number;
}

/** How much was measured. */
export interface BenchProtocol {
  /** Whether it was the short form. */
  readonly isQuick: boolean;
  /** Forward passes before the first that counts. */
  readonly burnIn: number;
  /** Forward passes that count: more of a network that is fast, fewer of one that is slow. */
  readonly runs: number;
  /** Bursts that those are cut into, one of each row in turn. */
  readonly rounds: number;
  /** Runs from file to file, one of each row in turn. */
  readonly videoRounds: number;
}

/** A network of the comparison: what it is, and what others say of it. */
export interface ComparedNetwork {
  /** The series of its rows. */
  readonly title: string;
  /** Trained values. */
  readonly parameters: number;
  /** Multiply-accumulate operations for a frame, by the name of the resolution. */
  readonly macs: Readonly<Record<string, number>>;
  /** Absent where none are published. */
  readonly publishedParameters?: number;
  /** In the paper's Table 5, by the name of the resolution; none where it has no row. */
  readonly publishedFps: Readonly<Partial<Record<string, number>>>;
  /** What those were measured on. */
  readonly device?: string;
}

/** The whole report. */
export interface BenchReport {
  /** Tells the file from other JSON. */
  readonly format: "segstream-bench";
  /** Of the format. */
  readonly version: 1;
  /** When it began, ISO 8601. */
  readonly date: string;
  /** How long it took. */
  readonly seconds: number;
  /** Where it ran. */
  readonly environment: BenchEnvironment;
  /** How much was measured. */
  readonly protocol: BenchProtocol;
  /** Milliseconds of a fixed piece of arithmetic on one core, between the rounds: how steady it was. */
  readonly calibration: Measurement;
  /** The mean of it on all cores at once; absent in reports of versions that measured one only. */
  readonly calibrationOfAllCores?: Measurement;
  /** Every figure, in the order of the tables. */
  readonly rows: readonly BenchRow[];
  /** What the project promises, where this report can tell of it. */
  readonly goals: readonly Goal[];
  /** By resolution; empty where nothing ran end to end. */
  readonly bills: readonly Bill[];
  /** Absent where no networks were compared. */
  readonly networks?: readonly ComparedNetwork[];
  /** Absent where nothing ran end to end. */
  readonly timeline?: Timeline;
  /** What was left out or shortened, and why; one line each. */
  readonly notes: readonly string[];
  /** Why the figures may be off; one line each. */
  readonly warnings: readonly string[];
}
