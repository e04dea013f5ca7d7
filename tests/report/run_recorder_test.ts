import assert from "node:assert/strict";
import { frameTiming, HEADER, STAGES } from "../../src/frame/timing.ts";
import { type Meters, RunRecorder } from "../../src/report/run_recorder.ts";
import type { RunFacts } from "../../src/report/run_report.ts";
import { FACTS, STAGE_TIMES, type StageTimes, stampedHeader, START_MS } from "./synthetic_run.ts";

/** A machine whose clocks stand where the test puts them. */
class FakeMachine implements Meters {
  atMs = START_MS;
  programMs = 0;
  mainThreadMs = 0;
  rss = 0;
  readonly nowMs = () => this.atMs;
  readonly readCpu = () => ({ programMs: this.programMs, mainThreadMs: this.mainThreadMs });
  readonly rssBytes = () => this.rss;
}

/** Records frames that are written `periodMs` apart, the first 500 ms after the start. */
function recordRun(
  options: {
    frames: number;
    periodMs: number;
    facts?: Partial<RunFacts>;
    times?: Partial<StageTimes>;
    workerCpuMs?: number;
  },
): { recorder: RunRecorder; machine: FakeMachine } {
  const machine = new FakeMachine();
  const recorder = new RunRecorder({ ...FACTS, ...options.facts }, machine);
  for (let index = 0; index < options.frames; index++) {
    machine.atMs = START_MS + 500 + index * options.periodMs;
    machine.mainThreadMs += 1;
    machine.programMs += 1 + (options.workerCpuMs ?? 20);
    const header = stampedHeader(index, START_MS + index * options.periodMs, {
      ...(options.times === undefined ? {} : { times: options.times }),
    });
    recorder.record(frameTiming(header), machine.atMs);
  }
  return { recorder, machine };
}

Deno.test("finish() tells fps from first to last written frame, and with start-up", () => {
  const { recorder, machine } = recordRun({ frames: 101, periodMs: 20 });
  machine.atMs += 500;
  const report = recorder.finish();
  assert.equal(report.frames, 101);
  assert.equal(report.fps, 50); // 100 intervals of 20 ms
  assert.equal(report.seconds, 3); // 500 ms to the first frame, 2 s to the last, 500 ms to the end
  assert.equal(report.fpsWithStartup, 101 / 3);
  assert.equal(report.firstFrameMs, 500);
});

Deno.test("finish() reports when the first frame was encoded, where that was told", () => {
  const { recorder } = recordRun({ frames: 3, periodMs: 20 });
  recorder.firstFrameEncoded(START_MS + 620);
  recorder.firstFrameEncoded(START_MS + 900);
  assert.equal(recorder.finish().firstFrameMs, 620);
});

Deno.test("finish() gives each stage's percentiles and the latency", () => {
  const report = recordRun({ frames: 50, periodMs: 20 }).recorder.finish();
  for (const stage of STAGES) {
    // Stamps are float64 milliseconds since 1970: steps of 0.24 µs.
    for (const figure of ["p50", "p95", "p99", "mean"] as const) {
      const actual = report.stages[stage][figure];
      assert.ok(Math.abs(actual - STAGE_TIMES[stage]) < 1e-3, `${stage} ${figure}: ${actual}`);
    }
  }
  const latencyMs = 1.2 + 2 + 16 + 1.5 + 1 + 3 + 4; // all stages but decode
  assert.ok(Math.abs(report.latency.mean - latencyMs) < 1e-3);
});

Deno.test("finish() counts drops by reason", () => {
  const { recorder } = recordRun({ frames: 2, periodMs: 20 });
  recorder.drop("ring full");
  recorder.drop("ring full", 2);
  recorder.drop("decoder error");
  assert.equal(recorder.dropped, 4);
  assert.deepEqual(recorder.finish().drops, { "ring full": 3, "decoder error": 1 });
});

Deno.test("finish() keeps the largest resident set seen", () => {
  const machine = new FakeMachine();
  const recorder = new RunRecorder(FACTS, machine);
  [100, 300, 200].forEach((rss, index) => {
    machine.rss = rss;
    machine.atMs += 1000;
    recorder.record(frameTiming(stampedHeader(index, machine.atMs)));
  });
  assert.equal(recorder.finish().peakRssBytes, 300);
});

Deno.test("finish() splits the workers' CPU time by wall time, when they waited for cores", () => {
  // Wall 2 + 16 + 1.5 + 1 = 20.5 ms a frame, of which the CPU gave half.
  const { recorder } = recordRun({ frames: 11, periodMs: 20, workerCpuMs: 10.25 });
  const { cpuMs } = recorder.finish({ decodeCpuMs: 33, encodeCpuMs: 88 });
  const expected = { decode: 3, prepare: 1, infer: 8, label: 0.75, blend: 0.5, encode: 8 };
  for (const [stage, ms] of Object.entries(expected)) {
    const actual = cpuMs[stage as keyof typeof expected]!;
    assert.ok(Math.abs(actual - ms) < 1e-3, `${stage}: ${actual}`);
  }
  assert.equal(cpuMs.transfer, 1);
});

