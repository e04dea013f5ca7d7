import assert from "node:assert/strict";
import { FaultRun } from "../../../src/infer/pool/fault_run.ts";

/** Streams of which a frame failed, "." for a frame that did not; and which are to blame the thread. */
const CASES: readonly (readonly [why: string, streams: number, frames: string, blamed: string])[] =
  [
    ["a lone stream, of which two frames failed twice", 1, "aaaa", "...!"],
    ["each of its streams", 2, "aabb", "...!"],
    ["each of its streams, one of them later", 2, "aaaaab", ".....!"],
    ["not for one bad stream", 2, "aaaaaaaa", "........"],
    ["not for two bad streams of three", 3, "abababab", "........"],
    ["not for one bad stream, whatever the others did before", 2, "bb.aaaaaa", "........."],
    ["not for a frame now and then", 1, "aa.aa.aa.", "........."],
  ];

for (const [why, streams, frames, blamed] of CASES) {
  Deno.test(`FaultRun.add() blames the thread: ${why}`, () => {
    const run = new FaultRun();
    const answers = [...frames].map((stream, atMs) => {
      if (stream !== ".") return run.add(stream.charCodeAt(0), streams, atMs) ? "!" : ".";
      run.end();
      return ".";
    });
    assert.equal(answers.join(""), blamed);
  });
}

Deno.test("FaultRun.add() blames the thread, when nothing else was run for ten seconds", () => {
  const run = new FaultRun();
  const times = [0, 3000, 6000, 9999, 10_000];
  assert.deepEqual(times.map((atMs) => run.add(1, 2, atMs)), [false, false, false, false, true]);
});
