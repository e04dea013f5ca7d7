import assert from "node:assert/strict";
import { OutputError } from "../../src/errors.ts";
import { nowMs } from "../../src/frame/clock.ts";
import { PIPE_FORMATS } from "../../src/sink/containers.ts";
import { makeClip } from "../testing/media.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { ENCODER, noChildrenWith } from "./children.ts";
import {
  frameTimes,
  openSyntheticSink,
  packetSpan,
  probeFile,
  soundOf,
  syntheticFrame,
  timesAt25,
  writeFrames,
} from "./synthetic.ts";

/** A reader of a pipe that writes all it gets to a file. */
async function fileWriter(path: string): Promise<WritableStream<Uint8Array>> {
  return (await Deno.open(path, { write: true, create: true })).writable;
}

for (const format of PIPE_FORMATS) {
  Deno.test(`openVideoSink("-") writes ${format} with picture and sound to the pipe`, async () => {
    await using folder = await temporaryDirectory();
    const source = folder.join("source.mp4");
    await makeClip(source, { audio: true, frames: 50 });
    const stdout = await fileWriter(folder.join("out"));
    const sink = await openSyntheticSink("-", {
      format,
      stdout,
      audioFrom: soundOf(source, "aac"),
      startUs: () => 120_000,
    });
    await writeFrames(sink, timesAt25(50));
    const { path, bytes } = await sink.close("complete");
    assert.equal(path, undefined);
    await stdout.close();
    assert.equal(bytes, (await Deno.stat(folder.join("out"))).size);
    assert(sink.firstFrameEncodedAtMs! > 0);
    const { streams } = await probeFile(folder.join("out"));
    assert.deepEqual(streams.map((stream) => stream.codec_type), ["video", "audio"]);
    const times = await frameTimes(folder.join("out"));
    const [soundStart] = await packetSpan(folder.join("out"), "a:0");
    assert.equal(times.length, 50);
    times.forEach((time, index) => {
      assert(Math.abs(time - times[0]! - index * 0.04) <= 0.001, `${index} at ${time}`);
    });
    // The picture begins 120 ms after the sound, whose priming is at most 47 ms of AAC.
    assert(Math.abs(times[0]! - soundStart - 0.12) <= 0.048, `${times[0]} and ${soundStart}`);
  });
}

Deno.test("VideoSink.write() says that the pipe was closed, when its reader is gone", async () => {
  const stdout = new WritableStream<Uint8Array>({
    write() {
      throw new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
    },
  });
  const sink = await openSyntheticSink("-", { stdout });
  const frames = Array.from({ length: 10_000 }, (_, index) => index * 40_000);
  await assert.rejects(writeFrames(sink, frames), (error: unknown) => {
    assert(error instanceof OutputError);
    assert.match(error.message, /^Cannot write to the pipe: its reader has closed it\./);
    return true;
  });
  await sink.abort();
});

Deno.test('openVideoSink("-") ends with a playable stream when interrupted, and nothing when aborted', async () => {
  await using folder = await temporaryDirectory();
  const source = folder.join("source.mp4");
  await makeClip(source, { audio: true, frames: 250 });
  const stdout = await fileWriter(folder.join("out"));
  const sink = await openSyntheticSink("-", { stdout, audioFrom: soundOf(source, "aac") });
  await writeFrames(sink, timesAt25(20));
  const startMs = nowMs();
  await sink.close("interrupted");
  // After a second the encoder is told to end where it is; on a busy machine that may be sooner than
  // it comes to the last frames.
  const mayBeCut = nowMs() - startMs >= 1000;
  await stdout.close();
  const times = await frameTimes(folder.join("out"));
  assert(mayBeCut ? times.length > 0 : times.length === 20, `${times.length} frames`);
  times.forEach((time, index) => {
    assert(Math.abs(time - times[0]! - index * 0.04) <= 0.001, `${index} at ${time}`);
  });

  const unread = new WritableStream<Uint8Array>({ write: () => new Promise(() => {}) });
  const aborted = await openSyntheticSink("-", { stdout: unread });
  await aborted.write(syntheticFrame(0, 0));
  await aborted.abort();
  await aborted.abort();
  assert.equal((await (await openSyntheticSink("-")).close("complete")).path, undefined);
});

Deno.test({
  name: "VideoSink.abort() ends a close() that waits for who reads no more of the pipe (Linux: ps)",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const unread = new WritableStream<Uint8Array>({ write: () => new Promise(() => {}) });
    const sink = await openSyntheticSink("-", { stdout: unread });
    await sink.write(syntheticFrame(0, 0));
    const closing = assert.rejects(sink.close("complete"), OutputError);
    // One frame fits into the pipe: the encoder ends, and only what it gave is not handed on.
    await noChildrenWith(ENCODER);
    await sink.abort();
    await closing;
  },
});
