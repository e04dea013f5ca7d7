/** Cameras behind encryption, and a contribution feed: both with a peer that is not ours. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { hasOpenssl, makeCertificate, OPENSSL_MISSING } from "../testing/certificate.ts";
import { startCommand } from "../testing/command.ts";
import { answerOf } from "../testing/installed.ts";
import { QUICK, startLive } from "../testing/live_run.ts";
import { rtspServerTest, startRtspServer } from "../testing/rtsp_server.ts";
import { startTcpProxy } from "../testing/tcp_proxy.ts";

const SYSTEM_FFMPEG = "ffmpeg";
const protocols = await answerOf(SYSTEM_FFMPEG, ["-hide_banner", "-protocols"]);
const hasSrt = protocols !== undefined &&
  /^ *srt$/m.test(new TextDecoder().decode(protocols.stdout));

const tls = rtspServerTest(
  "rtsps:// is a camera like rtsp://, with its own certificate, and asked again when it goes",
);
Deno.test({
  name: hasOpenssl ? tls.name : `${tls.name} (skipped: ${OPENSSL_MISSING})`,
  ignore: tls.ignore || !hasOpenssl,
  async fn() {
    await using server = await startRtspServer({
      source: { width: 320, height: 180, fps: 10 },
      user: "user",
      password: "secret",
    });
    using encrypted = startTcpProxy(server.port, await makeCertificate());
    const url = `rtsps://user:secret@127.0.0.1:${encrypted.port}/cam`;
    await using run = await startLive([url, ...QUICK]);
    await run.until("frames go out", ({ framesOut }) => framesOut > 5);
    encrypted.cut();
    await run.until("it is back", ({ reconnects, state }) => reconnects > 0 && state === "live");
    const { code, stderr } = await run.stop();
    assert.equal(code, 0, stderr);
    assert.match(stderr, /cam connected: h264, 320x180/);
    assert.doesNotMatch(stderr, /secret/);
  },
});

/** A port for UDP that was free a moment ago. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

Deno.test({
  name: hasSrt
    ? "srt:// is a camera, with an ffmpeg that knows it, and asked again when its sender dies"
    : "srt:// is a camera (skipped: there is no system ffmpeg that knows srt)",
  ignore: !hasSrt,
  async fn() {
    const url = `srt://127.0.0.1:${await freeUdpPort()}`;
    const send = () =>
      startCommand(SYSTEM_FFMPEG, [
        ...["-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=s=192x96:r=10"],
        ...["-pix_fmt", "yuv420p", "-c:v", "libx264", "-tune", "zerolatency", "-g", "10"],
        ...["-f", "mpegts", `${url}?mode=listener`],
      ]);
    const first = send();
    await using run = await startLive([url, ...QUICK, "--ffmpeg", SYSTEM_FFMPEG]);
    await run.until("frames go out", ({ framesOut }) => framesOut > 5);
    await first[Symbol.asyncDispose]();
    await run.until("its end is seen", ({ state }) => state === "reconnecting");
    await using _second = send();
    await run.until("it is back", ({ reconnects, state }) => reconnects > 0 && state === "live");
    const { code, stderr } = await run.stop();
    assert.equal(code, 0, stderr);
    assert.match(stderr, /connected: h264, 192x96/);
  },
});
