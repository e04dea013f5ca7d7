import assert from "node:assert/strict";
import { entrantOf } from "../../src/bench/contestant.ts";
import { type Entry, measureEntries } from "../../src/bench/network_bench.ts";
import { benchResolution } from "../../src/bench/rows.ts";
import type { Provider } from "../../src/infer/providers.ts";
import { FakeCrew, PASS_MS } from "./fake_crew.ts";

const PROTOCOL = { isQuick: false, burnIn: 4, runs: 50, rounds: 5, videoRounds: 1 };
const WHOLE_FPS = 1000 / PASS_MS;

function entryOf(name: string, { workers = 1, provider = "cpu" as Provider } = {}): Entry {
  const resolution = benchResolution("half");
  const graph = { name, onnx: new Uint8Array(), inputs: [] };
  const entrant = entrantOf({ kind: "graph", graph }, provider, resolution);
  return {
    row: {
      id: name,
      part: "network",
      series: name,
      resolution,
      metric: "forward pass",
      unit: "fps",
      better: "higher",
      slack: 0.05,
    },
    entrant: { ...entrant, key: name },
    head: "cls",
    workers,
  };
}

/** Measures rows whose bursts get these shares of their cores, one after the other. */
async function measure(
  shares: Readonly<Record<string, readonly number[]>>,
  options: { workers?: number; provider?: Provider } = {},
) {
  const crew = new FakeCrew(shares);
  const phases: string[] = [];
  let calibrations = 0;
  const results = await measureEntries(Object.keys(shares).map((name) => entryOf(name, options)), {
    protocol: PROTOCOL,
    crew,
    calibration: { measure: () => Promise.resolve(void calibrations++) },
    beganMs: performance.now(),
    onPhase: (phase) => phases.push(phase),
    onNote() {},
  });
  return { rows: results.map(({ row }) => row), crew, phases, calibrations };
}

Deno.test("measureEntries() repeats nothing, where every burst had its cores", async () => {
  const { rows: [row], crew, calibrations } = await measure({ a: [1, 0.97, 0.95, 1, 0.91] });
  assert.equal(crew.ran.length, PROTOCOL.rounds);
  assert.equal(calibrations, PROTOCOL.rounds);
  assert.equal(row!.cores!.bursts, PROTOCOL.rounds);
  assert.equal(row!.cores!.disturbedBursts, 0);
});

for (const workers of [1, 2]) {
  Deno.test(`measureEntries() runs a burst of ${workers} that lacked a core again, after the rounds`, async () => {
    const { rows, crew, phases, calibrations } = await measure(
      { a: [1, 0.5, 1, 1, 1], b: [1, 1, 1, 1, 1] },
      { workers },
    );
    assert.deepEqual(crew.ran, [..."ababababab", "a"]);
    assert.equal(calibrations, PROTOCOL.rounds + 1);
    assert.equal(phases.at(-1), "network alone: 1 of 2 rows again: a core was missing");
    const [a, b] = rows;
    assert.ok(a!.samples.every(({ value }) => Math.abs(value - workers * WHOLE_FPS) < 1e-9));
    assert.deepEqual(a!.cores, {
      shares: [1, 1, 1, 1, 1],
      isDisturbed: false,
      bursts: 6,
      disturbedBursts: 1,
    });
    assert.equal(b!.cores!.bursts, 5);
  });
}

Deno.test("measureEntries() repeats a row twice at most, and keeps what had most of its cores", async () => {
  const { rows: [row], crew } = await measure({ a: [0.5, 0.6, 0.5, 0.6, 0.8, 0.7, 0.4] });
  assert.equal(crew.ran.length, PROTOCOL.rounds + 2);
  const { shares, ...counts } = row!.cores!;
  // The first repeat stands for the first of the rounds with 0.5; the second is worse than all.
  assert.deepEqual(shares.map((share) => Number(share.toFixed(6))), [0.7, 0.6, 0.5, 0.6, 0.8]);
  assert.deepEqual(counts, { isDisturbed: true, bursts: 7, disturbedBursts: 7 });
  // The figure stays what was measured: 0.6 is the middle one.
  assert.ok(Math.abs(row!.median - 0.6 * WHOLE_FPS) < 1e-9);
});

Deno.test("measureEntries() runs a repeat again that lacked a core, too", async () => {
  const { rows: [row] } = await measure({ a: [1, 1, 1, 1, 0.8, 0.85, 1] });
  assert.deepEqual(row!.cores!.shares, [1, 1, 1, 1, 1]);
});

Deno.test("measureEntries() repeats nothing on a GPU, whose passes wait rather than compute", async () => {
  const { rows: [row], crew } = await measure({ a: [0.1, 0.1, 0.1, 0.1, 0.1] }, {
    provider: "webgpu",
  });
  assert.equal(crew.ran.length, PROTOCOL.rounds);
  assert.equal(row!.cores, undefined);
});
