import assert from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import { nowMs } from "../../src/frame/clock.ts";
import { i420Layout, planeOf } from "../../src/frame/geometry.ts";
import { openLiveSource } from "../../src/source/live.ts";
import { otherFfmpeg } from "../ffmpeg/ffmpeg_runs.ts";
import { type SeenFrame, Viewer } from "./live_viewer.ts";
import { WebCamera } from "./live_web_camera.ts";

/** Delays that a test can wait for. */
const SOON = { firstMs: 20, capMs: 100 };

/** Silence that is too long: several times what ffmpeg takes to start. */
const STALL_MS = 2000;

/** A stream without a clock of its own: a frame is shown when it came, one a millisecond at most. */
function assertArrivalTime({ index, ptsUs, arrivalMs, atMs }: SeenFrame, epochMs: number): void {
  const aheadMs = ptsUs / 1000 - (arrivalMs - epochMs);
  assert.ok(aheadMs > -0.01 && aheadMs < index + 0.01, `frame ${index} is ${aheadMs} ms ahead`);
  assert.ok(arrivalMs <= atMs);
}

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
    for (const frame of viewer.frames) assertArrivalTime(frame, viewer.source.epochMs!);
    const [before, after] = viewer.frames.slice(-2);
    assert.ok(after!.index > before!.index && after!.ptsUs > before!.ptsUs);
    assert.deepEqual(viewer.kinds, ["connected"]);
  });

  Deno.test(`run() with ${name} goes on, when the camera is away and comes back`, async () => {
    await using camera = await WebCamera.start("64x48");
    await using viewer = await Viewer.open(camera.url, { ffmpeg, backoff: SOON });
    const before = await viewer.next();
    const goneMs = nowMs();
    await camera.stop();
    await viewer.until(() => viewer.source.state === "reconnecting");
    const { reason } = viewer.source;
    assert.match(reason!, /ended|answer|broke/);
    await viewer.until(() => viewer.kinds.filter((kind) => kind === "retrying").length > 2);
    const backMs = nowMs();
    camera.start();
    const after = await viewer.next();
    assert.ok(after.index > before.index);
    // The outage has passed on the stream's time line.
    assertArrivalTime(before, viewer.source.epochMs!);
    assertArrivalTime(after, viewer.source.epochMs!);
    assert.ok(before.arrivalMs <= goneMs && after.arrivalMs >= backMs);
    assert.deepEqual(viewer.kinds.slice(0, 3), ["connected", "lost", "retrying"]);
    const connected = viewer.events.at(-1)!;
    assert.ok(connected.kind === "connected" && connected.attempt > 2 && connected.awayMs > 0);
    assert.equal(viewer.source.counts.reconnects, 1);
    assert.equal(viewer.source.state, "live");
  });

  Deno.test(`run() with ${name} ends the decoder and asks anew, when nothing comes for too long`, async () => {
    await using camera = await WebCamera.start("64x48");
    await using viewer = await Viewer.open(camera.url, {
      ...{ ffmpeg, stallTimeoutMs: STALL_MS, backoff: SOON },
    });
    await viewer.next();
    camera.state.isStalled = true;
    let [turnMs, awayMs] = [nowMs(), 0];
    await viewer.until(({ source }) => {
      awayMs = Math.max(awayMs, nowMs() - turnMs);
      turnMs = nowMs();
      return source.state === "reconnecting";
    });
    const at = viewer.kinds.lastIndexOf("connected");
    const [ended, retrying] = viewer.events.slice(at + 1);
    if (ended!.kind === "stalled") assert.ok(ended!.silentMs >= STALL_MS);
    // A watchdog that was stopped itself counts anew, and ffmpeg's own limit may be passed before.
    else assert.ok(ended!.kind === "lost" && awayMs > 300, `${ended!.kind}, away for ${awayMs} ms`);
    assert.ok(retrying!.kind === "retrying");
    assert.match(retrying!.reason, /^no frame for [\d.]+ s$|stopped answering/);
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

Deno.test("state is no longer live, when the camera goes while it changes its size", async () => {
  await using camera = await WebCamera.start("64x48", "96x54");
  await using viewer = await Viewer.open(camera.url, {
    backoff: SOON,
    onEvent({ kind }) {
      // The decoder that is to fit the new size asks for it in vain.
      if (kind === "resized") camera.state.status = 404;
    },
  });
  await viewer.next();
  camera.state.size = "96x54";
  await viewer.until(({ source }) => source.reason?.includes("404") === true);
  assert.equal(viewer.source.state, "reconnecting");
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
    // Nothing piles up on the way for good; a pipe holds 14 frames of this size.
    await viewer.until(({ source: { counts } }) =>
      counts.framesIn >= 100 && camera.sent - sentBefore - counts.framesIn < 25
    );
    const { framesIn, dropped } = viewer.source.counts;
    // All but those in the ring's four slots, of which one may be being read.
    const ready = viewer.ring.slotsIn("ready");
    assert.ok(ready >= 3, `${ready} are ready`);
    assert.deepEqual(dropped, { oldest: 0, newest: 0, [drop]: framesIn - ready });
    assert.equal(viewer.ring.dropped, dropped.oldest);
  });
}

Deno.test("run() makes the camera wait and drops nothing, by `wait`, and takes that for no stall", async () => {
  await using camera = await WebCamera.start("640x480");
  camera.state.rate = 50;
  const options = { drop: "wait", takes: false, stallTimeoutMs: STALL_MS } as const;
  await using viewer = await Viewer.open(camera.url, options);
  await viewer.until(() => viewer.source.counts.framesIn === 4);
  const { sent } = camera;
  await viewer.until(() => camera.sent > sent + 1.5 * STALL_MS / 1000 * camera.state.rate);
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
