import assert from "node:assert/strict";
import { findFfmpeg, findFfprobe } from "../../src/ffmpeg/binary.ts";
import { runCommand } from "../testing/command.ts";
import { makeClip } from "../testing/media.ts";
import { runSegstream, startSegstream } from "../testing/segstream.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

/** "codec,width,height,rate" of a stream, or what ffprobe says instead. */
async function probeStream(url: string): Promise<string> {
  const { code, stdout, stderr } = await runCommand(await findFfprobe(), [
    ...["-loglevel", "error", "-rtsp_transport", "tcp", "-of", "csv=p=0"],
    ...["-show_entries", "stream=codec_name,width,height,r_frame_rate", url],
  ]);
  return code === 0 ? new TextDecoder().decode(stdout).trim() : stderr;
}

Deno.test("segstream camera shows a file to who knows the password, until Ctrl-C", async () => {
  await using directory = await temporaryDirectory();
  const file = directory.join("clip.mp4");
  await makeClip(file, { size: "128x96" });
  await using camera = startSegstream([
    ...["camera", "rtsp://user:secret@127.0.0.1:0/cam"],
    ...["--source", file, "--size", "64x48", "--fps", "10"],
  ]);
  const [, url] = await camera.stderrMatches(/^Serving (rtsp:\S+) \(64x48, 10 fps\)\. Ctrl-C/m);
  assert.equal(await probeStream(url!.replace("//", "//user:secret@")), "h264,64,48,10/1");
  assert.match(await probeStream(url!.replace("//", "//user:guess@")), /401/);
  await camera.stderrMatches(/^\d\d:\d\d 127\.0\.0\.1:\d+ plays$/m);
  await camera.stderrMatches(/^\d\d:\d\d 127\.0\.0\.1:\d+ left after 401 Unauthorized$/m);

  const second = await runSegstream(["camera", url!]);
  assert.equal(second.code, 1);
  assert.match(second.stderr, /^segstream: Cannot serve a camera at .*the port is in use.*\n$/);

  camera.kill("SIGINT");
  const { code, stderr } = await camera.ended;
  assert.equal(code, 130);
  assert.doesNotMatch(stderr, /secret|guess/);
  assert.match(await probeStream(url!), /refused/);
});

Deno.test("segstream camera --flaky fails on the seed's schedule, and comes back", async () => {
  await using camera = startSegstream([
    ...["camera", "rtsp://127.0.0.1:0/cam"],
    ...["--source", "street:size=128x64,fps=10", "--flaky", "886"],
  ]);
  const [, url] = await camera.stderrMatches(/^Serving (rtsp:\S+) \(128x64, 10 fps\)/m);
  const { path } = await findFfmpeg();
  const reading = runCommand(path, [
    ...["-nostdin", "-rtsp_transport", "tcp", "-i", url!, "-f", "null", "-"],
  ]);
  // What the schedule of this seed begins with; nothing else comes for 18 s. Until then the reader has
  // time to begin.
  await camera.stderrMatches(/^00:13 reboot 2 s, then 96x48$/m);
  assert.match((await reading).stderr, /128x64/);
  await camera.stderrMatches(/^\d\d:\d\d 127\.0\.0\.1:\d+ cut$/m);
  await camera.stderrMatches(/^\d\d:\d\d back$/m);
  assert.equal(await probeStream(url!), "h264,96,48,10/1");
});

const REFUSED: readonly (readonly [what: string, args: string[], code: number, says: RegExp])[] = [
  ["no URL", [], 2, /missing required argument 'url'/],
  ["another scheme", ["http://user:secret@127.0.0.1/cam"], 2, /rtsp:\/\/, not http:\/\//],
  ["a missing file", ["rtsp://127.0.0.1:0/cam", "--source", "nowhere.mp4"], 1, /no such file/],
  ["an odd size", ["rtsp://127.0.0.1:0/cam", "--size", "63x32"], 2, /64x32 is/],
  ["no rate", ["rtsp://127.0.0.1:0/cam", "--fps", "fast"], 2, /A rate is 0\.1 to 1000/],
  ["no seed", ["rtsp://127.0.0.1:0/cam", "--flaky", "x"], 2, /whole number/],
  ["a foreign host", ["rtsp://192.0.2.1:8554/cam"], 1, /--allow-net=192\.0\.2\.1:8554/],
];

for (const [what, args, code, says] of REFUSED) {
  Deno.test(`segstream camera says in one line what is wrong, with ${what}`, async () => {
    const result = await runSegstream(["camera", ...args]);
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, says);
    assert.match(result.stderr, /^segstream: [^\n]+\n$/);
    assert.doesNotMatch(result.stderr, /secret/);
  });
}
