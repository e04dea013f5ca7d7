import assert from "node:assert/strict";
import { compareReports } from "../../src/bench/compare.ts";
import { chartsOf } from "../../src/report/bench_charts.ts";
import { benchPage } from "../../src/report/bench_page.ts";
import { niceTicks, waterfall } from "../../src/report/bench_pictures.ts";
import { benchReport, ROWS } from "./synthetic_bench.ts";
import { NETWORK_ROWS, NETWORKS } from "./synthetic_networks.ts";

Deno.test("benchPage() loads nothing: no address in an attribute but the empty icon", async () => {
  const page = await benchPage(benchReport());
  const markup = page.replaceAll(/<(script|style)[^>]*>.*?<\/\1>/gs, "");
  const addresses = [...markup.matchAll(/(?:src|href|action)="([^"]*)"/g)].map(([, url]) => url);
  assert.deepEqual(addresses, ["data:,"]);
  const style = page.match(/<style>.*?<\/style>/s)![0];
  assert.doesNotMatch(style, /@import|url\(/);
});

Deno.test("benchPage() escapes what comes from outside", async () => {
  const report = benchReport();
  const environment = { ...report.environment, input: "</script><img onerror=x>.mp4" };
  const page = await benchPage({ ...report, environment });
  assert.ok(!page.includes("<img"));
});

Deno.test("benchPage() shows figures, environment and a comparison's changed rows", async () => {
  const slower = ROWS.map((row) => ({ ...row, median: row.median / 2 }));
  const after = benchReport(slower);
  const page = await benchPage(after, compareReports(benchReport(), after));
  for (const text of ["35.0 fps", "Imaginary Processor 9000", "0123456789abcdef", "slower"]) {
    assert.ok(page.includes(text), text);
  }
  assert.match(page, /0 of 9 rows are within the noise/);
});

Deno.test("benchPage() marks figures whose workers lacked a core, and says what it did to ratios", async () => {
  const cores = { shares: [0.7, 0.7, 0.7], isDisturbed: true, bursts: 5, disturbedBursts: 5 };
  const whole = { ...cores, shares: [1, 1, 1], isDisturbed: false };
  const withCores = (use: typeof cores) => benchReport(ROWS.map((row) => ({ ...row, cores: use })));
  const after = withCores(cores);
  const page = await benchPage(after, compareReports(withCores(whole), after));
  assert.ok(page.includes("94.0*"));
  assert.ok(page.includes("9 of the ratios allow for cores that were missing"));
  assert.ok(!(await benchPage(withCores(whole))).includes("94.0*"));
});

Deno.test("benchPage() shows the networks compared, with a chart of their own", async () => {
  const report = benchReport([...ROWS, ...NETWORK_ROWS], { networks: NETWORKS });
  const page = await benchPage(report);
  const [section] = /<h2>Beside other networks.*?<\/section>/s.exec(page)!;
  for (const text of ["ContextNet", "9.5", "45.2", "41.9", "0.86 M", "118.30", "chart-networks"]) {
    assert.ok(section.includes(text), text);
  }
  const { series } = chartsOf(report).find(({ id }) => id === "chart-networks")!;
  assert.deepEqual(series.map(({ label }) => label), ["ContextNet", "BiSeNet (ResNet-18)"]);
  const speed = chartsOf(report).find(({ id }) => id === "chart-speed")!;
  assert.ok(!speed.series.some(({ label }) => label === "ContextNet"));
});

Deno.test("benchPage() has every part's heading only where there is such a part", async () => {
  const { timeline: _, ...report } = benchReport(ROWS.slice(0, 6));
  const page = await benchPage({ ...report, bills: [], goals: [] });
  assert.match(page, /<h2>The network alone<\/h2>/);
  assert.doesNotMatch(page, /<h2>(From file to file|Twenty frames|Goals)/);
});

Deno.test("chartsOf() gives as many values as places on the axis, in every series", () => {
  const charts = chartsOf(benchReport());
  assert.deepEqual(charts.map(({ id }) => id), [
    "chart-speed",
    "chart-latency",
    "chart-steadiness",
  ]);
  for (const { id, x, series } of charts) {
    assert.deepEqual(x, x.toSorted((a, b) => a - b), id);
    for (const { label, values } of series) assert.equal(values.length, x.length, label);
  }
});

Deno.test("chartsOf() measures a frame's latency from ready to written", () => {
  const latency = chartsOf(benchReport()).find(({ id }) => id === "chart-latency")!;
  // Of each made-up frame: ready after 2 ms, written after 30 ms.
  assert.deepEqual(latency.series[0]!.values.slice(0, 3), [28, 28, 28]);
});

Deno.test("waterfall() draws twenty frames from the middle, each stage within the picture", () => {
  const picture = waterfall(benchReport().timeline!).toString();
  const titles = [...picture.matchAll(/<title>frame (\d+), (\w+):/g)];
  const frames = [...new Set(titles.map(([, frame]) => Number(frame)))].toSorted((a, b) => a - b);
  assert.deepEqual(frames, Array.from({ length: 20 }, (_, i) => 5 + i));
  assert.ok(!titles.some(([, , stage]) => stage === "wait"));
  for (const [, x, width] of picture.matchAll(/<rect[^>]*?x="([\d.]+)"[^>]*?width="([\d.]+)"/gs)) {
    assert.ok(Number(x) >= 0 && Number(x) + Number(width) <= 1000, `${x} + ${width}`);
  }
});

Deno.test("niceTicks() are round numbers from 0", () => {
  assert.deepEqual(niceTicks(630, 8), [0, 100, 200, 300, 400, 500, 600]);
  assert.deepEqual(niceTicks(1, 4), [0, 0.5, 1]);
  assert.deepEqual(niceTicks(0.35, 4), [0, 0.1, 0.2, 0.3]);
});
