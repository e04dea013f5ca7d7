import assert from "node:assert/strict";
import type { StreamEvent } from "../../src/frame/stream_event.ts";
import {
  describeEvent,
  EventCounts,
  type LogFormat,
  StreamLog,
} from "../../src/report/stream_log.ts";

const HD = { width: 1920, height: 1080 };
const SMALL = { width: 1280, height: 720 };
const START_MS = Date.UTC(2026, 10, 22, 16, 30, 5, 250);

/** A log into a list, whose clock stands until it is moved. */
function makeLog(format: LogFormat) {
  const lines: string[] = [];
  let atMs = START_MS;
  const log = new StreamLog({ format, write: (line) => lines.push(line), nowMs: () => atMs });
  return { log, lines, pass: (ms: number) => atMs += ms };
}

function retrying(attempt: number, reason = "connection refused"): StreamEvent {
  return { kind: "retrying", attempt, delayMs: 4200, reason };
}

const SENTENCES: readonly (readonly [StreamEvent, string])[] = [
  [
    { kind: "connected", codec: "h264", size: HD, attempt: 1, awayMs: 0 },
    "connected: h264, 1920x1080",
  ],
  [
    { kind: "connected", codec: "hevc", size: HD, attempt: 7, awayMs: 200_000 },
    "connected: hevc, 1920x1080, at attempt 7 after 3.3 min without frames",
  ],
  [
    { kind: "resized", from: HD, to: SMALL },
    "resized: the camera sends 1280x720 instead of 1920x1080",
  ],
  [
    { kind: "lost", reason: "the camera closed the connection" },
    "lost: the camera closed the connection",
  ],
  [{ kind: "stalled", silentMs: 10_004 }, "stalled: no frame for 10 s"],
  [retrying(3), "retrying: attempt 3 in 4.2 s (connection refused)"],
  [
    { kind: "rejected", reason: "401 Unauthorized", delayMs: 300_000 },
    "rejected: 401 Unauthorized; asked again in 5 min",
  ],
  [
    { kind: "gave up", attempts: 10, reason: "no route to the camera" },
    "gave up: no route to the camera, at each of 10 attempts",
  ],
  [
    { kind: "clock jumped", jumpMs: -3_600_000 },
    "clock jumped: by 60 min back; frames are timed by their arrival from here",
  ],
  [{ kind: "worker replaced", reason: "out of memory" }, "worker replaced: out of memory"],
  [{ kind: "encoder replaced", reason: "it was killed" }, "encoder replaced: it was killed"],
  [{ kind: "segment closed", path: "rec/0001.mp4" }, "segment closed: rec/0001.mp4"],
  [
    { kind: "output lost", output: "rtsp://***@host/x", reason: "broken pipe", delayMs: 1000 },
    "output lost: rtsp://***@host/x: broken pipe; tried again in 1 s",
  ],
  [{ kind: "output restored", output: "rtsp://***@host/x" }, "output restored: rtsp://***@host/x"],
  [
    { kind: "stepped", from: HD, to: SMALL, reason: "12% of the frames were dropped" },
    "stepped: the network runs at 1280x720 instead of 1920x1080 (12% of the frames were dropped)",
  ],
];

for (const [event, sentence] of SENTENCES) {
  Deno.test(`describeEvent() says "${sentence}"`, () => {
    assert.equal(describeEvent(event), sentence);
  });
}

Deno.test("add() writes time, stream and sentence, as text", () => {
  const { log, lines } = makeLog("text");
  log.add("camera-1", { kind: "lost", reason: "the camera closed the connection" });
  assert.deepEqual(lines, [
    "2026-11-22T16:30:05Z camera-1 lost: the camera closed the connection",
  ]);
});

Deno.test("add() writes the event's own fields, as JSON", () => {
  const { log, lines } = makeLog("json");
  const event = { kind: "resized", from: HD, to: SMALL } as const;
  log.add("gate", event);
  assert.deepEqual(lines.map((line) => JSON.parse(line)), [
    { time: "2026-11-22T16:30:05.250Z", stream: "gate", ...event },
  ]);
});

Deno.test("add() writes at most a line a minute, while only the attempt changes", () => {
  const { log, lines, pass } = makeLog("text");
  for (let attempt = 1; attempt <= 25; attempt++) {
    log.add("gate", retrying(attempt, `connection ${5000 + attempt} refused`));
    pass(5000);
  }
  // Attempts 1, 13 and 25, a minute apart.
  assert.equal(lines.length, 3);
  assert.match(lines[1]!, /attempt 13 .* \(11 more like it\)$/);
});

Deno.test("add() says in JSON how many lines were left out", () => {
  const { log, lines, pass } = makeLog("json");
  log.add("gate", retrying(1));
  log.add("gate", retrying(2));
  pass(60_000);
  log.add("gate", retrying(3));
  assert.deepEqual(lines.map((line) => JSON.parse(line).hidden), [undefined, 1]);
});

Deno.test("add() writes a reason that is new, and the same reason of another stream, at once", () => {
  const { log, lines } = makeLog("text");
  log.add("gate", retrying(1));
  log.add("gate", retrying(2, "no route to host"));
  log.add("yard", retrying(1));
  assert.equal(lines.length, 3);
});

Deno.test("add() writes everything anew, once the camera was back", () => {
  const { log, lines } = makeLog("text");
  const lost = { kind: "lost", reason: "end of stream" } as const;
  for (const event of [lost, retrying(1), SENTENCES[0]![0], lost, retrying(1)]) {
    log.add("gate", event);
  }
  assert.equal(lines.length, 5);
});

Deno.test("add() stays bounded, when every reason is another", () => {
  const { log, lines } = makeLog("text");
  for (let i = 0; i < 1000; i++) log.add("gate", retrying(i, `reason ${"abcdefghij"[i % 10]}${i}`));
  assert.equal(lines.length, 10); // digits are no news; letters are
  for (let i = 0; i < 1000; i++) log.add("gate", retrying(i, "x".repeat(i)));
  assert.ok(lines.length <= 17, `${lines.length}`);
});

Deno.test("EventCounts counts by kind", () => {
  const counts = new EventCounts();
  counts.add(retrying(1));
  counts.add(retrying(2));
  counts.add({ kind: "stalled", silentMs: 1 });
  assert.equal(counts.of("retrying"), 2);
  assert.equal(counts.of("lost"), 0);
  assert.deepEqual(counts.all, { retrying: 2, stalled: 1 });
});
