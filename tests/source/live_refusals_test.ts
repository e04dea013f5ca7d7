/** Cameras that are not there, refuse, or are given up. */
import assert from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import type { StreamEvent } from "../../src/frame/stream_event.ts";
import { openLiveSource } from "../../src/source/live.ts";
import { Viewer } from "./live_viewer.ts";
import { WebCamera } from "./live_web_camera.ts";

/** Delays that a test can wait for. */
const SOON = { firstMs: 20, capMs: 100 };

function kindsOf(events: readonly StreamEvent[]): string[] {
  return events.map((event) => event.kind);
}

Deno.test("openLiveSource() asks again until the camera is there", async () => {
  await using camera = await WebCamera.start("64x48");
  const { url } = camera;
  await camera.stop();
  const events: StreamEvent[] = [];
  const opening = openLiveSource(url, {
    backoff: SOON,
    onEvent(event) {
      events.push(event);
      if (events.length === 3) camera.start();
    },
  });
  const source = await opening;
  assert.deepEqual(kindsOf(events.slice(0, 3)), ["retrying", "retrying", "retrying"]);
  const connected = events.find((event) => event.kind === "connected")!;
  assert.ok(connected.kind === "connected" && connected.attempt >= 4);
  assert.deepEqual(source.counts, {
    framesIn: 0,
    dropped: { oldest: 0, newest: 0 },
    reconnects: 0,
  });
  await source.close();
  assert.equal(source.state, "ended");
  await source.close();
});

Deno.test("openLiveSource() gives up, when no attempts are left", async () => {
  await using camera = await WebCamera.start("64x48");
  await camera.stop();
  const events: StreamEvent[] = [];
  await assert.rejects(
    openLiveSource(camera.url, {
      maxReconnects: 2,
      backoff: SOON,
      onEvent: (event) => events.push(event),
    }),
    (error: Error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /^Cannot open "http:\/\/\*\*\*@127.*: nothing answers .*\.$/);
      return true;
    },
  );
  assert.deepEqual(kindsOf(events), ["retrying", "retrying", "gave up"]);
  assert.ok(!JSON.stringify(events).includes("secret"));
});

Deno.test("run() ends, when no attempts are left", async () => {
  await using camera = await WebCamera.start("64x48");
  await using viewer = await Viewer.open(camera.url, { maxReconnects: 2, backoff: SOON });
  await viewer.next();
  await camera.stop();
  await viewer.ended;
  assert.deepEqual(viewer.kinds, ["connected", "lost", "retrying", "retrying", "gave up"]);
  assert.equal(viewer.source.state, "ended");
  assert.match(viewer.source.reason!, /nothing answers/);
});

for (
  const [status, words] of [[401, /rejects the user/], [403, /forbids/], [404, /no such/]] as const
) {
  Deno.test(`openLiveSource() fails at once where it is told to, when the camera answers ${status}`, async () => {
    await using camera = await WebCamera.start("64x48");
    camera.state.status = status;
    await assert.rejects(openLiveSource(camera.url, { failOnRefusal: true }), (error: Error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, words);
      assert.ok(!`${error.message}${error.input}`.includes("secret"));
      return true;
    });
  });
}

Deno.test("openLiveSource() leaves a camera alone for half a minute, when it refuses", async () => {
  await using camera = await WebCamera.start("64x48");
  camera.state.status = 401;
  const abort = new AbortController();
  const events: StreamEvent[] = [];
  const opening = openLiveSource(camera.url, {
    signal: abort.signal,
    backoff: { random: () => 0 },
    onEvent(event) {
      events.push(event);
      abort.abort(new Error("enough"));
    },
  });
  await assert.rejects(opening, /enough/);
  assert.deepEqual(events, [{
    kind: "rejected",
    reason: "the camera rejects the user or the password (401). Check both",
    delayMs: 30_000,
  }]);
});

Deno.test("run() asks soon again, when a relay has no stream while its camera is away", async () => {
  await using camera = await WebCamera.start("64x48");
  await using viewer = await Viewer.open(camera.url, { backoff: SOON });
  await viewer.next();
  camera.state.status = 404;
  camera.cut();
  await viewer.until(() => viewer.source.reason?.includes("404") === true);
  camera.state.status = 200;
  await viewer.next();
  assert.ok(!viewer.kinds.includes("rejected"));
});
