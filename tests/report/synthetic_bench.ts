import type { BenchReport, BenchRow } from "../../src/report/bench_report.ts";
import { STAGES } from "../../src/frame/timing.ts";
import type { Summary } from "../../src/report/histogram.ts";
import type { RunReport } from "../../src/report/run_report.ts";
import { FACTS } from "./synthetic_run.ts";

const SIZES = {
  quarter: { width: 512, height: 256 },
  half: { width: 1024, height: 512 },
  full: { width: 2048, height: 1024 },
} as const;

/** A resolution of the paper's. */
export type Name = keyof typeof SIZES;

/** A made-up row of frames a second; `series` is "cls/cpu/2", as in its id. */
export function fpsRow(
  part: "network" | "video",
  series: string,
  name: Name,
  values: readonly number[],
  more: Partial<BenchRow> = {},
): BenchRow {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)]!;
  return {
    id: `${part}/${series}/${name}`,
    part,
    series,
    resolution: { name, size: SIZES[name] },
    metric: "forward pass",
    unit: "fps",
    better: "higher",
    slack: 0.05,
    samples: values.map((value, i) => ({ atMs: 1000 * i, value })),
    median: middle,
    spread: (sorted.at(-1)! - sorted[0]!) / 2 / middle,
    ...more,
  };
}

/** The rows of a made-up machine that does what DESIGN.md measured. */
export const ROWS: readonly BenchRow[] = [
  fpsRow("network", "cls/cpu/1", "half", [54, 55, 56]),
  fpsRow("network", "cls/cpu/2", "half", [93, 94, 95]),
  fpsRow("network", "naive/cpu/1", "half", [26, 27, 28]),
  fpsRow("network", "cls/cpu/1", "full", [10.4, 10.5, 10.6]),
  fpsRow("network", "cls/cpu/2", "full", [19, 20, 21]),
  fpsRow("network", "naive/cpu/1", "full", [5.9, 6, 6.1]),
  fpsRow("video", "fps/2", "half", [69, 70, 71]),
  fpsRow("video", "fps/1", "half", [39, 40, 41]),
  fpsRow("video", "fps/naive", "half", [19, 20, 21]),
];

/** A whole report with these rows. */
export function benchReport(
  rows: readonly BenchRow[] = ROWS,
  more: Partial<BenchReport> = {},
): BenchReport {
  return {
    format: "segstream-bench",
    version: 1,
    date: "2026-01-02T03:04:05.000Z",
    seconds: 212.4,
    environment: {
      cpu: "Imaginary Processor 9000",
      cores: 2,
      memoryBytes: 8 * 2 ** 30,
      platform: "linux x86_64",
      deno: "2.9.6",
      onnxRuntime: "1.30.0",
      ffmpeg: "5.1.9",
      segstream: "0.1.0",
      model: "fast_scnn_street19_v0",
      modelSha256: "0123456789abcdef".repeat(4),
      input: "street:",
      provider: "cpu",
    },
    protocol: { isQuick: false, burnIn: 100, runs: 100, rounds: 5, videoRounds: 3 },
    calibration: {
      samples: [{ atMs: 0, value: 27 }, { atMs: 60_000, value: 27.1 }],
      median: 27.05,
      spread: 0.002,
    },
    rows,
    goals: [{
      name: "efficiency, half",
      value: 0.91,
      unit: "",
      target: 0.85,
      wanted: "at least",
      isMet: true,
    }],
    bills: [{ resolution: { name: "half", size: SIZES.half }, report: runReport() }],
    timeline: {
      resolution: { name: "half", size: SIZES.half },
      spans: Array.from({ length: 30 }, (_, frame) =>
        [
          { stage: "decode", lane: "decode", beginMs: 10 * frame, endMs: 10 * frame + 2 },
          { stage: "wait", lane: "wait", beginMs: 10 * frame + 2, endMs: 10 * frame + 9 },
          {
            stage: "infer",
            lane: `worker ${frame % 2}`,
            beginMs: 10 * frame + 9,
            endMs: 10 * frame + 27,
          },
          { stage: "encode", lane: "encode", beginMs: 10 * frame + 28, endMs: 10 * frame + 30 },
        ] as const).flatMap((spans, frame) => spans.map((span) => ({ frame, ...span }))),
    },
    notes: [],
    warnings: [],
    ...more,
  };
}

function runReport(): RunReport {
  const summary: Summary = { count: 100, mean: 4.2, p50: 4, p95: 6, p99: 7, max: 9 };
  return {
    facts: FACTS,
    frames: 100,
    seconds: 2,
    fps: 70,
    fpsWithStartup: 50,
    stages: Object.fromEntries(STAGES.map((stage) => [stage, summary])) as RunReport["stages"],
    latency: { ...summary, p50: 40, p95: 60, p99: 70 },
    drops: {},
    peakRssBytes: 400 * 2 ** 20,
    cpuMs: {
      decode: 1.2,
      prepare: 0.1,
      infer: 17.9,
      label: 0.8,
      blend: 0.4,
      encode: 4.5,
      transfer: 0.7,
    },
    cpuBoundFps: 80.3,
    efficiency: 0.87,
    busy: { decode: 0.1, workers: 0.97, encode: 0.2 },
    bound: "workers",
    boundBy: "Inference bounds the run: the 2 workers are busy 97% of the time.",
  };
}
