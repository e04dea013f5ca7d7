/** Against GStreamer's RTSP server, which shares no code with ffmpeg. */
import assert from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import { openLiveSource } from "../../src/source/live.ts";
import { otherFfmpeg } from "../ffmpeg/ffmpeg_runs.ts";
import { rtspServerTest, startRtspServer } from "../testing/rtsp_server.ts";
import { Viewer } from "./live_viewer.ts";

const SOURCE = { width: 96, height: 64, fps: 25 };

for (const ffmpeg of [undefined, otherFfmpeg]) {
  const name = ffmpeg ?? "the bundled ffmpeg";

  Deno.test({
    ...rtspServerTest(
      `run() with ${name} has frames within 3 s, each time that an RTSP camera is back`,
    ),
    async fn() {
      await using camera = await startRtspServer({
        source: SOURCE,
        user: "user",
        password: "secret",
      });
      await using viewer = await Viewer.open(camera.url, { ffmpeg, stallTimeoutMs: 1000 });
      await viewer.next();

      /** Milliseconds until a frame comes, from now on. */
      const wait = async () => {
        const backMs = performance.now();
        return (await viewer.next()).atMs - backMs;
      };
      const times: number[] = [];
      // Killed, and started again with another size.
      await camera.stop();
      await viewer.until(() => viewer.source.state === "reconnecting");
      await camera.restart({ source: { width: 128, height: 128, fps: 25 } });
      times.push(await wait());
      assert.ok(viewer.kinds.includes("resized"));
      // Stopped, its connections open; the system takes new ones and nobody answers.
      camera.pause();
      await viewer.until(() => viewer.kinds.includes("stalled"));
      camera.resume();
      times.push(await wait());
      // A reboot.
      await camera.restart();
      times.push(await wait());
      assert.ok(times.every((ms) => ms < 3000), `${times.map(Math.round)}`);

      const { ptsUs } = viewer.frames.at(-1)!;
      const order = viewer.frames.every((frame, n) =>
        n === 0 || frame.ptsUs > viewer.frames[n - 1]!.ptsUs
      );
      assert.ok(order && ptsUs > 0);
      assert.deepEqual(viewer.source.info.size, { width: 96, height: 64 });
      assert.ok(!JSON.stringify(viewer.events).includes("secret"));
    },
  });
}

Deno.test({
  ...rtspServerTest("openLiveSource() says what an RTSP camera refuses, and keeps the password"),
  async fn() {
    await using camera = await startRtspServer({
      source: SOURCE,
      user: "user",
      password: "secret",
    });
    const cases: [url: string, words: RegExp][] = [
      [camera.url.replace("secret", "guess"), /rejects the user or the password \(401\)/],
      [camera.url.replace("user:secret@", ""), /wants a user and a password \(401\)/],
      [camera.url.replace("/cam", "/other"), /no such stream \(404\)/],
    ];
    for (const [url, words] of cases) {
      await assert.rejects(openLiveSource(url, { failOnRefusal: true }), (error: Error) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, words);
        assert.doesNotMatch(error.message, /secret|guess/);
        return true;
      });
    }
  },
});

Deno.test({
  ...rtspServerTest("run() reads an RTSP camera over UDP, when that is asked for"),
  async fn() {
    await using camera = await startRtspServer({ source: SOURCE });
    await using viewer = await Viewer.open(camera.url, { rtspTransport: "udp" });
    await viewer.until(() => viewer.frames.length >= 10);
    assert.deepEqual(viewer.kinds, ["connected"]);
  },
});

Deno.test({
  ...rtspServerTest("run() goes on in time, when the camera's clock jumps as another viewer joins"),
  async fn() {
    // This server starts the time of its stream anew for everybody when somebody joins.
    await using camera = await startRtspServer({ source: SOURCE });
    await using viewer = await Viewer.open(camera.url);
    await viewer.until(() => viewer.frames.length >= 30);
    const joined = await openLiveSource(camera.url);
    await viewer.until(() => viewer.frames.at(-1)!.ptsUs > 3e6);
    await joined.close();
    const errors = viewer.frames.map(({ ptsUs, atMs }) => ptsUs / 1000 - atMs);
    const spread = Math.max(...errors) - Math.min(...errors);
    // What ffmpeg looked at first comes at once, and the machine may be busy.
    assert.ok(spread < 1000, `${spread} ms`);
  },
});
