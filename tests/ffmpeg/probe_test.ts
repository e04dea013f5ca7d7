import assert from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import { probe } from "../../src/ffmpeg/probe.ts";
import { bitDepth, sourceColour } from "../../src/ffmpeg/probe_colour.ts";
import { ffmpegOutput, withClip } from "./ffmpeg_runs.ts";

const PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25"];
const SOUND = ["-f", "lavfi", "-i", "sine=frequency=440"];
const X264 = ["-c:v", "libx264", "-preset", "ultrafast"];

Deno.test("sourceColour() fills in what the stream does not say, when", async (t) => {
  const cases: Record<string, [Parameters<typeof sourceColour>[0], object]> = {
    "it is all tagged": [
      { pix_fmt: "yuv420p", color_space: "bt709", color_range: "tv", height: 480 },
      { matrix: "bt709", range: "limited", isRgb: false, hdr: undefined },
    ],
    "it is untagged and low": [
      { pix_fmt: "yuv420p", height: 576 },
      { matrix: "bt601", range: "limited" },
    ],
    "it is untagged and high": [
      { pix_fmt: "yuv420p", color_space: "unknown", height: 720 },
      { matrix: "bt709", range: "limited" },
    ],
    "the pixel format tells the range": [
      { pix_fmt: "yuvj422p", height: 480 },
      { matrix: "bt601", range: "full" },
    ],
    "it is RGB of full range": [
      { pix_fmt: "gbrp", color_space: "gbr", color_range: "pc", height: 1080 },
      { matrix: "bt709", range: "limited", isRgb: true },
    ],
    "it is a small palette": [
      { pix_fmt: "pal8", height: 100 },
      { matrix: "bt601", range: "limited", isRgb: true },
    ],
    "the matrix is none of ours": [
      { pix_fmt: "yuv420p", color_space: "smpte240m", height: 480 },
      { matrix: "bt709", foreignMatrix: "smpte240m" },
    ],
    "it is PQ": [
      {
        pix_fmt: "yuv420p10le",
        color_space: "bt2020nc",
        color_transfer: "smpte2084",
        height: 2160,
      },
      { matrix: "bt2020", hdr: "pq" },
    ],
    "it is HLG": [
      { pix_fmt: "yuv420p10le", color_space: "bt2020nc", color_transfer: "arib-std-b67" },
      { matrix: "bt2020", hdr: "hlg" },
    ],
  };
  for (const [name, [fields, expected]] of Object.entries(cases)) {
    await t.step(name, () => {
      const actual = sourceColour(fields);
      for (const [key, value] of Object.entries(expected)) {
        assert.equal(actual[key as keyof typeof actual], value, key);
      }
    });
  }
});

Deno.test("bitDepth() reads the pixel format's name", () => {
  const cases: [format: string, bits: number][] = [
    ["yuv420p", 8],
    ["yuvj444p", 8],
    ["nv12", 8],
    ["yuv420p10le", 10],
    ["yuv422p12be", 12],
    ["p010le", 10],
    ["gray16le", 16],
    ["rgb24", 8],
    ["rgb48le", 16],
    ["unknown", 8],
  ];
  for (const [format, bits] of cases) assert.equal(bitDepth(format), bits, format);
});

Deno.test("probe() describes a plain clip with sound", async () => {
  const args = [...PICTURE, ...SOUND, "-t", "2", ...X264, "-pix_fmt", "yuv420p", "-c:a", "aac"];
  await withClip([...args, "-vf", "setsar=4/3"], "plain clip: 1.mp4", async (path) => {
    const found = await probe(path);
    assert.deepEqual(found.codedSize, { width: 96, height: 64 });
    assert.deepEqual(found.size, { width: 96, height: 64 });
    assert.deepEqual(found.sampleAspectRatio, { numerator: 4, denominator: 3 });
    assert.deepEqual(found.frameRate, { numerator: 25, denominator: 1 });
    assert.equal(found.frameCount, 50);
    assert.equal(found.durationUs, 2_000_000);
    assert.equal(found.videoCodec, "h264");
    assert.equal(found.pixelFormat, "yuv420p");
    assert.deepEqual(found.audioCodecs, ["aac"]);
    assert.equal(found.rotation, 0);
  });
});

