import assert from "node:assert/strict";
import { Calibration } from "../../src/bench/calibration.ts";
import { compareReports } from "../../src/bench/compare.ts";
import {
  type Contestant,
  entrantOf,
  naiveContestant,
  sampleFrame,
  segstreamContestant,
} from "../../src/bench/contestant.ts";
import { Crew, framesPerSecond } from "../../src/bench/crew.ts";
import { measureEntries } from "../../src/bench/network_bench.ts";
import { QUICK_PROTOCOL } from "../../src/bench/protocol.ts";
import { benchResolution } from "../../src/bench/rows.ts";
import { loadModel } from "../../src/model/model.ts";
import type { BenchRow } from "../../src/report/bench_report.ts";
import { benchReport } from "../report/synthetic_bench.ts";

const SMALL = { width: 128, height: 64 };
const LARGE = { width: 512, height: 256 };
const model = await loadModel();

/** Measures a contestant under the name of the one at 128x64. */
async function measure(crew: Crew, contestant: Contestant, workers: number) {
  const resolution = benchResolution(SMALL);
  const notes: string[] = [];
  using calibration = new Calibration(performance.now());
  const results = await measureEntries([{
    row: {
      id: `network/cls/cpu/${workers}/${resolution.name}`,
      part: "network",
      series: "cls",
      resolution,
      metric: "forward pass",
      unit: "fps",
      better: "higher",
      slack: 0.05,
    },
    entrant: entrantOf(contestant, "cpu", resolution),
    head: "cls",
    workers,
  }], {
    protocol: QUICK_PROTOCOL,
    crew,
    calibration,
    beganMs: performance.now(),
    onPhase() {},
    onNote: (note) => notes.push(note),
  });
  return { results, notes };
}

function rowsOf({ results }: Awaited<ReturnType<typeof measure>>): BenchRow[] {
  return results.map(({ row }) => row);
}

Deno.test("measureEntries() finds a build slower that does sixteen times the work", async () => {
  const crew = new Crew(1);
  try {
    const ours = await measure(crew, segstreamContestant(model, SMALL, sampleFrame(SMALL)), 1);
    const slowed = await measure(crew, segstreamContestant(model, LARGE, sampleFrame(LARGE)), 1);
    const { rows } = compareReports(benchReport(rowsOf(ours)), benchReport(rowsOf(slowed)));
    assert.deepEqual(rows.map(({ verdict }) => verdict), ["slower"]);
  } finally {
    await crew.close();
  }
});

Deno.test("measureEntries() gives a sample for each round and the head's share of each", async () => {
  const crew = new Crew(2);
  try {
    const contestant = segstreamContestant(model, SMALL, sampleFrame(SMALL));
    const { results, notes } = await measure(crew, contestant, 2);
    const { row, headShares } = results[0]!;
    assert.equal(row.samples.length, QUICK_PROTOCOL.rounds);
    assert.ok(row.runs! >= QUICK_PROTOCOL.runs, `${row.runs} runs`);
    assert.equal(row.burnIn, QUICK_PROTOCOL.burnIn);
    assert.ok(row.samples.every(({ value }) => value > 1), "more than a frame a second");
    assert.equal(headShares.length, QUICK_PROTOCOL.rounds);
    assert.ok(headShares.every(({ value }) => value > 0 && value < Infinity), "a share in percent");
    assert.ok(row.cores!.shares.every((share) => share > 0 && share <= 1), "shares of the cores");
    assert.equal(row.cores!.shares.length, QUICK_PROTOCOL.rounds);
    assert.deepEqual(notes, []);
  } finally {
    await crew.close();
  }
});

Deno.test("segstream and the naive graph label a frame alike, but for the colour's rounding", async () => {
  const size = { width: 256, height: 128 };
  const pixels = sampleFrame(size);
  const crew = new Crew(1);
  try {
    const labels: Uint8Array[] = [];
    for (
      const contestant of [
        segstreamContestant(model, size, pixels),
        naiveContestant(model, size, pixels),
      ]
    ) {
      const entrant = entrantOf(contestant, "cpu", { name: "test" });
      await crew.load(entrant, 1);
      labels.push(await crew.labels(entrant.key));
    }
    const [ours, naive] = labels as [Uint8Array, Uint8Array];
    assert.equal(ours.length, size.width * size.height);
    assert.equal(naive.length, ours.length);
    const same = ours.reduce((count, label, i) => count + (label === naive[i] ? 1 : 0), 0);
    assert.ok(same / ours.length > 0.97, `${same} of ${ours.length} pixels`);
  } finally {
    await crew.close();
  }
});

Deno.test("Crew rejects the order that a thread is at, when its signal aborts", async () => {
  const abort = new AbortController();
  const crew = new Crew(1, abort.signal);
  const contestant = segstreamContestant(model, SMALL, sampleFrame(SMALL));
  const entrant = entrantOf(contestant, "cpu", { name: "test" });
  await crew.load(entrant, 1);
  const order = { key: entrant.key, head: "cls", warmUps: 0, runs: 1_000_000 } as const;
  const running = crew.run(order, 1);
  abort.abort(new Error("stop"));
  await assert.rejects(running, { message: "stop" });
});

Deno.test("Crew.close() waits for threads that are still loading, and rejects their order at once", async () => {
  const crew = new Crew(2);
  const contestant = segstreamContestant(model, SMALL, sampleFrame(SMALL));
  const loading = crew.load(entrantOf(contestant, "cpu", { name: "test" }), 1);
  const closing = crew.close();
  await assert.rejects(loading, { message: "The crew was closed." });
  await closing;
  await crew.close(); // once more: nothing is waited for
});

Deno.test("Crew rejects every order, when a thread died, and after it was closed", async () => {
  const dying = new URL('data:text/javascript,throw new Error("it was told to die")');
  const entrant = entrantOf(naiveContestant(model, SMALL, sampleFrame(SMALL)), "cpu", {
    name: "test",
  });
  const crew = new Crew(1, undefined, dying);
  // The first may be asked before it is dead, the second is not.
  await assert.rejects(crew.load(entrant, 1), /told to die/);
  await assert.rejects(crew.load(entrant, 1), /told to die/);
  await crew.close();
  const closed = new Crew(1);
  await closed.close();
  await assert.rejects(closed.load(entrant, 1), { message: "The crew was closed." });
});

Deno.test("Crew rejects with ModelError, on a graph that ONNX Runtime refuses", async () => {
  const crew = new Crew(1);
  try {
    const graph = { name: "broken", onnx: new Uint8Array(16), inputs: [] };
    const entrant = entrantOf({ kind: "graph", graph }, "cpu", { name: "test" });
    await assert.rejects(crew.load(entrant, 1), { name: "ModelError" });
  } finally {
    await crew.close();
  }
});

Deno.test("framesPerSecond() counts all passes from the first begin to the last end", () => {
  const burst = { runs: 10, inferMs: 0, headMs: 0, cpuBeganMs: 0, cpuEndedMs: 0 };
  const bursts = [
    { ...burst, beganMs: 1000, endedMs: 1900 },
    { ...burst, beganMs: 1100, endedMs: 2000 },
  ];
  assert.equal(framesPerSecond(bursts), 20);
});
