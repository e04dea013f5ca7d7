import assert from "node:assert/strict";
import { Calibration } from "../../src/bench/calibration.ts";
import type { BenchContext } from "../../src/bench/context.ts";
import { benchComparison } from "../../src/bench/networks.ts";
import { countParameters, loadModel } from "../../src/model/model.ts";

const RESOLUTION = { name: "128x64", size: { width: 128, height: 64 } };

Deno.test("benchComparison() measures each network and says what it costs", async () => {
  const model = await loadModel();
  const notes: string[] = [];
  using calibration = new Calibration(performance.now());
  const context = {
    model,
    protocol: { isQuick: true, burnIn: 1, runs: 2, rounds: 2, videoRounds: 1 },
    calibration,
    beganMs: performance.now(),
    resolutions: [{ wanted: RESOLUTION.size, resolution: RESOLUTION }],
    providers: { measured: ["cpu"], chosen: "cpu", adapter: undefined, notes: [] },
    signal: undefined,
    onPhase: () => {},
    onNote: (note: string) => notes.push(note),
  } as unknown as BenchContext;
  const { networks, rows } = await benchComparison(["fast-scnn", "contextnet", "gun"], context);
  assert.deepEqual(networks.map(({ title }) => title), ["Fast-SCNN", "ContextNet", "GUN"]);
  assert.deepEqual(rows.map(({ id }) => id), [
    "networks/fast-scnn/cpu/1/128x64",
    "networks/contextnet/cpu/1/128x64",
    "networks/gun/cpu/1/128x64",
  ]);
  assert.ok(rows.every(({ median, samples }) => median > 0 && samples.length === 2));
  assert.equal(networks[0]!.parameters, countParameters(model.weights));
  assert.ok(networks[2]!.macs["128x64"]! > networks[1]!.macs["128x64"]!);
  assert.ok(notes.some((note) => note.startsWith("GUN's paper")));
});
