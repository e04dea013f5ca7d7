import assert from "node:assert/strict";
import { parseCameraUrl, requestedPath } from "../../src/camera/address.ts";

Deno.test("parseCameraUrl() reads host, port, path and password", () => {
  assert.deepEqual(parseCameraUrl("rtsp://127.0.0.1:8554/cam"), {
    hostname: "127.0.0.1",
    port: 8554,
    path: "/cam",
    credentials: undefined,
  });
  assert.deepEqual(parseCameraUrl("RTSP://user:s%40cret@[::1]/a/b?channel=1"), {
    hostname: "::1",
    port: 554,
    path: "/a/b?channel=1",
    credentials: { user: "user", password: "s@cret" },
  });
  assert.equal(parseCameraUrl("rtsp://localhost:0").path, "/");
});

const REFUSED: readonly (readonly [url: string, why: RegExp])[] = [
  ["cam", /that is no URL/],
  ["127.0.0.1:8554/cam", /that is no URL/],
  ["http://127.0.0.1:8554/cam", /rtsp:\/\/, not http:\/\//],
  ["rtsps://127.0.0.1/cam", /rtsp:\/\/, not rtsps:\/\//],
  ["rtsp:///cam", /malformed/],
  ["rtsp://127.0.0.1:99999/cam", /malformed/],
  ["rtsp://user:secret%@127.0.0.1/cam", /%25/],
];

for (const [url, why] of REFUSED) {
  Deno.test(`parseCameraUrl() refuses ${url.replace("secret", "***")} in one line`, () => {
    assert.throws(() => parseCameraUrl(url), (error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, why);
      assert.doesNotMatch(error.message, /secret|\n/);
      return true;
    });
  });
}

Deno.test("requestedPath() gives path and query, and nothing for no URL", () => {
  assert.equal(requestedPath("rtsp://user@host:1/a/b?c=d"), "/a/b?c=d");
  assert.equal(requestedPath("*"), undefined);
});
