import assert from "node:assert/strict";
import { OutputError } from "../../src/errors.ts";
import { type FrameTiming, frameTiming } from "../../src/frame/timing.ts";
import { FRAME_LOG_FIELDS, FrameLog, frameLogFormat } from "../../src/report/frame_log.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { stampedHeader, START_MS } from "./synthetic_run.ts";

const TIMING: FrameTiming = {
  index: 7,
  ptsUs: 280_000,
  worker: 1,
  decodeMs: 0.5,
  waitMs: 1.00049,
  prepareMs: 2.0005,
  inferMs: 16.123456,
  labelMs: 1e-9,
  blendMs: 0,
  orderMs: 3,
  encodeMs: 4.25,
  latencyMs: 28.7,
  reused: 2,
};

Deno.test("write() makes a JSON object a line, milliseconds rounded to a microsecond", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("frames.jsonl");
  const log = await FrameLog.create(path, { format: "jsonl" });
  await log.write(TIMING);
  await log.write({ ...TIMING, index: 8 });
  await log.close();
  const lines = (await Deno.readTextFile(path)).split("\n");
  assert.equal(
    lines[0],
    '{"index":7,"ptsUs":280000,"worker":1,"decodeMs":0.5,"waitMs":1,"prepareMs":2.001,' +
      '"inferMs":16.123,"labelMs":0,"blendMs":0,"orderMs":3,"encodeMs":4.25,"latencyMs":28.7,"reused":2}',
  );
  assert.equal(JSON.parse(lines[1]!).index, 8);
  assert.deepEqual(lines.slice(2), [""]);
});

Deno.test("write() makes comma-separated values under a heading, for .csv", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("frames.csv");
  const log = await FrameLog.create(path, { format: "csv" });
  await log.write(TIMING);
  await log.close();
  assert.equal(
    await Deno.readTextFile(path),
    "index,ptsUs,worker,decodeMs,waitMs,prepareMs,inferMs,labelMs,blendMs,orderMs,encodeMs," +
      "latencyMs,reused\n7,280000,1,0.5,1,2.001,16.123,0,0,3,4.25,28.7,2\n",
  );
});

Deno.test("FRAME_LOG_FIELDS names every field of a timing", () => {
  assert.deepEqual(
    [...FRAME_LOG_FIELDS].toSorted(),
    Object.keys(frameTiming(stampedHeader(0, START_MS))).toSorted(),
  );
});

Deno.test("write() keeps every record in order, when there are more than the buffer holds", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("frames.jsonl");
  const log = await FrameLog.create(path, { format: "jsonl" });
  const frames = 2000; // about 180 bytes each: five buffers
  for (let index = 0; index < frames; index++) {
    // Not awaited, as a caller that is sure of its memory may do.
    log.write({ ...TIMING, index });
  }
  await log.close();
  const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).index),
    Array.from({ length: frames }, (_, at) => at),
  );
});

Deno.test("close() may be called twice", async () => {
  await using directory = await temporaryDirectory();
  const log = await FrameLog.create(directory.join("frames.csv"), { format: "csv" });
  await log.close();
  await log.close();
});

Deno.test("close() resolves when the file is whole, for whoever calls it meanwhile, too", async () => {
  await using directory = await temporaryDirectory();
  const log = await FrameLog.create(directory.join("frames.csv"), { format: "csv" });
  await log.write(TIMING);
  let isWhole = false;
  const closing = log.close().then(() => isWhole = true);
  await log.close();
  assert.ok(isWhole);
  await closing;
});

Deno.test("create() names the file and the mend, when the folder is missing", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("missing/frames.csv");
  await assert.rejects(FrameLog.create(path, { format: "csv" }), (error) => {
    assert.ok(error instanceof OutputError);
    assert.equal(error.output, path);
    assert.match(error.message, /^Cannot write ".*frames\.csv": .*\. Choose a place/);
    assert.equal(error.message.includes("\n"), false);
    return true;
  });
});

for (
  const [path, format] of [
    ["a.jsonl", "jsonl"],
    ["out.d/a.b.csv", "csv"],
    ["A.CSV", "csv"],
  ] as const
) {
  Deno.test(`frameLogFormat() is ${format}, for "${path}"`, () => {
    assert.equal(frameLogFormat(path), format);
  });
}

for (const path of ["a.json", "a.txt", "csv", "a.csv/b", ""]) {
  Deno.test(`frameLogFormat() names the two extensions that work, for "${path}"`, () => {
    assert.throws(() => frameLogFormat(path), (error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, /\.jsonl .* or \.csv/);
      return true;
    });
  });
}
