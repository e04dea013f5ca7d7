import assert from "node:assert/strict";
import { FfmpegError } from "../../src/errors.ts";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { FfmpegLog } from "../../src/ffmpeg/log.ts";
import { redact, spawnFfmpeg } from "../../src/ffmpeg/process.ts";
import { credentialsFault } from "../../src/ffmpeg/redact.ts";
import { collect } from "./ffmpeg_runs.ts";

const NO_PIPES = { stdin: false, stdout: false };
const ENDLESS = ["-re", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25"];

Deno.test("redact() hides users and passwords in URLs and nothing else", () => {
  const cases: [text: string, expected: string][] = [
    ["rtsp://admin:secret@10.0.0.5:554/1", "rtsp://***@10.0.0.5:554/1"],
    ["a http://u:p@ss@h/x?y=z@w b", "a http://***@h/x?y=z@w b"],
    ["http://host/path@2x.png", "http://host/path@2x.png"],
    ["[h264 @ 0x55] error", "[h264 @ 0x55] error"],
    ["rtsp://one@a/ and rtsp://two:2@b/", "rtsp://***@a/ and rtsp://***@b/"],
    // Not written as %XX.
    ["rtsp://user:pass/word@h/1", "rtsp://***@h/1"],
    ["rtsp://user:#?@h/1 [x @ 0x1]", "rtsp://***@h/1 [x @ 0x1]"],
    ["rtsp://host:554/path@2x", "rtsp://host:554/path@2x"],
    [
      "rtsp://host/user=admin&password=pw&channel=1",
      "rtsp://host/user=admin&password=***&channel=1",
    ],
    ["http://host/video?user=u&pwd=p#x", "http://host/video?user=u&pwd=***#x"],
  ];
  for (const [text, expected] of cases) assert.equal(redact(text), expected);
});

Deno.test("credentialsFault() finds users and passwords that would be taken for something else", () => {
  const fine = [
    ...["rtsp://u:p@h/1", "rtsp://u:p@ss@h:554/1", "rtsp://u:p%2Fw@[::1]:554/1?a=b", "rtsp://u@h"],
    ...["http://h/a@b", "http://h:80/a@b", "http://[::1]:80/?a=@", "http://h?@", "a@b", "file.mp4"],
  ];
  for (const url of fine) assert.equal(credentialsFault(url), undefined, url);
  const wrong = [
    ...["rtsp://u:pa/secret@h/1", "rtsp://u:pa#secret@h/1", "rtsp://u:pa?secret@h/1"],
    ...["rtsp://u:pa secret@h/1", "rtsp://u:'secret@h/1", "rtsp://u:p@ss/secret@h/1"],
  ];
  for (const url of wrong) assert.equal(credentialsFault(url)?.shown, "rtsp://***@h/1", url);
});

Deno.test("FfmpegLog keeps warnings and errors, counts, and takes the CPU time", () => {
  const log = new FfmpegLog();
  const text = "[info] Input #0, from 'x':\n  Duration: 1\n" +
    "[h264 @ 0x1] [error] Invalid NAL unit size\n[warning] slow rtsp://a:b@h/\n" +
    "[mp3 @ 0x2] [h264 @ 0x3] [error] deep\n[error] first line\n  and its second\n" +
    "[info] bench: utime=0.038s stime=0.040s rtime=0.057s\n[fatal] Conversion failed!";
  // Cut in every place: what is kept does not depend on the pieces.
  for (const character of text) log.push(character);
  log.end();
  assert.equal(
    log.tail,
    "h264: Invalid NAL unit size\nslow rtsp://***@h/\nh264: deep\nfirst line\nand its second\n" +
      "Conversion failed!",
  );
  assert.equal(log.errorCount, 4);
  assert.equal(log.lastError, "first line");
  assert.equal(log.cpuMs, 78);
});

Deno.test("FfmpegLog holds a bounded tail, whatever comes", () => {
  const log = new FfmpegLog();
  for (let line = 0; line < 5000; line++) log.push(`[error] line ${line}\n`);
  log.push(`[error] ${"x".repeat(1_000_000)}`);
  log.push("y".repeat(1_000_000));
  log.end();
  assert.ok(log.tail.length <= 4000, `${log.tail.length} characters`);
  assert.match(log.tail, /line 4999/);
  assert.equal(log.errorCount, 5001);
});

Deno.test("spawnFfmpeg() gives the output, the exit code and the CPU time", async () => {
  const args = ["-f", "lavfi", "-i", "testsrc2=size=640x480", "-frames:v", "20"];
  const run = spawnFfmpeg(await findFfmpeg(), [...args, "-f", "rawvideo", "-"], {
    stdin: false,
    stdout: true,
  });
  const bytes = await collect(run.stdout);
  const exit = await run.ended;
  assert.equal(bytes.length, 20 * 640 * 480 * 3 / 2);
  assert.equal(exit.code, 0);
  assert.equal(exit.signal, null);
  assert.equal(exit.stderrTail, "");
  assert.ok(exit.cpuMs! > 0);
});

Deno.test("spawnFfmpeg() keeps ffmpeg's words, when it fails", async () => {
  const run = spawnFfmpeg(await findFfmpeg(), ["-i", "file:/nowhere/at all.mp4"], NO_PIPES);
  const exit = await run.ended;
  assert.equal(exit.code, 1);
  assert.match(exit.stderrTail, /No such file or directory/);
  assert.match(exit.lastError, /No such file or directory/);
});

Deno.test("spawnFfmpeg() drains an endless stderr, so that ffmpeg never stops for it", async () => {
  // Some 400 kB of messages: a pipe holds 64 KiB.
  const args = ["-f", "lavfi", "-i", "testsrc2=size=16x16,showinfo", "-frames:v", "1500"];
  const run = spawnFfmpeg(await findFfmpeg(), [...args, "-f", "null", "-"], NO_PIPES);
  assert.equal((await run.ended).code, 0);
});

Deno.test("FfmpegProcess.kill() ends it, twice as well as once", async () => {
  const run = spawnFfmpeg(await findFfmpeg(), [...ENDLESS, "-f", "null", "-"], NO_PIPES);
  const [first, second] = await Promise.all([run.kill(), run.kill()]);
  assert.equal(first.signal, "SIGKILL");
  assert.equal(first.code, null);
  assert.equal(second, first);
  run.interrupt();
});

Deno.test({
  name: "FfmpegProcess.interrupt() lets ffmpeg write its trailer",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const args = [...ENDLESS, "-pix_fmt", "yuv420p", "-c:v", "rawvideo", "-f", "nut", "-"];
    const run = spawnFfmpeg(await findFfmpeg(), args, { stdin: false, stdout: true });
    const reader = run.stdout.getReader();
    assert.ok((await reader.read()).value!.length > 0);
    run.interrupt();
    let rest = "";
    for (let part; !(part = await reader.read()).done;) {
      rest += new TextDecoder("latin1").decode(part.value);
    }
    const exit = await run.ended;
    assert.equal(exit.signal, null);
    assert.match(rest, /NX\xDDg/, "the index that ends a NUT file");
  },
});

Deno.test("spawnFfmpeg() kills the process, when the signal aborts before or after", async () => {
  const binary = await findFfmpeg();
  for (const isEarly of [true, false]) {
    const controller = new AbortController();
    if (isEarly) controller.abort();
    const options = { ...NO_PIPES, signal: controller.signal };
    const run = spawnFfmpeg(binary, [...ENDLESS, "-f", "null", "-"], options);
    controller.abort();
    assert.equal((await run.ended).signal, "SIGKILL");
  }
});

Deno.test("spawnFfmpeg() throws, when the binary is gone; its arguments hide passwords", async () => {
  const binary = { ...await findFfmpeg(), path: "/nowhere/ffmpeg" };
  assert.throws(() => spawnFfmpeg(binary, ["-i", "rtsp://a:b@h/"], NO_PIPES), (error: Error) => {
    assert.ok(error instanceof FfmpegError);
    assert.match(error.message, /no such program/);
    assert.deepEqual(error.args, ["-i", "rtsp://***@h/"]);
    return true;
  });
});
