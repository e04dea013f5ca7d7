import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { findFfmpeg, findFfprobe } from "../../src/ffmpeg/binary.ts";
import { type CommandResult, runCommand, startCommand } from "./command.ts";
import { makeClip, probeFile } from "./media.ts";
import { rtspServerTest, startRtspServer } from "./rtsp_server.ts";
import { temporaryDirectory } from "./temporary.ts";

/** Looks at a URL: "codec,width,height" of its video. */
async function ffprobe(url: string): Promise<CommandResult & { readonly text: string }> {
  const result = await runCommand(await findFfprobe(), [
    ...["-loglevel", "error", "-rtsp_transport", "tcp", "-of", "csv=p=0"],
    ...["-show_entries", "stream=codec_name,width,height", url],
  ]);
  return { ...result, text: new TextDecoder().decode(result.stdout).trim() };
}

/** What the server says to OPTIONS; undefined when it closes the connection. */
async function answer(port: number): Promise<string | undefined> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"));
  const bytes = new Uint8Array(1000);
  const length = await connection.read(bytes);
  return length === null ? undefined : new TextDecoder().decode(bytes.subarray(0, length));
}

Deno.test({
  ...rtspServerTest("startRtspServer() serves H.264, and another size on the same port later"),
  async fn() {
    await using server = await startRtspServer({ source: { width: 160, height: 120, fps: 10 } });
    assert.equal((await ffprobe(server.url)).text, "h264,160,120");
    assert.equal(await server.countConnections(), 1);
    await server.stop();
    assert.match((await ffprobe(server.url)).stderr, /Connection refused/);
    await server.restart({ source: { width: 192, height: 96, fps: 10 } });
    assert.equal((await ffprobe(server.url)).text, "h264,192,96");
  },
});

for (const auth of ["basic", "digest"] as const) {
  Deno.test({
    ...rtspServerTest(`startRtspServer() answers 401 to a wrong password, by ${auth}`),
    async fn() {
      await using server = await startRtspServer({
        ...{ user: "user", password: "secret", auth },
        source: { width: 64, height: 48, fps: 10 },
      });
      assert.equal((await ffprobe(server.url)).text, "h264,64,48");
      assert.match((await ffprobe(server.url.replace("secret", "guess"))).stderr, /401/);
      assert.match((await ffprobe(server.url.replace("user:secret@", ""))).stderr, /401/);
      assert.match((await ffprobe(server.url.replace("/cam", "/other"))).stderr, /404/);
    },
  });
}

Deno.test({
  ...rtspServerTest("startRtspServer() sends a file over and over, nothing while it is paused"),
  async fn() {
    await using directory = await temporaryDirectory();
    const file = directory.join("clip.mp4");
    // One second long; more is read.
    await makeClip(file, { size: "96x64", rate: 20, frames: 20, args: ["-c:v", "libx264"] });
    await using server = await startRtspServer({ source: { file } });
    await using reader = startCommand((await findFfmpeg()).path, [
      ...["-nostdin", "-rtsp_transport", "tcp", "-i", server.url],
      ...["-vf", "showinfo", "-f", "null", "-"],
    ]);
    await reader.stderrMatches(/ n: *5 .* s:96x64 /);
    assert.match((await answer(server.port))!, /^RTSP\/1.0 200 OK/);
    server.pause();
    assert.equal(await Promise.race([answer(server.port), delay(300)]), undefined);
    server.resume();
    await reader.stderrMatches(/ n: *50 /);
  },
});

Deno.test({
  ...rtspServerTest("startRtspServer() counts and records what is published"),
  async fn() {
    await using directory = await temporaryDirectory();
    const recordTo = directory.join("published.h264");
    await using server = await startRtspServer({ recordTo, user: "user", password: "secret" });
    const { path } = await findFfmpeg();
    await using publisher = startCommand(path, [
      ...["-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25"],
      ...["-t", "2", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-tune", "zerolatency"],
      ...["-f", "rtsp", "-rtsp_transport", "tcp", server.publishUrl],
    ]);
    // Of 50; when the client ends, the server drops what it has not taken apart yet. The last one that
    // is told of is about to be written.
    await server.published(21);
    assert.equal((await publisher.ended).stderr, "");
    const [video] = (await probeFile(recordTo)).streams;
    assert.deepEqual([video!.codec_name, video!.width], ["h264", 64]);
    assert.ok(Number(video!.nb_read_frames) >= 20);
  },
});
