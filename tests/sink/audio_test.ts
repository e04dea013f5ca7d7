import assert from "node:assert/strict";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { probe } from "../../src/ffmpeg/probe.ts";
import { ffmpeg } from "../testing/media.ts";
import { shared } from "../testing/shared.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import {
  frameTimes,
  namesIn,
  openSyntheticSink,
  packetSpan,
  probeFile,
  soundOf,
  timesAt25,
  writeFrames,
} from "./synthetic.ts";

/** A clip with two tracks of sound of these codecs, with titles and languages. */
async function makeSource(path: string, encoder: string, seconds = 2): Promise<void> {
  await ffmpeg([
    ...["-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25", "-f", "lavfi", "-i", "sine=440"],
    ...["-f", "lavfi", "-i", "sine=880", "-map", "0", "-map", "1", "-map", "2"],
    ...["-t", String(seconds), "-c:v", "libx264", "-c:a", encoder, "-metadata", "title=Kerb"],
    ...["-metadata:s:a:0", "language=ger", "-metadata:s:a:1", "language=fra"],
    path,
  ]);
}

const CASES = [
  // source, its encoder, its codec, target, codec of the sound in it
  ["source.mp4", "aac", "aac", "demo.mp4", "aac"],
  ["source.mp4", "aac", "aac", "demo.mov", "aac"],
  ["source.mp4", "aac", "aac", "demo.mkv", "aac"],
  ["source.mp4", "aac", "aac", "demo.ts", "aac"],
  ["source.mp4", "aac", "aac", "demo.webm", "opus"],
  ["source.mkv", "libvorbis", "vorbis", "demo.mkv", "vorbis"],
  ["source.mkv", "libvorbis", "vorbis", "demo.webm", "vorbis"],
  ["source.mkv", "libvorbis", "vorbis", "demo.mp4", "aac"],
  ["source.mkv", "libopus", "opus", "demo.mp4", "opus"],
  ["source.mkv", "pcm_s16le", "pcm_s16le", "demo.mov", "pcm_s16le"],
  ["source.mkv", "pcm_s16le", "pcm_s16le", "demo.ts", "aac"],
  ["source.mkv", "adpcm_ima_wav", "adpcm_ima_wav", "demo.mkv", "aac"],
] as const;

for (const ffmpegPath of [undefined, "ffmpeg"]) {
  const by = `by ${ffmpegPath === undefined ? "the bundled" : "the system's"} ffmpeg`;
  Deno.test(`VideoSink keeps every track of sound in step with the picture, ${by}`, async () => {
    const binary = await findFfmpeg({ path: ffmpegPath });
    for (const [sourceName, encoder, codec, targetName, expected] of CASES) {
      await using folder = await temporaryDirectory();
      const [source, target] = [folder.join(sourceName), folder.join(targetName)];
      await makeSource(source, encoder);
      const sink = await openSyntheticSink(target, {
        binary,
        audioFrom: soundOf(source, codec, codec),
        startUs: () => 66_733,
      });
      await writeFrames(sink, timesAt25(40));
      const { notes } = await sink.close("complete");
      const what = `${encoder} to ${targetName}`;
      assert.deepEqual(notes, [], what);
      const { streams, format } = await probeFile(target);
      const sound = streams.filter((stream) => stream.codec_type === "audio");
      assert.deepEqual(sound.map((stream) => stream.codec_name), [expected, expected], what);
      assert.deepEqual(sound.map((stream) => stream.tags?.language), ["ger", "fra"], what);
      if (!targetName.endsWith(".ts")) {
        const tags = Object.entries(format.tags ?? {}).map((
          [name, value],
        ) => [name.toLowerCase(), value]);
        assert.equal(Object.fromEntries(tags).title, "Kerb", what);
      }
      const times = await frameTimes(target);
      assert.equal(times.length, 40, what);
      times.forEach((time, index) => {
        assert(Math.abs(time - (0.066733 + index * 0.04)) <= 0.001, `${what}: ${index} at ${time}`);
      });
      // A packet of AAC, the longest here, lasts 23 ms; priming lies before 0 by at most two.
      const [first, last] = await packetSpan(target, "a:0");
      assert(Math.abs(first) <= 0.047 && Math.abs(last - 2) <= 0.07, `${what}: ${first}–${last}`);
      assert.deepEqual(await namesIn(folder.path), [targetName, sourceName].sort());
    }
  });
}

