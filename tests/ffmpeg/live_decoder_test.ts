import assert from "node:assert/strict";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { LiveDecoder, type LiveFrame } from "../../src/ffmpeg/live_decoder.ts";
import { parseLiveInput } from "../../src/ffmpeg/live_input.ts";
import type { LiveVideo } from "../../src/ffmpeg/live_report.ts";
import { i420Layout, planeOf } from "../../src/frame/geometry.ts";
import { otherFfmpeg } from "./ffmpeg_runs.ts";

const SQUARE = { numerator: 1, denominator: 1 };

/** What has not come by then does not come, however busy the machine is. */
const PATIENCE_MS = 60_000;

/** Decodes what ffmpeg draws, in real time. */
async function startDecoder(
  ffmpeg: string | undefined,
  graph: string,
  frame?: LiveFrame,
  onVideo: (video: LiveVideo) => void = () => {},
): Promise<LiveDecoder & AsyncDisposable> {
  const decoder = new LiveDecoder(
    await findFfmpeg({ path: ffmpeg }),
    parseLiveInput(`lavfi:${graph}`),
    { rtspTransport: "tcp", socketTimeoutMs: 5000, frame, onVideo },
  );
  return Object.assign(decoder, { [Symbol.asyncDispose]: () => decoder.kill().then(() => {}) });
}

for (const ffmpeg of [undefined, otherFfmpeg]) {
  const name = ffmpeg ?? "the bundled ffmpeg";

  const open = (graph: string, frame?: LiveFrame, onVideo?: (video: LiveVideo) => void) =>
    startDecoder(ffmpeg, graph, frame, onVideo);

  /** The first frame, and the luma at a place in it. */
  const firstFrame = async (graph: string, frame?: LiveFrame) => {
    await using decoder = await open(graph, frame);
    const header = await decoder.nextFrame();
    assert.ok(header !== undefined);
    const pixels = new Uint8Array(header.byteLength);
    assert.ok(await decoder.readPayload(pixels));
    const { size, sampleAspectRatio } = decoder.stream!;
    const luma = planeOf(pixels, i420Layout(size).y);
    return { size, sampleAspectRatio, at: (x: number, y: number) => luma[y * size.width + x]! };
  };

  Deno.test(`LiveDecoder with ${name} gives the camera's size and shape, when none is asked for`, async () => {
    const { size, sampleAspectRatio } = await firstFrame("testsrc=s=65x48:r=25,setsar=16/11");
    assert.deepEqual(size, { width: 64, height: 48 });
    // The column that an even size has no place for makes the others a little wider.
    const { numerator, denominator } = sampleAspectRatio;
    assert.ok(Math.abs(numerator / denominator - (16 / 11) * (65 / 64)) < 0.01);
  });

  Deno.test(`LiveDecoder with ${name} gives limited range, when the camera's is full`, async () => {
    for (const format of ["yuvj420p", "yuvj444p", "yuv420p", "rgb24"]) {
      const { at } = await firstFrame(`color=white:s=64x48:r=25,format=${format}`);
      // White is 235 in limited range, BT.601-7 table 3.
      assert.ok(Math.abs(at(30, 20) - 235) <= 1, `${format}: ${at(30, 20)}`);
    }
  });

  Deno.test(`LiveDecoder with ${name} fits pictures into the stream's frame, their shape kept`, async () => {
    const frame = { size: { width: 64, height: 48 }, sampleAspectRatio: SQUARE };
    const anamorphic = { ...frame, sampleAspectRatio: { numerator: 4, denominator: 3 } };
    // Where the picture lies: [left, top] of its corner; the rest is black, 16.
    const cases: [source: string, frame: LiveFrame, corner: [number, number]][] = [
      ["s=64x48:r=25", frame, [0, 0]],
      ["s=128x96:r=25", frame, [0, 0]],
      ["s=96x54:r=25", frame, [0, 6]], // 16:9 into 4:3: 64x36
      ["s=48x96:r=25", frame, [20, 0]], // upright: 24x48
      ["s=48x48:r=25,setsar=4/3", frame, [0, 0]],
      ["s=72x48:r=25,setsar=4/3", frame, [0, 8]], // 2:1: 64x32
      ["s=64x48:r=25", anamorphic, [8, 0]], // 4:3 into 16:9: 48x48
    ];
    for (const [source, into, [left, top]] of cases) {
      const { size, at, sampleAspectRatio } = await firstFrame(`color=white:${source}`, into);
      assert.deepEqual(size, frame.size);
      assert.deepEqual(sampleAspectRatio, into.sampleAspectRatio);
      // A pixel on either side of the edge, which scaling does not blur as both sides are flat.
      const inside = [at(left, top), at(63 - left, 47 - top), at(32, 24)];
      assert.ok(inside.every((luma) => luma > 230), `${source}: ${inside}`);
      if (left > 0) assert.deepEqual([at(left - 1, 24), at(64 - left, 24)], [16, 16], source);
      if (top > 0) assert.deepEqual([at(32, top - 1), at(32, 48 - top)], [16, 16], source);
    }
  });

  Deno.test(`LiveDecoder with ${name} hands a frame over whole, before the next one comes`, async () => {
    // Were its end kept in a buffer, the first frame would be whole when the second comes: in a quarter
    // of an hour.
    await using decoder = await open("color=white:s=320x240:r=1/1000");
    const timer = setTimeout(() => decoder.kill(), PATIENCE_MS);
    assert.equal((await decoder.nextFrame())?.ptsUs, 0);
    assert.ok(await decoder.skipPayload());
    clearTimeout(timer);
  });

  Deno.test(`LiveDecoder with ${name} says what the camera sends, before its first frame`, async () => {
    const videos: LiveVideo[] = [];
    await using decoder = await open(
      "testsrc2=s=96x64:r=30000/1001",
      { size: { width: 32, height: 32 }, sampleAspectRatio: SQUARE },
      (video) => videos.push(video),
    );
    await decoder.nextFrame();
    await decoder.report.described;
    assert.deepEqual(videos.map(({ codec, size, frameRate }) => ({ codec, size, frameRate })), [{
      codec: videos[0]!.codec === "wrapped_avframe" ? "wrapped_avframe" : "rawvideo",
      size: { width: 96, height: 64 },
      frameRate: { numerator: 30000, denominator: 1001 },
    }]);
  });

  Deno.test(`LiveDecoder with ${name} ends between or within frames, when it is killed`, async () => {
    await using decoder = await open("color=white:s=640x480:r=25"); // more than a pipe holds
    assert.ok(await decoder.nextFrame());
    const { signal } = await decoder.kill();
    assert.equal(signal, "SIGKILL");
    assert.equal(await decoder.readPayload(new Uint8Array(640 * 480 * 3 / 2)), false);
    assert.equal(await decoder.nextFrame(), undefined);
  });
}
