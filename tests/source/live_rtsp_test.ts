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
      `run() with ${name} has frames at the first attempt, each time that an RTSP camera is back`,
    ),
    async fn() {
      await using camera = await startRtspServer({
        source: SOURCE,
        user: "user",
        password: "secret",
      });
      await using viewer = await Viewer.open(camera.url, { ffmpeg, stallTimeoutMs: 3000 });
      await viewer.next();

      /** The camera is back from now on: asked once more, it sends. */
      const wait = async () => {
        const before = viewer.kinds.length;
        await viewer.next();
        // That of the attempt which was under way.
        const failed = viewer.kinds.slice(before).filter((kind) => kind === "retrying");
        assert.ok(failed.length <= 1, viewer.kinds.join());
      };
      // Killed, and started again with another size.
      await camera.stop();
      await viewer.until(() => viewer.source.state === "reconnecting");
      await camera.restart({ source: { width: 128, height: 128, fps: 25 } });
      await wait();
      assert.ok(viewer.kinds.includes("resized"));
      // Stopped, its connections open; the system takes new ones and nobody answers.
      camera.pause();
      await viewer.until(() => viewer.source.state === "reconnecting");
      camera.resume();
      await wait();
      // A reboot.
      await camera.restart();
      await wait();
      // It was asked soon enough: the longest delay is one and a half seconds.
      const delays = viewer.events.flatMap((each) => each.kind === "retrying" ? each.delayMs : []);
      assert.ok(delays.length >= 3 && delays.every((ms) => ms <= 1500), delays.join());

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
    // Its clock falls back by so much, and more than what follows allows.
    await viewer.until(() => viewer.frames.length > 0 && viewer.frames.at(-1)!.ptsUs > 3e6);
    const joined = await openLiveSource(camera.url);
    await viewer.until(() => viewer.frames.at(-1)!.ptsUs > 6e6);
    await joined.close();
    // What LiveClock promises, however unevenly frames come: a second ahead of their arrival at most,
    // where ffmpeg or a pause kept them back, and no longer behind than a gap that is timed anew.
    const { epochMs } = viewer.source;
    const errors = viewer.frames.map(({ ptsUs, arrivalMs }) =>
      ptsUs / 1000 - (arrivalMs - epochMs!)
    );
    const [least, most] = [Math.min(...errors), Math.max(...errors)];
    assert.ok(least > -1100 && most < 1100, `${least} to ${most} ms`);
  },
});
