import type { BenchRow, ComparedNetwork } from "../../src/report/bench_report.ts";

/** Two networks, one of them without published speed. */
export const NETWORKS: readonly ComparedNetwork[] = [
  {
    title: "ContextNet",
    parameters: 858_259,
    macs: { half: 1.41e9, full: 5.63e9 },
    publishedParameters: 0.85e6,
    publishedFps: { full: 41.9 },
    device: "Titan X (Maxwell)",
  },
  {
    title: "BiSeNet (ResNet-18)",
    parameters: 13_340_563,
    macs: { full: 118.3e9 },
    publishedFps: {},
  },
];

function row(series: string, name: string, width: number, median: number): BenchRow {
  return {
    ...{ id: `networks/${series}/${name}`, part: "networks", series, metric: "forward pass" },
    ...{ unit: "fps", better: "higher", slack: 0.05, samples: [], median, spread: 0 },
    resolution: { name, size: { width, height: width / 2 } },
  } as BenchRow;
}

/** What was measured of them. */
export const NETWORK_ROWS: readonly BenchRow[] = [
  row("ContextNet", "full", 2048, 9.514),
  row("ContextNet", "half", 1024, 45.21),
  row("BiSeNet (ResNet-18)", "half", 1024, 1.752),
];
