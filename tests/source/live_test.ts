import assert from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import { i420Layout, planeOf } from "../../src/frame/geometry.ts";
import { openLiveSource } from "../../src/source/live.ts";
import { otherFfmpeg } from "../ffmpeg/ffmpeg_runs.ts";
import { Viewer } from "./live_viewer.ts";
import { WebCamera } from "./live_web_camera.ts";

/** Delays that a test can wait for. */
const SOON = { firstMs: 20, capMs: 100 };

for (const ffmpeg of [undefined, otherFfmpeg]) {
  const name = ffmpeg ?? "the bundled ffmpeg";

  Deno.test(`openLiveSource() with ${name} tells size and colour, and run() times frames by wall time`, async () => {
    await using camera = await WebCamera.start("64x48");
    await using viewer = await Viewer.open(camera.url, { ffmpeg });
    assert.deepEqual(viewer.source.info, {
      size: { width: 64, height: 48 },
      sampleAspectRatio: { numerator: 1, denominator: 1 },
      colour: { matrix: "bt601", range: "limited" },
      frameRate: { numerator: 25, denominator: 1 },
      startUs: 0,
      hasAudio: false,
    });
    assert.equal(viewer.source.state, "live");
    assert.equal(viewer.source.reason, undefined);
    await viewer.until(() => viewer.frames.length >= 10);
    // White is 235 of limited range.
    const luma = viewer.frames[0]!.pixels.subarray(0, 64 * 48);
    assert.ok(luma.every((value) => Math.abs(value - 235) <= 1));
    const { epochMs } = viewer.source;
    const offset = performance.timeOrigin - epochMs!;
    for (const { ptsUs, atMs } of viewer.frames) {
      // From the first arrival; what ffmpeg looked at first comes at once, a millisecond apart.
      assert.ok(ptsUs >= 0 && ptsUs / 1000 <= atMs + offset + 50, `${ptsUs} at ${atMs + offset}`);
    }
    const [before, after] = viewer.frames.slice(-2);
    assert.ok(after!.index > before!.index && after!.ptsUs > before!.ptsUs);
    assert.deepEqual(viewer.kinds, ["connected"]);
  });

  Deno.test(`run() with ${name} goes on, when the camera is away and comes back`, async () => {
    await using camera = await WebCamera.start("64x48");
    await using viewer = await Viewer.open(camera.url, { ffmpeg, backoff: SOON });
    const before = await viewer.next();
    await camera.stop();
    await viewer.until(() => viewer.source.state === "reconnecting");
    const { reason } = viewer.source;
    assert.match(reason!, /ended|answer|broke/);
    await viewer.until(() => viewer.kinds.filter((kind) => kind === "retrying").length > 2);
    camera.start();
    const after = await viewer.next();
    assert.ok(after.index > before.index);
    // The outage has passed on the stream's time line.
    const awayMs = after.atMs - before.atMs;
    assert.ok(Math.abs((after.ptsUs - before.ptsUs) / 1000 - awayMs) < 200);
    assert.deepEqual(viewer.kinds.slice(0, 3), ["connected", "lost", "retrying"]);
    const connected = viewer.events.at(-1)!;
    assert.ok(connected.kind === "connected" && connected.attempt > 2 && connected.awayMs > 0);
    assert.equal(viewer.source.counts.reconnects, 1);
    assert.equal(viewer.source.state, "live");
  });

  Deno.test(`run() with ${name} ends the decoder and asks anew, when nothing comes for too long`, async () => {
    await using camera = await WebCamera.start("64x48");
    const stallTimeoutMs = 700;
    await using viewer = await Viewer.open(camera.url, { ffmpeg, stallTimeoutMs, backoff: SOON });
    await viewer.next();
    camera.state.isStalled = true;
    await viewer.until(() => viewer.kinds.includes("stalled"));
    const stalled = viewer.events.find((event) => event.kind === "stalled")!;
    assert.ok(stalled.kind === "stalled" && stalled.silentMs >= stallTimeoutMs);
    assert.equal(viewer.source.state, "reconnecting");
    assert.match(viewer.source.reason!, /^no frame for [\d.]+ s$/);
    camera.state.isStalled = false;
    await viewer.next();
    assert.ok(viewer.source.counts.reconnects >= 1);
  });

  Deno.test(`run() with ${name} fits every size into the first, when the camera changes it on the way`, async () => {
    await using camera = await WebCamera.start("64x48", "96x54", "48x96");
    await using viewer = await Viewer.open(camera.url, { ffmpeg, backoff: SOON });
    const size = { width: 64, height: 48 };
    const { y } = i420Layout(size);
    /** Luma in the middle of the upper edge, of the left edge, and of the picture. */
    const look = (pixels: Uint8Array) => {
      const luma = planeOf(pixels, y);
      return [luma[32]!, luma[24 * 64]!, luma[24 * 64 + 32]!].map((value) => value > 200);
    };
    const shows = (...wanted: boolean[]) => () =>
      viewer.frames.length > 0 &&
      String(look(viewer.frames.at(-1)!.pixels)) === String(wanted);
    await viewer.until(shows(true, true, true));
    camera.state.size = "96x54"; // bars above and below
    await viewer.until(shows(false, true, true));
    camera.state.size = "48x96"; // bars on both sides
    await viewer.until(shows(true, false, true));
    camera.state.size = "64x48";
    await viewer.until(shows(true, true, true));
    const resized = viewer.events.filter((event) => event.kind === "resized");
    assert.deepEqual(resized.map(({ from, to }) => [from.width, to.width]), [
      [64, 96],
      [96, 48],
      [48, 64],
    ]);
    // Only the first decoder did not know what to fit its frames into.
    assert.equal(viewer.source.counts.reconnects, 1);
  });
}

