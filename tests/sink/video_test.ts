import assert from "node:assert/strict";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { OutputError } from "../../src/errors.ts";
import { nowMs } from "../../src/frame/clock.ts";
import { ffmpeg } from "../testing/media.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import {
  frameTimes,
  namesIn,
  openSyntheticSink,
  probeFile,
  SIZE,
  streamInfo,
  syntheticFrame,
  timesAt25,
  writeFrames,
} from "./synthetic.ts";

/** Variable rate, with a gap of an hour: longer than 2³¹ µs, where 32-bit clocks end. */
const UNEVEN_US = [0, 16_683, 33_367, 100_100, 101_000, 500_000, 3_600_000_000, 3_600_033_367];

/** Largest difference in seconds. */
function worstDifference(actual: readonly number[], expectedUs: readonly number[]): number {
  assert.equal(actual.length, expectedUs.length);
  return Math.max(...actual.map((time, index) => Math.abs(time - expectedUs[index]! / 1e6)));
}

for (const ffmpegPath of [undefined, "ffmpeg"]) {
  const by = `by ${ffmpegPath === undefined ? "the bundled" : "the system's"} ffmpeg`;
  for (const extension of ["mp4", "mov", "mkv", "webm", "ts"]) {
    Deno.test(`openVideoSink() keeps the times of every frame to 1 ms in .${extension}, ${by}`, async () => {
      await using folder = await temporaryDirectory();
      const target = folder.join(`demo.${extension}`);
      const startUs = 66_733;
      const binary = await findFfmpeg({ path: ffmpegPath });
      const sink = await openSyntheticSink(target, { binary, startUs: () => startUs });
      await writeFrames(sink, UNEVEN_US);
      const { path, bytes, cpuMs } = await sink.close("complete");
      assert.equal(path, target);
      assert.equal(bytes, (await Deno.stat(target)).size);
      assert(cpuMs! > 0);
      const shownUs = UNEVEN_US.map((time) => time + startUs);
      assert(worstDifference(await frameTimes(target), shownUs) <= 0.001);
      assert.deepEqual(await namesIn(folder.path), [`demo.${extension}`]);
    });
  }
}

for (const extension of ["mp4", "mov"]) {
  Deno.test(`openVideoSink() puts the index of .${extension} in front, so that it plays while it loads`, async () => {
    await using folder = await temporaryDirectory();
    const target = folder.join(`demo.${extension}`);
    const sink = await openSyntheticSink(target);
    await writeFrames(sink, timesAt25(3));
    await sink.close("complete");
    const text = new TextDecoder("latin1").decode(await Deno.readFile(target));
    const [index, pictures] = [text.indexOf("moov"), text.indexOf("mdat")];
    assert(0 < index && index < pictures, `moov at ${index}, mdat at ${pictures}`);
  });
}

Deno.test("openVideoSink() writes tagged H.264 with the picture, range and aspect ratio it got", async () => {
  await using folder = await temporaryDirectory();
  const cases = [
    ["bt709", "limited", ["bt709", "bt709", "bt709", "tv"]],
    ["bt601", "full", ["smpte170m", "smpte170m", "smpte170m", "pc"]],
    ["bt2020", "limited", ["bt2020nc", "bt2020", "bt2020-10", "tv"]],
  ] as const;
  for (const [matrix, range, tags] of cases) {
    for (const extension of ["mp4", "mkv"]) {
      const target = folder.join(`${matrix}.${extension}`);
      const stream = streamInfo({
        colour: { matrix, range },
        sampleAspectRatio: { numerator: 4, denominator: 3 },
      });
      const sink = await openSyntheticSink(target, { stream, crf: 1 });
      await writeFrames(sink, timesAt25(3));
      await sink.close("complete");
      const video = (await probeFile(target)).streams[0]!;
      assert.equal(video.codec_name, "h264");
      assert.equal(video.sample_aspect_ratio, "4:3");
      assert.equal(video.nb_read_frames, "3");
      assert.equal(video.tags?.rotate, undefined);
      const { color_space, color_primaries, color_transfer, color_range } = video;
      assert.deepEqual([color_space, color_primaries, color_transfer, color_range], tags);
      // Without a conversion of range the luma is within the encoder's error, here 3 codes at crf 1.
      const luma = await ffmpeg([
        "-i",
        target,
        "-frames:v",
        "1",
        "-vf",
        "extractplanes=y",
        "-f",
        "rawvideo",
        "-",
      ]);
      const { pixels } = syntheticFrame(0, 0);
      assert.equal(luma.length, SIZE.width * SIZE.height);
      assert(luma.every((code, at) => Math.abs(code - pixels[at]!) <= 3));
    }
  }
});

