import assert from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import { checkInput, isCamera } from "../../src/watch/open_camera.ts";

Deno.test("isCamera() tells what is asked again when it goes from what is played once", () => {
  const cameras = [
    ...["rtsp://h/1", "RTSPS://h/1", "rtmp://h/a/b", "udp://@239.0.0.1:1234", "/dev/video0"],
    ...["http://h/stream.mjpg", "http://h/", "https://h/live/index.m3u8", "http://h/x.ts?a=b.mp4"],
  ];
  const files = [
    ...["drive.mp4", "street:", "lavfi:testsrc2", "http://h/drive.mp4", "https://h/a.MKV?x=1"],
    ...["file:///drive.mp4", "C:\\\\drive.mp4", "/dev/videos/drive.mp4"],
  ];
  for (const input of cameras) assert.ok(isCamera(input), input);
  for (const input of files) assert.ok(!isCamera(input), input);
});

Deno.test("checkInput() refuses what can be neither, and shows no password", () => {
  for (const input of ["rtsp://u:p@h/1", "udp://@239.0.0.1:1234", "street:", "drive.mp4"]) {
    checkInput(input);
  }
  const wrong: [input: string, says: RegExp][] = [
    ["rtps://user:secret@h/1", /"rtps" is no kind of stream known here\. Name one that begins/],
    ["rtsp://user:se/secret@h/1", /read in two ways\. Write %XX/],
    ["http://user:se#secret@h/drive.mp4", /read in two ways\. Write %XX/],
    ["", /empty name/],
    ["-", /standard input/],
  ];
  for (const [input, says] of wrong) {
    assert.throws(() => checkInput(input), (error: Error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, says);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});
