/** What counts as a camera when it is run live, beside RTSP, and what is played like one. */
import assert from "node:assert/strict";
import { WebCamera } from "../source/live_web_camera.ts";
import { QUICK, startLive } from "../testing/live_run.ts";
import { frameTimes, makeClip } from "../testing/media.ts";
import { runSegstream } from "../testing/segstream.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

Deno.test("MJPEG over http is a camera with --live: asked again when it goes", async () => {
  await using camera = await WebCamera.start("128x96", "96x96");
  camera.state.rate = 10;
  await using run = await startLive([camera.url, ...QUICK, "--stall-timeout", "1s"]);
  await run.until("frames go out", ({ framesOut }) => framesOut > 5);
  camera.cut();
  await run.until("it is back", ({ reconnects, state }) => reconnects > 0 && state === "live");
  // It may have been asked again more than once: on a busy machine a second's silence means nothing.
  camera.state.isStalled = true;
  const { reconnects: before } = await run.until(
    "its silence is seen",
    ({ state }) => state === "reconnecting",
  );
  camera.state.size = "96x96";
  camera.state.isStalled = false;
  const { size } = await run.until("it is back", ({ reconnects }) => reconnects > before);
  assert.deepEqual(size, { width: 128, height: 96 });
  const { code, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /cam connected: mjpeg, 128x96/);
  assert.match(stderr, /cam resized: the camera sends 96x96 instead of 128x96/);
  assert.doesNotMatch(stderr, /secret/);
});

Deno.test("a file, from the disk or over http, is played once and in real time", async () => {
  await using directory = await temporaryDirectory();
  const clip = directory.join("clip.mp4");
  await makeClip(clip, { size: "128x96", rate: 10, frames: 20 });
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async () => new Response(await Deno.readFile(clip)),
  );
  for (const [at, input] of [clip, `http://127.0.0.1:${server.addr.port}/clip.mp4`].entries()) {
    const output = directory.join(`${at}.mp4`);
    const startMs = performance.now();
    const { code, stderr } = await runSegstream([
      ...[input, ...QUICK, "--live", ":0", "-o", output],
    ]);
    assert.equal(code, 0, stderr);
    assert.ok(performance.now() - startMs > 1900);
    assert.match(stderr, /^clip: 20 frames in, 20 out$/m);
    assert.equal((await frameTimes(output)).length, 20);
  }
});
