import { HEADER, HEADER_FIELDS } from "../../src/frame/timing.ts";
import type { RunFacts } from "../../src/report/run_report.ts";

/** Wall milliseconds of each stage of a made-up frame. */
export interface StageTimes {
  readonly decode: number;
  readonly wait: number;
  readonly prepare: number;
  readonly infer: number;
  readonly label: number;
  readonly blend: number;
  readonly order: number;
  readonly encode: number;
}

export const STAGE_TIMES: StageTimes = {
  decode: 0.5,
  wait: 1.2,
  prepare: 2,
  infer: 16,
  label: 1.5,
  blend: 1,
  order: 3,
  encode: 4,
};

export const START_MS = 1_700_000_000_000;

export const FACTS: RunFacts = {
  startedAtMs: START_MS,
  source: "file",
  output: "encoder",
  model: "fast_scnn_street19_v0",
  provider: "cpu",
  modelSize: { width: 1024, height: 512 },
  sourceSize: { width: 1024, height: 512 },
  workers: 2,
  threadsPerWorker: 1,
  cores: 2,
  ffmpegVersion: "4.1",
};

/** The header of frame `index` whose stages take `times`, the first byte awaited from `readingMs`. */
export function stampedHeader(
  index: number,
  readingMs: number,
  options: { worker?: number; times?: Partial<StageTimes> } = {},
): Float64Array {
  const header = new Float64Array(HEADER_FIELDS);
  header[HEADER.index] = index;
  header[HEADER.ptsUs] = index * 40_000;
  header[HEADER.worker] = options.worker ?? 0;
  header[HEADER.reading] = readingMs;
  const times = { ...STAGE_TIMES, ...options.times };
  let stampMs = readingMs;
  let field: number = HEADER.ready;
  for (const stage of Object.keys(STAGE_TIMES) as (keyof StageTimes)[]) {
    stampMs += times[stage];
    header[field++] = stampMs;
  }
  return header;
}
