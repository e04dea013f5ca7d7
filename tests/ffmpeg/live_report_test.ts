import assert from "node:assert/strict";
import { LiveReport, type LiveVideo } from "../../src/ffmpeg/live_report.ts";

/** What the report says after these lines, and each video that it told of. */
function read(lines: string) {
  const videos: LiveVideo[] = [];
  const report = new LiveReport((video) => videos.push(video));
  for (const line of lines.split("\n")) report.push(line);
  return { report, videos };
}

/** Printed by ffmpeg 4.1 for gst-rtsp-server's stream. */
const RTSP = `\
[tcp @ 0x18f24fc0] [verbose] Starting connection attempt to 127.0.0.1 port 18554
[tcp @ 0x18f24fc0] [verbose] Successfully connected to 127.0.0.1 port 18554
[rtsp @ 0x18f22ec0] [verbose] SDP:
m=video 0 RTP/AVP 96
[info] Input #0, rtsp, from 'rtsp://127.0.0.1:18554/cam':
[info]   Duration: N/A, start: 0.240000, bitrate: N/A
[info]     Stream #0:0: Video: h264 (Constrained Baseline), 1 reference frame, yuv420p(tv, smpte170m, progressive, center), 1920x1080 [SAR 1:1 DAR 4:3], 25 fps, 25 tbr, 90k tbn, 50 tbc
[info] Stream mapping:
[info]   Stream #0:0 -> #0:0 (h264 (native) -> rawvideo (native))
[Parsed_scale_0 @ 0x18f3d9c0] [verbose] w:2*trunc(iw/2) h:2*trunc(ih/2) flags:'bicubic' interl:0
[graph 0 input from stream 0:0 @ 0x18f3eec0] [verbose] w:1920 h:1080 pixfmt:yuv420p tb:1/90000 fr:30000/1001 sar:1/1 sws_param:flags=2
[Parsed_scale_0 @ 0x18f3d9c0] [verbose] w:320 h:240 fmt:yuv420p sar:1/1 -> w:320 h:240 fmt:yuv420p sar:1/1 flags:0x4
[info] Output #0, nut, to 'x.nut':
[info]     Stream #0:0: Video: rawvideo, 1 reference frame (I420 / 0x30323449), yuv420p(center), 320x240`;

Deno.test("LiveReport reads codec, size, rate and colour, when ffmpeg opens a camera", () => {
  const { report, videos } = read(RTSP);
  assert.deepEqual(videos, [{
    format: "rtsp",
    codec: "h264",
    size: { width: 1920, height: 1080 },
    frameRate: { numerator: 30000, denominator: 1001 },
    matrix: "bt601", // smpte170m; untagged, 1080 lines were taken for bt709
  }]);
  assert.equal(report.video, videos[0]);
});

Deno.test("LiveReport knows whether the host has answered", () => {
  const [called, answered] = RTSP.split("\n");
  assert.equal(read("").report.isCalling, false);
  assert.equal(read(called!).report.isCalling, true);
  assert.equal(read(`${called}\n${answered}`).report.isCalling, false);
});

Deno.test("LiveReport tells of another size on the way, once", () => {
  const graph = (size: string) =>
    `[graph 0 input from stream 0:0 @ 0x1] [verbose] ${size} pixfmt:yuv420p tb:1/90000 fr:25/1 sar:1/1`;
  const { videos } = read(
    [RTSP, graph("w:1920 h:1080"), graph("w:640 h:360"), graph("w:640 h:360")].join("\n"),
  );
  assert.deepEqual(videos.map(({ size, codec }) => [size.width, size.height, codec]), [
    [1920, 1080, "h264"],
    [640, 360, "h264"],
  ]);
});

Deno.test("LiveReport waits for the picture, when a stream is joined before its key frame", () => {
  const { videos } = read(`\
[info] Input #0, mpegts, from 'udp://127.0.0.1:15000':
[info]   Stream #0:0[0x100]: Video: h264 ([27][0][0][0] / 0x001B), none, 25 fps, 25 tbr, 90k tbn
[info] Stream mapping:
[graph 0 input from stream 0:0 @ 0x1] [verbose] w:1280 h:720 pixfmt:yuv420p tb:1/90000 fr:90000/1 sar:1/1`);
  assert.deepEqual(videos, [{
    format: "mpegts",
    codec: "h264",
    size: { width: 1280, height: 720 },
    frameRate: { numerator: 25, denominator: 1 }, // 90,000 is a clock and no rate
    matrix: "bt709",
  }]);
});

Deno.test("LiveReport reads matrix, primaries and curve, when they differ, and full range", () => {
  const matrix = (format: string, pixfmt: string) =>
    read(`\
[info] Input #0, mpjpeg, from 'http://127.0.0.1/':
[info]   Stream #0:0: Video: mjpeg (Baseline), 1 reference frame, ${format}, 1920x1080 [SAR 1:1 DAR 16:9], 25 tbr
[graph 0 input from stream 0:0 @ 0x1] [verbose] w:1920 h:1080 pixfmt:${pixfmt} tb:1/25 fr:25/1 sar:1/1`)
      .report.video!.matrix;
  assert.equal(matrix("yuvj444p(pc, bt470bg/unknown/unknown, center)", "yuvj444p"), "bt601");
  assert.equal(matrix("yuvj420p(pc, bt709)", "yuvj420p"), "bt709");
  assert.equal(matrix("yuyv422", "yuyv422"), "bt709");
  assert.equal(matrix("rgb24", "rgb24"), "bt601", "as swscale converts it");
});

Deno.test("LiveReport guesses from the frames' size, when ffmpeg does not say", async () => {
  const { report } = read("[info] Output #0, nut, to 'pipe:':");
  await report.described;
  const size = { width: 640, height: 480 };
  assert.deepEqual(report.videoOr(size), {
    format: "unknown",
    codec: "unknown",
    size,
    frameRate: { numerator: 25, denominator: 1 },
    matrix: "bt601",
  });
});