Deno.test("run() follows another size, when the camera comes back with it", async () => {
  await using camera = await WebCamera.start("64x48", "128x96");
  await using viewer = await Viewer.open(camera.url, { backoff: SOON });
  await viewer.next();
  await camera.stop();
  camera.state.size = "128x96";
  camera.start();
  await viewer.until(() => viewer.kinds.includes("resized"));
  const frame = await viewer.next();
  assert.equal(frame.pixels.length, 64 * 48 * 3 / 2);
  assert.deepEqual(viewer.events.at(-1), {
    kind: "resized",
    from: { width: 64, height: 48 },
    to: { width: 128, height: 96 },
  });
});

Deno.test("openLiveSource() fits frames into the size that is asked for", async () => {
  await using camera = await WebCamera.start("64x48");
  await using viewer = await Viewer.open(camera.url, { size: { width: 32, height: 32 } });
  assert.deepEqual(viewer.source.info.size, { width: 32, height: 32 });
  assert.equal((await viewer.next()).pixels.length, 32 * 32 * 3 / 2);
});

for (const drop of ["oldest", "newest"] as const) {
  Deno.test(`run() counts every frame and reads on, when nobody empties the ring, by ${drop}`, async () => {
    await using camera = await WebCamera.start("64x48");
    camera.state.rate = 100;
    await using viewer = await Viewer.open(camera.url, { drop, takes: false });
    const sentBefore = camera.sent;
    await viewer.until(() => viewer.source.counts.framesIn >= 100);
    const { framesIn, dropped } = viewer.source.counts;
    // All but the ring's four slots.
    assert.deepEqual(dropped, { oldest: 0, newest: 0, [drop]: framesIn - 4 });
    assert.equal(viewer.ring.dropped, dropped.oldest);
    // Nothing piles up on the way; a pipe holds 14 frames of this size.
    assert.ok(camera.sent - sentBefore - framesIn < 25, `${camera.sent} sent, ${framesIn} read`);
  });
}

Deno.test("run() makes the camera wait and drops nothing, by `wait`, and takes that for no stall", async () => {
  await using camera = await WebCamera.start("640x480");
  camera.state.rate = 50;
  const options = { drop: "wait", takes: false, stallTimeoutMs: 1000 } as const;
  await using viewer = await Viewer.open(camera.url, options);
  await viewer.until(() => viewer.source.counts.framesIn === 4);
  const { sent } = camera;
  await viewer.until(() => camera.sent > sent + 75); // 1.5 s
  assert.equal(viewer.source.counts.framesIn, 4);
  assert.deepEqual(viewer.source.counts.dropped, { oldest: 0, newest: 0 });
  assert.deepEqual(viewer.kinds, ["connected"]);
});

Deno.test("openLiveSource() refuses what is no live stream, and a size that is not even", async () => {
  await assert.rejects(openLiveSource("street.mp4"), InputError);
  await assert.rejects(openLiveSource("xyz://user:secret@camera/1"), InputError);
  await assert.rejects(
    openLiveSource("rtsp://camera/1", { size: { width: 33, height: 32 } }),
    RangeError,
  );
});

Deno.test("openLiveSource() rejects with the signal's reason, when it aborts", async () => {
  await using camera = await WebCamera.start("64x48");
  camera.state.isStalled = true;
  const abort = new AbortController();
  const opening = openLiveSource(camera.url, { signal: abort.signal });
  abort.abort(new Error("no more"));
  await assert.rejects(opening, /no more/);
  await assert.rejects(openLiveSource(camera.url, { signal: abort.signal }), /no more/);
});

Deno.test("run() ends at once and may not begin again, when the source is closed", async () => {
  await using camera = await WebCamera.start("64x48");
  await using viewer = await Viewer.open(camera.url);
  await viewer.next();
  await viewer.source.close();
  await viewer.ended;
  assert.equal(viewer.source.state, "ended");
  await assert.rejects(viewer.source.run(viewer.ring, new AbortController().signal), TypeError);
});
