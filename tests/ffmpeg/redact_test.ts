import assert from "node:assert/strict";
import fc from "fast-check";
import { hasCredentials, oneLine, redact } from "../../src/ffmpeg/redact.ts";

/** What is hidden. */
const HIDDEN: readonly (readonly [text: string, expected: string])[] = [
  // Users and passwords, written as they should be or not.
  ["rtsp://admin:secret@cam:554/1", "rtsp://***@cam:554/1"],
  ["rtsp://admin@cam/1", "rtsp://***@cam/1"],
  ["rtsp://:secret@cam/1", "rtsp://***@cam/1"],
  ["RTSP://admin:secret@[fe80::1]:554/1", "RTSP://***@[fe80::1]:554/1"],
  ["rtsp://admin:p'x@cam/1", "rtsp://***@cam/1"],
  ['rtsp://admin:p"x@cam/1', "rtsp://***@cam/1"],
  ["rtsp://admin:p#ss@cam/1", "rtsp://***@cam/1"],
  ["rtsp://admin:p?ss@cam/1", "rtsp://***@cam/1"],
  ["rtsp://admin:pa/ss@cam/1", "rtsp://***@cam/1"],
  ["rtsp://admin:p@ss@cam/1", "rtsp://***@cam/1"],
  ["rtsp://admin:p@s/s@cam/1", "rtsp://***@cam/1"],
  ["rtsp://admin:p@s?s@cam/1", "rtsp://***@cam/1"],
  ["rtsp://admin:p@s/s?x@cam/1", "rtsp://***@cam/1"],
  ["rtsp://admin:/secret@cam/1", "rtsp://***@cam/1"],
  ["rtsp://admin:12/secret:@cam/1?a=b@c", "rtsp://admin:12/secret:@cam/1?a=b@c"], // a port, so it seems
  ["rtsp://admin:secret@cam/1?at=a@b", "rtsp://***@cam/1?at=a@b"],
  // In quotes, and beside others.
  ["'rtsp://admin:p'x@cam/1': no", "'rtsp://***@cam/1': no"],
  ['{"a":"rtsp://a:p@h/","b":"x@y"}', '{"a":"rtsp://***@h/","b":"x@y"}'],
  ['"rtsp://a:p\\"x@h/", "b@c"', '"rtsp://***@h/", "b@c"'],
  ["(rtsp://a:p@h/1) b@c", "(rtsp://***@h/1) b@c"],
  ["rtsp://a:p@h/1,rtsp://b:q@i/2", "rtsp://***@h/1,rtsp://***@i/2"],
  ["rtsp://a:p@h/1: Connection refused", "rtsp://***@h/1: Connection refused"],
  ["tls+srt://a:p@h", "tls+srt://***@h"],
  // Parameters.
  ["http://h/v?user=admin&pwd=secret", "http://h/v?user=admin&pwd=***"],
  ["http://h/v?password=secret&n=1", "http://h/v?password=***&n=1"],
  ["http://h/v?n=1;token=s/e/c", "http://h/v?n=1;token=***"],
  ["http://h/v?access_token=s'c&b=1", "http://h/v?access_token=***&b=1"],
  ["http://h/v?loginPass=secret#x", "http://h/v?loginPass=***#x"],
  ["https://h/b?X-Amz-Signature=5ec&X-Amz-Date=1", "https://h/b?X-Amz-Signature=***&X-Amz-Date=1"],
  ["'http://h/v?pwd=secret'", "'http://h/v?pwd=***'"],
  ["GET /v?pwd=secret HTTP/1.1", "GET /v?pwd=*** HTTP/1.1"],
  ["rtsp://h/user=admin&password=pw&channel=1", "rtsp://h/user=admin&password=***&channel=1"],
  ["rtsp://h:554/user=admin_password=s_c_channel=1.sdp", "rtsp://h:554/user=admin_password=***"],
  // Keys of streams.
  ["rtmp://h/live/secret", "rtmp://h/live/***"],
  ["rtmps://u:p@h:443/app/a/secret?bitrate=1", "rtmps://***@h:443/app/a/***?bitrate=1"],
  ["rtmp://h/live/se-cr-et: Connection refused", "rtmp://h/live/***: Connection refused"],
  ["Error opening output 'rtmp://h/live/secret'.", "Error opening output 'rtmp://h/live/***'."],
];

/** What is nobody's secret. */
const SHOWN: readonly string[] = [
  "",
  "write to a@b.org, or to c@d.org",
  "see http://h/docs, or write to a@b.org",
  '"http://h:80","a@b.org"',
  "[h264 @ 0x55d] error at rtsp://h:554/1 [x @ 0x1]",
  "http://host/a@b",
  "http://host:8080/a@b?c=d@e#f@g",
  "http://[::1]/a@b",
  "http://[::1]:80/?a=@",
  "rtsp://host:554/path@2x",
  "http://host?@",
  "http://h/v?user=admin&channel=1&subtype=0",
  "rtsp://h/cam/realmonitor?channel=1",
  "rtmp://h/live",
  "rtmp://h",
  "/clips/key=1/pass=2@x.mp4",
  "-x264-params keyint=50:scenecut=0",
  "C:\\clips\\a@b.mp4",
  "file:///clips/a@b.mp4",
];

Deno.test("redact() hides users, passwords, secret parameters and stream keys", () => {
  for (const [text, expected] of HIDDEN) {
    assert.equal(redact(text), expected);
    assert.equal(redact(expected), expected);
  }
});

Deno.test("redact() leaves ordinary text and ordinary URLs as they are", () => {
  for (const text of SHOWN) assert.equal(redact(text), text);
});

Deno.test("redact() hides any password without a space whose beginning is no port", () => {
  const password = fc.stringMatching(/^[^\s\d]\S{7,15}$/).filter((word) =>
    !/:\/\/|@.*\?[a-z]/i.test(word) // as if another URL, or its query, began there
  );
  fc.assert(
    fc.property(password, (word) => {
      assert.equal(redact(`at rtsp://admin:${word}@cam now`), "at rtsp://***@cam now");
    }),
    { numRuns: 2000, seed: 4 },
  );
});

Deno.test("hasCredentials() is true of what would let somebody in, a stream's key aside", () => {
  assert.ok(hasCredentials("rtsp://a:b@h/1"));
  assert.ok(hasCredentials("http://h/v?pwd=x"));
  assert.ok(!hasCredentials("rtmp://h/live/cam"));
  assert.ok(!hasCredentials("clips/a@b.mp4"));
});

Deno.test("oneLine() hides before it joins lines", () => {
  assert.equal(oneLine("  cannot open\n rtsp://a:b@h/1\t: no "), "cannot open rtsp://***@h/1 : no");
});
