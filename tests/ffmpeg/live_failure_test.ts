import assert from "node:assert/strict";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { liveFailure } from "../../src/ffmpeg/live_failure.ts";
import { liveInputArguments, parseLiveInput } from "../../src/ffmpeg/live_input.ts";
import { type FfmpegExit, spawnFfmpeg } from "../../src/ffmpeg/process.ts";
import { otherFfmpeg } from "./ffmpeg_runs.ts";

function exit(stderrTail: string, more: Partial<FfmpegExit> = {}): FfmpegExit {
  const rest = { lastError: "", errorCount: 1, cpuMs: undefined };
  return { code: 1, signal: null, stderrTail, ...rest, ...more };
}

Deno.test("liveFailure() tells a refusal from a loss, by what ffmpeg prints", () => {
  const cases: [text: string, kind: string, reason: RegExp][] = [
    ["rtsp: method DESCRIBE failed: 401 Unauthorized", "refused", /rejects the user/],
    ["http: HTTP error 401 Unauthorized", "refused", /rejects the user/],
    ["rtsp: method DESCRIBE failed: 403 Forbidden", "refused", /forbids/],
    ["rtsp: method DESCRIBE failed: 404 Not Found", "absent", /no such stream/],
    ["http: HTTP error 404 Not Found", "absent", /no such stream/],
    ["rtsp: method DESCRIBE failed: 503 Service Unavailable", "lost", /503 Service Unavailable$/],
    ["u: Server returned 5XX Server Error reply", "lost", /5XX Server Error reply$/],
    ["rtsp: method SETUP failed: 461 Client error", "lost", /--rtsp-transport/],
    [
      "tcp: Connection to tcp://c:1?timeout=0 failed: Connection refused",
      "lost",
      /nothing answers/,
    ],
    ["tcp: Connection to tcp://c:1 failed: No route to host", "lost", /not reached/],
    ["tcp: Connection to tcp://c:1 failed: Connection timed out", "lost", /stopped answering/],
    ["tcp: Failed to resolve hostname c: Name or service not known", "lost", /name is not known/],
    [
      "v4l2: Cannot open video device /dev/video0: No such file or directory",
      "lost",
      /no such dev/,
    ],
    ["v4l2: Cannot open video device /dev/video0: Permission denied", "lost", /group "video"/],
    ["v4l2: ioctl(VIDIOC_STREAMON): Device or resource busy", "lost", /another program/],
    ["srt://c:1: Protocol not found", "hopeless", /--ffmpeg/],
    ["Stream map '0:v:0' matches no streams.", "lost", /no video/],
  ];
  for (const [text, kind, reason] of cases) {
    const failure = liveFailure(exit(`h264: some message\n${text}`), false, true);
    assert.equal(failure.kind, kind, text);
    assert.match(failure.reason, reason);
    assert.doesNotMatch(failure.reason, /\n|\.$/);
  }
  const asked = liveFailure(exit("rtsp: method DESCRIBE failed: 401 Unauthorized"), false, false);
  assert.match(asked.reason, /user:password@/);
});

Deno.test("liveFailure() says how a stream ended that was live", () => {
  const noise = "h264: error while decoding\n".repeat(5);
  const cases: [exit: FfmpegExit, reason: RegExp][] = [
    [exit("", { code: 0 }), /^the stream ended$/],
    [exit(noise, { code: 0 }), /^the stream ended$/],
    [exit(`${noise}c: Connection timed out`, { code: 0 }), /stopped answering/],
    // What it met on its way is not why it ended.
    [exit(`rtsp: method OPTIONS failed: 404\n${noise}`, { code: 0 }), /^the stream ended$/],
    [exit("", { code: null, signal: "SIGSEGV" }), /SIGSEGV/],
    [exit("x", { lastError: "nut: disk full" }), /^nut: disk full$/],
    [exit("", { code: 7 }), /exit code 7/],
  ];
  for (const [ended, reason] of cases) assert.match(liveFailure(ended, true, true).reason, reason);
});

for (const ffmpeg of [undefined, otherFfmpeg]) {
  const name = ffmpeg ?? "the bundled ffmpeg";

  /** What becomes of an input that cannot be read. */
  const fail = async (input: string) => {
    const binary = await findFfmpeg({ path: ffmpeg });
    const args = liveInputArguments(parseLiveInput(input), {
      release: binary.release,
      rtspTransport: "tcp",
      socketTimeoutMs: 5000,
    });
    const run = spawnFfmpeg(binary, [...args, "-f", "null", "-"], { stdin: false, stdout: false });
    return liveFailure(await run.ended, false, input.includes("@"));
  };

  Deno.test(`liveFailure() understands ${name}, when a server answers each status`, async () => {
    let status = 200;
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response("none", { status }),
    );
    const url = (user: string) => `http://${user}127.0.0.1:${server.addr.port}/cam`;
    const cases: [status: number, kind: string, reason: RegExp][] = [
      [401, "refused", /rejects the user/],
      [403, "refused", /403/],
      [404, "absent", /404/],
      [500, "lost", /5/],
      [200, "lost", /Invalid data/],
    ];
    for (const [each, kind, reason] of cases) {
      status = each;
      const failure = await fail(url("user:secret@"));
      assert.equal(failure.kind, kind, `${each}: ${failure.reason}`);
      assert.match(failure.reason, reason);
      assert.ok(!failure.reason.includes("secret"));
    }
    status = 401;
    assert.match((await fail(url(""))).reason, /wants a user/);
    const port = server.addr.port;
    await server.shutdown();
    for (const scheme of ["http", "rtsp", "rtmp"]) {
      assert.match((await fail(`${scheme}://127.0.0.1:${port}/a/b`)).reason, /nothing answers/);
    }
  });

  Deno.test(`liveFailure() understands ${name}, when there is no such device`, {
    ignore: Deno.build.os !== "linux",
  }, async () => {
    const failure = await fail("/dev/video987");
    assert.equal(failure.kind, "lost");
    assert.match(failure.reason, /no such device/);
  });
}