Deno.test("openVideoSink() gives H.264 the level of its real frame rate", async () => {
  await using folder = await temporaryDirectory();
  const target = folder.join("demo.mp4");
  const sink = await openSyntheticSink(target);
  await writeFrames(sink, timesAt25(2));
  await sink.close("complete");
  const [video] = (await probeFile(target)).streams as unknown as [{ level: number }];
  // 24 macroblocks at 25 a second: level 1 allows 1485 a second (H.264 table A-1).
  assert.equal(video.level, 10);
});

Deno.test("VideoSink.close() leaves a playable file under a partial name, when interrupted", async () => {
  await using folder = await temporaryDirectory();
  for (const extension of ["mp4", "mkv", "ts"]) {
    const sink = await openSyntheticSink(folder.join(`demo.${extension}`));
    await writeFrames(sink, timesAt25(7));
    const { path } = await sink.close("interrupted");
    assert.equal(path, folder.join(`demo.partial.${extension}`));
    assert(worstDifference(await frameTimes(path!), timesAt25(7)) <= 0.001);
    assert.deepEqual(await namesIn(folder.path), [`demo.partial.${extension}`]);
    await Deno.remove(path!);
  }
});

Deno.test("VideoSink.abort() leaves nothing, at any time and twice", async () => {
  await using folder = await temporaryDirectory();
  for (const frames of [0, 5]) {
    const sink = await openSyntheticSink(folder.join("demo.mp4"));
    await writeFrames(sink, timesAt25(frames));
    await sink.abort();
    await sink.abort();
    await assert.rejects(sink.write(syntheticFrame(0, 0)), /it was closed/);
  }
  const closing = await openSyntheticSink(folder.join("demo.mp4"));
  await writeFrames(closing, timesAt25(5));
  const closed = assert.rejects(closing.close("complete"), OutputError);
  await closing.abort();
  await closed;
  assert.deepEqual(await namesIn(folder.path), []);
});

Deno.test("VideoSink.close() says that it was closed, when abort() comes while the file gets its form, and another abort() waits for that", async () => {
  await using folder = await temporaryDirectory();
  const ffmpeg = await findFfmpeg();
  let aborting: Promise<void> | undefined;
  const binary = {
    ...ffmpeg,
    get path() {
      // Read whenever one is started.
      if (isClosing) aborting = sink.abort();
      return ffmpeg.path;
    },
  };
  let isClosing = false;
  const sink = await openSyntheticSink(folder.join("demo.mp4"), { binary });
  await writeFrames(sink, timesAt25(5));
  isClosing = true;
  await assert.rejects(sink.close("complete"), { name: "OutputError", message: /it was closed/ });
  assert.ok(aborting);
  await sink.abort();
  assert.deepEqual(await namesIn(folder.path), []);
  await aborting;
});

Deno.test("VideoSink.close() leaves nothing, when there was no frame", async () => {
  await using folder = await temporaryDirectory();
  const sink = await openSyntheticSink(folder.join("demo.mp4"));
  assert.equal((await sink.close("complete")).path, undefined);
  assert.deepEqual(await namesIn(folder.path), []);
});

Deno.test("VideoSink.abort() after close() keeps the result", async () => {
  await using folder = await temporaryDirectory();
  const sink = await openSyntheticSink(folder.join("demo.mp4"));
  await writeFrames(sink, timesAt25(2));
  await sink.close("complete");
  await sink.abort();
  assert.deepEqual(await namesIn(folder.path), ["demo.mp4"]);
});

