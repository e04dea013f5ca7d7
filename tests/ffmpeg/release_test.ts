import assert from "node:assert/strict";
import {
  isAtLeast,
  parseVersion,
  passthroughOption,
  rtspTimeoutOption,
} from "../../src/ffmpeg/release.ts";

/** The first lines that such binaries print. */
function answer(version: string, libavformat: string, configuration = ""): string {
  return `ffmpeg version ${version} Copyright (c) the FFmpeg developers\n` +
    `configuration: ${configuration}\nlibavformat    ${libavformat} / ${libavformat}\n`;
}

Deno.test("parseVersion() finds the release, when the version is", () => {
  const cases: [version: string, libavformat: string, release: [number, number]][] = [
    ["N-47683-g0e8eb07980-static", "58. 24.100", [4, 1]],
    ["N-66595-gc2b38619c0-static", "60. 10.100", [6, 0]],
    ["5.1.9-0+deb12u1", "59. 27.100", [5, 1]],
    ["n6.1", "60. 16.100", [6, 1]],
    ["4.4.2", "58. 76.100", [4, 4]],
    ["2024-07-01-git-b2a2f5b0e6-full_build-www.gyan.dev", "61.  5.100", [7, 0]],
    ["git-2026-01-01-abc", "63.  1.100", [9, 0]],
  ];
  for (const [version, libavformat, release] of cases) {
    assert.deepEqual(parseVersion(answer(version, libavformat))?.release, release, version);
  }
});

Deno.test("parseVersion() tells whether zimg is there", () => {
  assert.equal(parseVersion(answer("5.1", "59. 27.100", "--enable-libzimg"))?.hasZscale, true);
  assert.equal(parseVersion(answer("5.1", "59. 27.100", "--enable-gpl"))?.hasZscale, false);
});

Deno.test("parseVersion() gives nothing for what is no ffmpeg of release 4 or newer", () => {
  assert.equal(parseVersion(""), undefined);
  assert.equal(parseVersion("GNU ls (coreutils) 9.1"), undefined);
  assert.equal(parseVersion(answer("N-1-gabc", "57. 83.100")), undefined);
});

Deno.test("passthroughOption() and rtspTimeoutOption() follow the release", () => {
  assert.deepEqual(passthroughOption([4, 1]), ["-vsync", "passthrough"]);
  assert.deepEqual(passthroughOption([5, 0]), ["-vsync", "passthrough"]);
  assert.deepEqual(passthroughOption([5, 1]), ["-fps_mode", "passthrough"]);
  assert.deepEqual(passthroughOption([7, 0]), ["-fps_mode", "passthrough"]);
  assert.equal(rtspTimeoutOption([4, 4]), "-stimeout");
  assert.equal(rtspTimeoutOption([5, 0]), "-timeout");
});

Deno.test("isAtLeast() compares releases", () => {
  assert.ok(isAtLeast([5, 1], [5, 1]));
  assert.ok(isAtLeast([6, 0], [5, 1]));
  assert.ok(!isAtLeast([5, 0], [5, 1]));
  assert.ok(!isAtLeast([4, 9], [5, 1]));
});
