import assert from "node:assert/strict";
import { OutputError } from "../../../src/errors.ts";
import { parseTarget, targetName } from "../../../src/sink/broadcast.ts";
import { otherName, segmentName } from "../../../src/sink/broadcast/segment_name.ts";

Deno.test("parseTarget() knows recordings, servers and HLS folders", () => {
  const segmentMs = 600_000;
  const cases = [
    ["out.mp4", { kind: "record", path: "out.mp4", segmentMs }],
    ["a/b.TS", { kind: "record", path: "a/b.TS", segmentMs }],
    ["rtsp://user:secret@host/x", { kind: "publish", url: "rtsp://user:secret@host/x" }],
    ["RTMPS://host/live", { kind: "publish", url: "RTMPS://host/live" }],
    ["hls/", { kind: "hls", directory: "hls" }],
    ["/srv/hls//", { kind: "hls", directory: "/srv/hls" }],
    ["/", { kind: "hls", directory: "/" }],
    ["www/index.m3u8", { kind: "hls", directory: "www" }],
  ] as const;
  for (const [text, target] of cases) assert.deepEqual(parseTarget(text, { segmentMs }), target);
  assert.deepEqual(parseTarget("out.mkv"), { kind: "record", path: "out.mkv" });
});

Deno.test("parseTarget() says in one line what is no output, without the password", () => {
  const cases = [
    ["srt://user:secret@host:9000", /"srt:\/\/\*\*\*@host:9000": srt:\/\/ is no output here/],
    ["out.webm", /WebM takes no h264/],
    ["out.avi", /"\.avi" is no format/],
    ["out", /no extension/],
    ["hls/live.m3u8", /Name the folder: "hls\/"/],
  ] as const;
  for (const [text, expected] of cases) {
    assert.throws(() => parseTarget(text), (error: unknown) => {
      assert(error instanceof OutputError);
      assert.match(error.message, expected);
      assert.doesNotMatch(error.message + error.output, /secret|\n/);
      return true;
    });
  }
  for (const segmentMs of [999, NaN, 86_400_001]) {
    assert.throws(() => parseTarget("out.mp4", { segmentMs }), RangeError);
  }
});

Deno.test("targetName() hides the password and the stream key", () => {
  assert.equal(targetName(parseTarget("rtmps://host/live/secret")), "rtmps://host/live/***");
  assert.equal(targetName(parseTarget("rtmp://u:secret@host/x")), "rtmp://***@host/x");
  assert.equal(targetName(parseTarget("hls/")), "hls/index.m3u8");
});

Deno.test("segmentName() is the UTC time of the segment's beginning", () => {
  const startedAt = new Date("2026-11-22T18:15:00.999+02:00");
  assert.equal(segmentName("a.b/out.mp4", startedAt), "a.b/out-20261122-161500.mp4");
  assert.equal(otherName("a.b/out.mp4", 2), "a.b/out-2.mp4");
});
