import assert from "node:assert/strict";
import type { BenchRow } from "../../src/report/bench_report.ts";
import type { ComparedNetwork } from "../../src/report/bench_report.ts";
import { networkTable } from "../../src/report/network_table.ts";

const NETWORKS: readonly ComparedNetwork[] = [
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

Deno.test("networkTable() shows what was measured beside what is published", () => {
  const lines = networkTable(NETWORKS, [
    row("ContextNet", "full", 2048, 9.514),
    row("ContextNet", "half", 1024, 45.21),
    row("BiSeNet (ResNet-18)", "half", 1024, 1.752),
  ]);
  assert.deepEqual(lines.map((line) => line.replace(/ {2,}/g, "|")), [
    "Networks, fps|half|full|paper, full|parameters, M|GMAC",
    "|(published)|full",
    "|ContextNet|45.2|9.51|41.9 Maxwell|0.86|(0.85)|5.63",
    "|BiSeNet (ResNet-18)|1.75|13.34|118.30",
  ]);
  assert.ok(lines.every((line) => line.length <= 100));
});

Deno.test("networkTable() is empty where nothing was measured", () => {
  assert.deepEqual(networkTable([], []), []);
});
