import assert from "node:assert/strict";
import type { Diagnosis } from "../../src/doctor/doctor.ts";
import { runSegstream } from "../testing/segstream.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("segstream doctor finds everything it needs, with the permissions of deno.json", async () => {
  const { code, stdout, stderr } = await runSegstream(["doctor"]);
  assert.equal(code, 0);
  assert.equal(stderr, "");
  assert.match(text(stdout), /A video can be segmented here\. 0 problems/);
  assert.doesNotMatch(text(stdout), /✗/);
});

Deno.test("segstream doctor --json exits with 1 and names the mend, when ffmpeg cannot run", async () => {
  const { code, stdout } = await runSegstream(["doctor", "--json", "--ffmpeg", "/nowhere/ffmpeg"]);
  assert.equal(code, 1);
  const { canSegment, findings } = JSON.parse(text(stdout)) as Diagnosis;
  assert.equal(canSegment, false);
  const problem = findings.find(({ status }) => status === "problem");
  assert.equal(problem?.name, "ffmpeg");
  assert.match(problem.state, /there is no such program/);
  assert.ok(problem.mend);
});