Deno.test("VideoSink.close() ends the sound with the picture, when interrupted or a part", async () => {
  await using folder = await temporaryDirectory();
  const source = folder.join("source.mp4");
  await makeSource(source, "aac", 20);
  const sink = await openSyntheticSink(folder.join("demo.mp4"), {
    audioFrom: soundOf(source, "aac", "aac"),
  });
  await writeFrames(sink, timesAt25(50));
  const { path } = await sink.close("interrupted");
  assert(Math.abs((await packetSpan(path!, "a:0"))[1] - 2) < 0.5);
  const part = await openSyntheticSink(folder.join("part.mkv"), {
    audioFrom: soundOf(source, "aac", "aac"),
    cutsAudio: true,
  });
  await writeFrames(part, timesAt25(50));
  await part.close("complete");
  assert(Math.abs((await packetSpan(folder.join("part.mkv"), "a:1"))[1] - 2) < 0.5);
  const whole = await openSyntheticSink(folder.join("whole.mp4"), {
    audioFrom: soundOf(source, "aac", "aac"),
  });
  await writeFrames(whole, timesAt25(50));
  await whole.close("complete");
  assert(Math.abs((await packetSpan(folder.join("whole.mp4"), "a:0"))[1] - 20) < 0.1);
});

Deno.test("VideoSink.close() keeps the picture and says so, when the sound cannot be read", async () => {
  await using folder = await temporaryDirectory();
  const source = folder.join("gone.mp4");
  const sink = await openSyntheticSink(folder.join("demo.mp4"), {
    audioFrom: soundOf(source, "aac"),
  });
  await writeFrames(sink, timesAt25(5));
  const { notes, path } = await sink.close("complete");
  assert.match(notes![0]!, /^The sound could not be kept: .*No such file/);
  assert.equal((await frameTimes(path!)).length, 5);
  assert.deepEqual(await namesIn(folder.path), ["demo.mp4"]);
});

const failing = shared("data/torture/moviepy_video_with_failing_audio.mp4");
Deno.test({
  name: failing.name("VideoSink keeps the picture whole, when the sound is damaged"),
  ignore: failing.ignore,
  async fn() {
    await using folder = await temporaryDirectory();
    const audioFrom = await probe(failing.path);
    for (const extension of ["mp4", "mkv", "ts", "webm"]) {
      const target = folder.join(`demo.${extension}`);
      const sink = await openSyntheticSink(target, { audioFrom });
      await writeFrames(sink, timesAt25(280));
      await sink.close("complete");
      assert.equal((await frameTimes(target)).length, 280, extension);
      assert((await packetSpan(target, "a:0"))[1] > 5, extension);
    }
  },
});

for (
  const name of [
    "videos/carnd_solidWhiteRight_960x540.mp4",
    "torture/exo_sample_fragmented.mp4",
    "torture/mediabunny_edts.mp4",
    "torture/exo_video_desks_h263.3gp",
    "torture/exo_sample_av1.mp4",
  ]
) {
  const clip = shared(`data/${name}`);
  Deno.test({
    name: clip.name(`VideoSink copies the sound of ${name} where it was`),
    ignore: clip.ignore,
    async fn() {
      await using folder = await temporaryDirectory();
      const audioFrom = await probe(clip.path);
      const { format } = await probeFile(clip.path);
      const span = await packetSpan(clip.path, "a:0");
      const zero = Number(format.start_time ?? 0);
      for (const extension of ["mp4", "mkv"]) {
        const target = folder.join(`demo.${extension}`);
        const sink = await openSyntheticSink(target, { audioFrom });
        await writeFrames(sink, timesAt25(10));
        assert.deepEqual((await sink.close("complete")).notes, []);
        const [first, last] = await packetSpan(target, "a:0");
        // Matroska has no packets before 0: it begins with the next one, at most 24 ms of AAC later.
        const expected = extension === "mkv" ? Math.max(0, span[0] - zero) : span[0] - zero;
        const tolerance = extension === "mkv" ? 0.024 : 0.0015;
        assert(Math.abs(first - expected) <= tolerance, `${extension}: ${first}, not ${expected}`);
        assert(Math.abs(last - (span[1] - zero)) <= 0.0015, `${last} for ${span[1] - zero}`);
      }
    },
  });
}
