import assert from "node:assert/strict";
import { HEADER } from "../../src/frame/timing.ts";
import { TraceFile } from "../../src/report/trace.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { stampedHeader, START_MS } from "./synthetic_run.ts";

interface TraceEvent {
  readonly name: string;
  readonly ph: "X" | "M";
  readonly pid: number;
  readonly tid?: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly args: { readonly frame?: number; readonly name?: string };
}

async function traceOf(headers: readonly Float64Array[]): Promise<TraceEvent[]> {
  await using directory = await temporaryDirectory();
  const path = directory.join("trace.json");
  const trace = await TraceFile.create(path, { startedAtMs: START_MS });
  for (const header of headers) await trace.write(header);
  await trace.close();
  return JSON.parse(await Deno.readTextFile(path));
}

function rowNames(events: readonly TraceEvent[]): Map<number, string> {
  const names = events.filter((event) => event.name === "thread_name");
  return new Map(names.map((event) => [event.tid!, event.args.name!]));
}

Deno.test("write() makes a complete event a stage, in microseconds from the start", async () => {
  const events = await traceOf([stampedHeader(3, START_MS + 100, { worker: 1 })]);
  const rows = rowNames(events);
  const spans = events.filter(({ ph }) => ph === "X").map(({ name, tid, ts, dur, args }) => {
    assert.equal(args.frame, 3);
    return [name, rows.get(tid!), Math.round(ts! / 10) / 100, Math.round(dur! / 10) / 100];
  });
  // Stages of synthetic_run.ts, one after the other from 100 ms on.
  assert.deepEqual(spans, [
    ["decode", "decode", 100, 0.5],
    ["wait", "wait", 100.5, 1.2],
    ["prepare", "worker 1", 101.7, 2],
    ["infer", "worker 1", 103.7, 16],
    ["label", "worker 1", 119.7, 1.5],
    ["blend", "worker 1", 121.2, 1],
    ["order", "order", 122.2, 3],
    ["encode", "encode", 125.2, 4],
  ]);
});

Deno.test("write() names the process and each row once", async () => {
  const events = await traceOf(
    [0, 1, 2, 3].map((index) =>
      stampedHeader(index, START_MS + 100 * index, { worker: index % 2 })
    ),
  );
  const names = events.filter((event) => event.name === "thread_name").map(({ args }) => args.name);
  assert.deepEqual(names.toSorted(), ["decode", "encode", "order", "wait", "worker 0", "worker 1"]);
  assert.equal(events.filter((event) => event.name === "process_name").length, 1);
});

Deno.test("write() never lets events of one row overlap, when frames wait side by side", async () => {
  // Frames are ready every 1 ms and wait 5, 4, 3, … ms: six wait at once.
  const headers = [0, 1, 2, 3, 4, 5, 6, 7].map((index) =>
    stampedHeader(index, START_MS + 1 + index, {
      worker: index,
      times: { wait: Math.max(0.5, 5 - index), order: 9 - index, encode: 0.1 },
    })
  );
  const spans = (await traceOf(headers)).filter(({ ph }) => ph === "X");
  assert.equal(spans.length, 8 * headers.length);
  const checked = Map.groupBy(spans, ({ tid }) => tid!);
  assert.ok([...rowNames(await traceOf(headers)).values()].includes("wait 2"));
  for (const [tid, row] of checked) {
    if (tid === 400) continue; // frames of this made-up run are encoded side by side
    const sorted = row.toSorted((a, b) => a.ts! - b.ts!);
    sorted.slice(1).forEach((event, at) => {
      const before = sorted[at]!;
      assert.ok(event.ts! >= before.ts! + before.dur! - 1e-3, `row ${tid}: ${event.name}`);
    });
  }
});

Deno.test("write() leaves stages out whose stamps are unset", async () => {
  const header = stampedHeader(0, START_MS + 5);
  header[HEADER.reading] = 0;
  header[HEADER.written] = 0;
  const names = (await traceOf([header])).filter(({ ph }) => ph === "X").map(({ name }) => name);
  assert.deepEqual(names, ["wait", "prepare", "infer", "label", "blend", "order"]);
});

Deno.test("close() makes valid JSON, when no frame came", async () => {
  const events = await traceOf([]);
  assert.deepEqual(events.map((event) => event.name), ["process_name"]);
});

Deno.test("close() resolves when the array is whole, for whoever calls it meanwhile, too", async () => {
  await using directory = await temporaryDirectory();
  const trace = await TraceFile.create(directory.join("trace.json"), { startedAtMs: START_MS });
  let isWhole = false;
  const closing = trace.close().then(() => isWhole = true);
  await trace.close();
  assert.ok(isWhole);
  await closing;
});

Deno.test("write() holds little in memory: most of a long run is on disk before close()", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("trace.json");
  const trace = await TraceFile.create(path, { startedAtMs: START_MS });
  for (let index = 0; index < 1000; index++) {
    await trace.write(stampedHeader(index, START_MS + 40 * index));
  }
  const written = (await Deno.stat(path)).size;
  await trace.close();
  const whole = (await Deno.stat(path)).size;
  assert.ok(whole - written < 80_000, `${written} of ${whole} bytes`);
});
