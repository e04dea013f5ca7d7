import assert from "node:assert/strict";
import { readTimeline } from "../../src/bench/timeline.ts";
import { TraceFile } from "../../src/report/trace.ts";
import { STAGE_TIMES, stampedHeader, START_MS } from "../report/synthetic_run.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

Deno.test("readTimeline() gives back the stages that a trace was written of", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("trace.json");
  const trace = await TraceFile.create(path, { startedAtMs: START_MS });
  await trace.write(stampedHeader(7, START_MS + 10, { worker: 1 }));
  await trace.close();
  const spans = readTimeline(await Deno.readTextFile(path));
  const lengths = Object.fromEntries(
    spans.map(({ stage, beginMs, endMs }) => [stage, Number((endMs - beginMs).toFixed(3))]),
  );
  assert.deepEqual(lengths, STAGE_TIMES);
  assert.ok(spans.every(({ frame }) => frame === 7));
  assert.equal(spans.find(({ stage }) => stage === "infer")?.lane, "worker 1");
  assert.equal(spans.find(({ stage }) => stage === "decode")?.beginMs, 10);
});