Deno.test("finish() counts what the main thread draws once, as decoding", () => {
  const { recorder } = recordRun({ frames: 11, periodMs: 20, workerCpuMs: 10.25 });
  const { cpuMs } = recorder.finish({ decodeCpuMs: 0.75 * 11, isDrawn: true });
  assert.equal(cpuMs.decode, 0.75);
  assert.equal(cpuMs.transfer, 0.25); // of 1 ms a frame
});

Deno.test("finish() gives the network what the other stages leave, on a GPU provider", () => {
  const { recorder } = recordRun({
    frames: 11,
    periodMs: 20,
    workerCpuMs: 5.5,
    facts: { provider: "webgpu" },
  });
  const { cpuMs } = recorder.finish();
  assert.ok(Math.abs(cpuMs.infer - 1) < 1e-3, `${cpuMs.infer}`); // 5.5 − (2 + 1.5 + 1)
  assert.ok(Math.abs(cpuMs.prepare - 2) < 1e-3, `${cpuMs.prepare}`);
});

Deno.test("finish() tells efficiency as achieved fps over what the cores allow", () => {
  const { recorder } = recordRun({ frames: 101, periodMs: 20, workerCpuMs: 20.5 });
  // 101 frames: (3 + 20.5 + 8.5) ms = 32 ms a frame; 2 cores can do 62.5 fps; 50 were achieved.
  const report = recorder.finish({ decodeCpuMs: 303, encodeCpuMs: 858.5 });
  assert.ok(Math.abs(report.cpuBoundFps! - 62.5) < 0.01, `${report.cpuBoundFps}`);
  assert.ok(Math.abs(report.efficiency! - 0.8) < 0.001, `${report.efficiency}`);
});

Deno.test("finish() leaves efficiency out, when a process did not tell its CPU time", () => {
  const { recorder } = recordRun({ frames: 11, periodMs: 20 });
  assert.equal(recorder.finish({ decodeCpuMs: 33 }).efficiency, undefined);
});

Deno.test("finish() leaves efficiency out and takes wall time, when the CPU clock cannot be read", () => {
  const recorder = new RunRecorder(FACTS, { readCpu: () => undefined });
  for (const index of [0, 1, 2]) {
    recorder.record(frameTiming(stampedHeader(index, START_MS)), START_MS + index * 20);
  }
  const { cpuMs, efficiency } = recorder.finish({ decodeCpuMs: 9, encodeCpuMs: 24 });
  assert.equal(efficiency, undefined);
  assert.ok(Math.abs(cpuMs.infer - STAGE_TIMES.infer) < 1e-3);
});

Deno.test("finish() measures shares without the first frame, whose waits are the start-up's", () => {
  const machine = new FakeMachine();
  const recorder = new RunRecorder(FACTS, machine);
  for (let index = 0; index < 11; index++) {
    machine.atMs = START_MS + 1000 + index * 20;
    const times = index === 0 ? { decode: 900 } : { decode: 5 };
    const header = stampedHeader(index, machine.atMs, { times });
    recorder.record(frameTiming(header), machine.atMs);
  }
  const { busy } = recorder.finish();
  assert.ok(Math.abs(busy.decode - 0.25) < 1e-3, `${busy.decode}`); // 5 of 20 ms
  assert.ok(Math.abs(busy.workers - 20.5 / 40) < 1e-3, `${busy.workers}`); // two workers
  assert.ok(Math.abs(busy.encode - 0.2) < 1e-3, `${busy.encode}`); // 4 of 20 ms
});

Deno.test("finish() is complete and plain data, when no frame was written", () => {
  const report = new RunRecorder(FACTS, new FakeMachine()).finish();
  assert.equal(report.frames, 0);
  assert.equal(report.fps, 0);
  assert.equal(report.firstFrameMs, undefined);
  assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
});

Deno.test("record() takes the machine's own clocks, when given none", () => {
  const recorder = new RunRecorder({ ...FACTS, startedAtMs: performance.timeOrigin });
  for (const index of [0, 1]) {
    const header = stampedHeader(index, START_MS);
    recorder.record(frameTiming(header), header[HEADER.written]! + index * 10);
  }
  const report = recorder.finish();
  assert.ok(report.peakRssBytes > 2 ** 20);
  assert.ok(report.cpuMs.transfer! >= 0);
});
