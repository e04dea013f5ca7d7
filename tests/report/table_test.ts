import assert from "node:assert/strict";
import { frameTiming } from "../../src/frame/timing.ts";
import { RunRecorder } from "../../src/report/run_recorder.ts";
import type { RunFacts, RunReport } from "../../src/report/run_report.ts";
import { formatTable, wantsColour } from "../../src/report/table.ts";
import { FACTS, stampedHeader, START_MS } from "./synthetic_run.ts";

function reportOf(frames: number, facts: Partial<RunFacts> = {}): RunReport {
  let atMs = START_MS;
  let cpu = { programMs: 0, mainThreadMs: 0 };
  const recorder = new RunRecorder({ ...FACTS, ...facts }, {
    nowMs: () => atMs,
    readCpu: () => cpu,
    rssBytes: () => 312 * 2 ** 20,
  });
  for (let index = 0; index < frames; index++) {
    atMs = START_MS + 500 + index * 10;
    cpu = { programMs: index * 14.65, mainThreadMs: index * 0.3 };
    recorder.record(frameTiming(stampedHeader(index, atMs)));
  }
  return recorder.finish({ decodeCpuMs: frames * 3, encodeCpuMs: frames * 8 });
}

Deno.test("formatTable() prints stages, costs and the bound, aligned within 80 columns", () => {
  // 100 frames 10 ms apart; stage times as in synthetic_run.ts; 0.5 ms of decoding in 10 is 5%,
  // 20.5 ms of work on two workers in 10 is 100% and 78% of it inference; 4 ms in 10 is 40%.
  // 14.65 − 0.3 ms of CPU are 0.7 of the 20.5 ms of wall; 3 + 14.35 + 8 ms give 78.9 fps.
  assert.equal(
    formatTable(reportOf(100)),
    `\
100 frames at 100.0 fps, 67.1 with start-up, first after 0.50 s, none dropped
fast_scnn_street19_v0 at 1024x512 on cpu · 1024x512 frames ·
2 workers, 2 cores · ffmpeg 4.1

ms a frame      p50      p95      p99     mean      CPU   busy
decode         0.50     0.50     0.50     0.50     3.00     5% ▋
wait           1.20     1.20     1.20     1.20
prepare        2.00     2.00     2.00     2.00     1.40    10% █▏
infer         16.00    16.00    16.00    16.00    11.20    78% █████████▍
label          1.50     1.50     1.50     1.50     1.05     7% ▉
blend          1.00     1.00     1.00     1.00     0.70     5% ▋
order          3.00     3.00     3.00     3.00
encode         4.00     4.00     4.00     4.00     8.00    40% ████▊
latency       28.70    28.70    28.70    28.70

peak memory 312 MiB · moving a frame costs 0.30 ms of CPU ·
efficiency 1.27: 2 cores can do 78.9 fps
Inference bounds the run: the 2 workers are busy 100% of the time;
--resolution quarter, more cores or a GPU raise the fps.`,
  );
});

Deno.test("formatTable() keeps within the columns, whatever it is given", () => {
  const facts = { model: "m".repeat(200), provider: "webgpu", ffmpegVersion: "N-1-g" };
  for (const columns of [40, 80, 120]) {
    const lines = formatTable(reportOf(30, facts), { columns }).split("\n");
    for (const line of lines.slice(0, 4)) assert.ok(line.length <= columns, line);
    for (const line of lines) assert.ok(line.length <= Math.max(80, Math.min(100, columns)), line);
  }
});

Deno.test("formatTable() lists drops by reason", () => {
  const report = { ...reportOf(10), drops: { "ring full": 3, "reconnect": 1 } };
  assert.match(formatTable(report), /4 dropped \(ring full: 3, reconnect: 1\)/);
});

Deno.test("formatTable() tells of workers that were replaced", () => {
  const report = reportOf(10);
  assert.doesNotMatch(formatTable(report), /replaced/);
  const tell = (replacedWorkers: number) => formatTable({ ...report, replacedWorkers });
  assert.match(tell(1), /^1 worker failed and was replaced; no frame was lost$/m);
  assert.match(tell(3), /^3 workers failed and were replaced; no frame was lost$/m);
});

Deno.test("formatTable() prints a run of no frames", () => {
  assert.match(formatTable(reportOf(0)), /^0 frames at 0\.0 fps/);
});

Deno.test("formatTable() colours the rows of the bounding side, only when asked", () => {
  const report = reportOf(100);
  const yellow = (text: string) => text.split("\n").filter((line) => line.includes("\x1b[33m"));
  assert.equal(formatTable(report).includes("\x1b"), false);
  const rows = yellow(formatTable(report, { colour: true }));
  assert.deepEqual(rows.map((row) => /(\w+) /.exec(row.slice(5))![1]), [
    "prepare",
    "infer",
    "label",
    "blend",
  ]);
});

Deno.test("wantsColour() is false, when the stream is not a terminal or NO_COLOR is set", () => {
  assert.equal(wantsColour({ isTerminal: () => false }), false);
  assert.equal(wantsColour({ isTerminal: () => true }), !Deno.noColor);
});