Deno.test("probe() turns sizes and the aspect ratio with the picture", async () => {
  const args = [...PICTURE, "-t", "0.2", ...X264, "-pix_fmt", "yuv420p"];
  await withClip([...args, "-vf", "setsar=4/3"], "upright.mp4", async (upright) => {
    const turned = `${upright}.turned.mp4`;
    await ffmpegOutput([
      ...["-i", upright, "-c", "copy", "-metadata:s:v:0", "rotate=90"],
      ...["-y", turned],
    ]);
    // The muxer of ffmpeg 4 takes the tag for counter-clockwise, the decoder turns by 270.
    const found = await probe(turned);
    assert.equal(found.rotation, 270);
    assert.deepEqual(found.codedSize, { width: 96, height: 64 });
    assert.deepEqual(found.size, { width: 64, height: 96 });
    assert.deepEqual(found.sampleAspectRatio, { numerator: 3, denominator: 4 });
  });
});

Deno.test("probe() leaves out of the count what an edit list hides", async () => {
  const args = [...PICTURE, "-t", "2", ...X264, "-g", "50", "-pix_fmt", "yuv420p"];
  await withClip(args, "whole.mp4", async (whole) => {
    // A copy from 0.6 s on keeps all frames since the keyframe at 0, and hides the first 15.
    const cut = `${whole}.cut.mp4`;
    await ffmpegOutput(["-ss", "0.6", "-i", whole, "-c", "copy", "-y", cut]);
    assert.equal((await probe(cut)).frameCount, 35);
  });
});

Deno.test("probe() estimates the count, where the container gives none", async () => {
  const args = [...PICTURE, "-t", "2", ...X264, "-pix_fmt", "yuv420p"];
  await withClip(args, "clip.mkv", async (path) => {
    const found = await probe(path);
    assert.equal(found.frameCount, 50);
    assert.deepEqual(found.audioCodecs, []);
  });
});

Deno.test("probe() takes a cover picture for no video", async () => {
  const folder = await Deno.makeTempDir();
  const cover = `${folder}/cover.png`;
  await ffmpegOutput([...PICTURE, "-frames:v", "1", cover]);
  const album = ["-i", cover, ...SOUND, "-t", "1", "-map", "0", "-map", "1", "-c:v", "copy"];
  const song = [...album, "-c:a", "libmp3lame", "-id3v2_version", "3"];
  await withClip(song, "song.mp3", async (path) => {
    await assert.rejects(() => probe(path), (error: Error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /no video stream/);
      return true;
    });
  });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("probe() says what is wrong, when the input is", async (t) => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/text.mp4`, "This is no video.".repeat(100));
  await ffmpegOutput([...SOUND, "-t", "0.1", `${folder}/sound.wav`]);
  const cases: Record<string, [string, RegExp]> = {
    "missing": [`${folder}/absent.mp4`, /no such file/],
    "text": [`${folder}/text.mp4`, /not a video that ffmpeg knows/],
    "sound": [`${folder}/sound.wav`, /sound but no video/],
    "a broken graph": ["lavfi:no_such_filter", /Check the filter graph/],
    "a dead address": ["http://user:secret@127.0.0.1:1/a.mp4", /refused.*Check the address/],
  };
  for (const [name, [input, message]] of Object.entries(cases)) {
    await t.step(name, async () => {
      await assert.rejects(() => probe(input), (error: Error) => {
        assert.ok(error instanceof InputError, String(error));
        assert.match(error.message, message);
        assert.ok(!error.message.includes("secret") && !error.message.includes("\n"));
        return true;
      });
    });
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("probe() stops, when the signal aborts", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(() => probe("lavfi:testsrc2", { signal }), /enough/);
});

Deno.test("probe() reads a transport stream with a service name", async () => {
  // Static builds of ffprobe crash on its character set, where they find the system's converters.
  const args = [...PICTURE, "-t", "1", ...X264, "-pix_fmt", "yuv420p"];
  await withClip([...args, "-metadata", "service_name=Camera"], "clip.ts", async (path) => {
    assert.equal((await probe(path)).format, "mpegts");
  });
});