Deno.test("VideoSink.firstFrameEncodedAtMs is known while frames still come", async () => {
  await using folder = await temporaryDirectory();
  const sink = await openSyntheticSink(folder.join("demo.mp4"));
  const startMs = nowMs();
  assert.equal(sink.firstFrameEncodedAtMs, undefined);
  let index = 0;
  while (sink.firstFrameEncodedAtMs === undefined && nowMs() - startMs < 60_000) {
    await sink.write(syntheticFrame(index, index * 40_000));
    index++;
  }
  assert(sink.firstFrameEncodedAtMs! > startMs && sink.firstFrameEncodedAtMs! <= nowMs());
  await sink.abort();
});

Deno.test("openVideoSink() replaces no file, and says what is wrong in one line", async () => {
  await using folder = await temporaryDirectory();
  const existing = folder.join("there.mp4");
  await Deno.writeTextFile(existing, "somebody's");
  const cases: [string, Parameters<typeof openSyntheticSink>[1], RegExp][] = [
    [existing, {}, /it exists\. Add --overwrite/],
    [folder.join("demo.avi"), {}, /"\.avi" is no format written here\. Use one of \.mp4, .*\.ts/],
    [folder.join("demo"), {}, /the name has no extension\. Use one of/],
    ["-", { format: "avi" }, /"avi" to a pipe: .*Use one of matroska, /],
    [
      folder.join("demo.mp4"),
      { encoder: "nvidia" },
      /no video encoder "nvidia".*libx264, .*libx265/,
    ],
    [folder.join("demo.webm"), { encoder: "libx264" }, /WebM takes no h264 .* only vp9, vp8, av1/],
  ];
  for (const [target, options, expected] of cases) {
    const error = await openSyntheticSink(target, options).then(() => undefined, (error) => error);
    assert(error instanceof OutputError, String(error));
    assert.match(error.message, expected);
    assert(!error.message.includes("\n"));
  }
  await assert.rejects(openSyntheticSink(folder.join("demo.mp4"), { crf: 52 }), RangeError);
  await assert.rejects(
    openSyntheticSink(folder.join("demo.mp4"), { encoder: "mpeg4", crf: 5 }),
    /no constant quality is known for mpeg4/,
  );
  assert.equal(await Deno.readTextFile(existing), "somebody's");
  assert.deepEqual(await namesIn(folder.path), ["there.mp4"]);
});

Deno.test("VideoSink.write() rejects with ffmpeg's reason, when the encoder does not start", async () => {
  await using folder = await temporaryDirectory();
  const sink = await openSyntheticSink(folder.join("demo.mp4"), { preset: "fastest" });
  await assert.rejects(writeFrames(sink, timesAt25(500)), (error: unknown) => {
    assert(error instanceof OutputError);
    assert.match(error.message, /^Cannot encode ".*demo\.mp4": [^\n]*preset[^\n]*$/);
    return true;
  });
  await sink.abort();
  assert.deepEqual(await namesIn(folder.path), []);
});

Deno.test("openVideoSink() encodes with the encoder it is told to", async () => {
  await using folder = await temporaryDirectory();
  const cases = [
    ["libx265", "mp4", "hevc"],
    ["libx265", "ts", "hevc"],
    ["libvpx", "webm", "vp8"],
    ["libvpx-vp9", "mp4", "vp9"],
    ["ffv1", "mkv", "ffv1"],
  ] as const;
  for (const [encoder, extension, codec] of cases) {
    const target = folder.join(`${encoder}.${extension}`);
    const sink = await openSyntheticSink(target, { encoder });
    await writeFrames(sink, timesAt25(10));
    await sink.close("complete");
    assert.equal((await probeFile(target)).streams[0]!.codec_name, codec);
    assert(worstDifference(await frameTimes(target), timesAt25(10)) <= 0.001, encoder);
  }
});
