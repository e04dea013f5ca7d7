import assert from "node:assert/strict";
import { parseConditions } from "../../src/events/condition.ts";
import type { EventSink } from "../../src/events/event_sink.ts";
import { EventWriter } from "../../src/events/event_writer.ts";
import { CITYSCAPES_CLASSES } from "../../src/frame/classes.ts";

const CLASSES = CITYSCAPES_CLASSES.slice(0, 3); // road, sidewalk, building
const AT_MS = Date.UTC(2026, 10, 22, 16, 30, 5, 250);
const FRAME = { index: 7, ptsUs: 280_000.4, latencyMs: 31.234 };

/** A sink into a list of what was written. */
function makeSink() {
  const records: unknown[] = [];
  const sink: EventSink = {
    counts: { sent: 0, dropped: 0, failures: 0 },
    write: (line) => records.push(JSON.parse(line)),
    close: () => Promise.resolve(),
  };
  return { sink, records };
}

/** Options of a writer whose calendar stands still. */
const GATE = { stream: "gate", classes: CLASSES, now: () => AT_MS };

Deno.test("frame() writes every frame with the classes in it, without conditions", () => {
  const { sink, records } = makeSink();
  const writer = new EventWriter(sink, GATE);
  writer.frame(FRAME, [0.31254, 0.00001, 0.6]);
  assert.deepEqual(records, [{
    time: "2026-11-22T16:30:05.250Z",
    stream: "gate",
    kind: "frame",
    index: 7,
    ptsUs: 280_000,
    latencyMs: 31.2,
    shares: { road: 0.3125, building: 0.6 },
  }]);
});

Deno.test("frame() writes crossings only, with conditions", () => {
  const { sink, records } = makeSink();
  const conditions = parseConditions("road>30%,building<5%", CLASSES);
  const writer = new EventWriter(sink, { ...GATE, conditions });
  writer.frame({ ...FRAME, index: 6 }, [0.2, 0, 0.6], AT_MS - 40);
  writer.frame(FRAME, [0.31254, 0, 0.6], AT_MS);
  writer.frame({ ...FRAME, index: 8 }, [0.4, 0, 0.5], AT_MS + 40);
  assert.deepEqual(records, [{
    time: "2026-11-22T16:30:05.250Z",
    stream: "gate",
    kind: "crossed",
    when: "road>30%",
    state: "above",
    share: 0.3125,
    frame: 7,
    ptsUs: 280_000,
  }]);
});

Deno.test("event() writes what happens to the stream, with conditions as without", () => {
  const conditions = parseConditions("road>30%", CLASSES);
  for (const options of [{}, { conditions }]) {
    const { sink, records } = makeSink();
    const writer = new EventWriter(sink, { ...GATE, ...options });
    writer.event({ kind: "lost", reason: "end of stream" });
    assert.deepEqual(records, [{
      time: "2026-11-22T16:30:05.250Z",
      stream: "gate",
      kind: "lost",
      reason: "end of stream",
    }]);
  }
});

Deno.test("event() starts a condition's duration anew, when the camera is lost", () => {
  const { sink, records } = makeSink();
  const conditions = parseConditions("road>30% for 1s", CLASSES);
  const writer = new EventWriter(sink, { ...GATE, conditions });
  writer.frame(FRAME, [0.5], AT_MS);
  writer.event({ kind: "stalled", silentMs: 10_000 });
  writer.frame(FRAME, [0.5], AT_MS + 20_000);
  assert.deepEqual(records.map((each) => (each as { kind: string }).kind), ["stalled"]);
});

Deno.test("every line has the calendar's time, when the clock was set after the start", () => {
  const conditions = parseConditions("road>30% for 1s", CLASSES);
  for (const options of [{}, { conditions }]) {
    const { sink, records } = makeSink();
    let nowMs = Date.UTC(1970, 0, 1);
    const writer = new EventWriter(sink, { ...GATE, ...options, now: () => nowMs });
    writer.frame(FRAME, [0.5], 0);
    nowMs = AT_MS; // the network is there, and NTP with it
    writer.frame(FRAME, [0.5], 1000);
    writer.event({ kind: "lost", reason: "end of stream" });
    const times = records.slice(-2).map((each) => (each as { time: string }).time);
    assert.deepEqual(times, Array(2).fill("2026-11-22T16:30:05.250Z"));
  }
});
