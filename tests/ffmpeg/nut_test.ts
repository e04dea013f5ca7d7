import assert from "node:assert/strict";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { EndOfDataError, NutReader } from "../../src/ffmpeg/nut_reader.ts";
import { NutWriter } from "../../src/ffmpeg/nut_writer.ts";
import { spawnFfmpeg } from "../../src/ffmpeg/process.ts";
import { ffmpegOutput, otherFfmpeg } from "./ffmpeg_runs.ts";

const SIZE = { width: 6, height: 4 };
const FRAME_BYTES = 36;
const VIDEO = {
  size: SIZE,
  sampleAspectRatio: { numerator: 4, denominator: 3 },
  colour: { matrix: "bt709", range: "limited" },
} as const;

/** Irregular, one of them past 2^31 µs (36 minutes), where 32-bit readers of a PTS fail. */
const IRREGULAR_US = [0, 1, 40_003, 1_155_208, 2_147_483_648, 2_147_523_648, 36_000_000_007];

/** A frame whose bytes name it; "N" among them must not be taken for a startcode. */
function frameOf(index: number, bytes = FRAME_BYTES): Uint8Array {
  return Uint8Array.from(
    { length: bytes },
    (_, at) => at % 3 === 0 ? 0x4E : (index * 7 + at) % 256,
  );
}

function writeStream(ptsUs: readonly number[], frameRate?: { numerator: 25; denominator: 1 }) {
  const writer = new NutWriter({ ...VIDEO, frameRate });
  const parts = [writer.header()];
  ptsUs.forEach((pts, index) => parts.push(writer.frameHeader(pts, FRAME_BYTES), frameOf(index)));
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A byte stream that gives `bytes` in pieces. */
function streamOf(bytes: Uint8Array, pieceLength: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      if (at < bytes.length) return controller.enqueue(bytes.slice(at, at += pieceLength));
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
}

async function readAll(stream: ReadableStream<Uint8Array>) {
  const reader = new NutReader(stream);
  const frames: { ptsUs: number; pixels: Uint8Array }[] = [];
  for (let frame; (frame = await reader.nextFrame()) !== undefined;) {
    const pixels = new Uint8Array(new SharedArrayBuffer(frame.byteLength));
    await reader.readPayload(pixels);
    frames.push({ ptsUs: frame.ptsUs, pixels });
  }
  return { frames, stream: reader.stream };
}

Deno.test("NutReader reads what NutWriter wrote, whatever the pieces", async (t) => {
  const bytes = writeStream(IRREGULAR_US);
  for (const pieceLength of [1, 2, 7, 37, 64, bytes.length]) {
    await t.step(`pieces of ${pieceLength} bytes`, async () => {
      const { frames, stream } = await readAll(streamOf(bytes, pieceLength));
      assert.deepEqual(frames.map((frame) => frame.ptsUs), IRREGULAR_US);
      frames.forEach(({ pixels }, index) => assert.deepEqual([...pixels], [...frameOf(index)]));
      assert.deepEqual(stream?.size, SIZE);
      assert.equal(stream?.codec, "I420");
      assert.deepEqual(stream?.sampleAspectRatio, VIDEO.sampleAspectRatio);
    });
  }
});

Deno.test("NutReader passes over a payload that is not read", async () => {
  const reader = new NutReader(streamOf(writeStream([0, 10, 20]), 5));
  assert.equal((await reader.nextFrame())?.ptsUs, 0);
  assert.equal((await reader.nextFrame())?.ptsUs, 10);
  const pixels = new Uint8Array(FRAME_BYTES);
  await reader.readPayload(pixels);
  assert.deepEqual(pixels, frameOf(1));
  assert.equal((await reader.nextFrame())?.ptsUs, 20);
  assert.equal(await reader.nextFrame(), undefined);
});

/** Where the packet or frame header that begins at `at` ends: startcode, length, body. */
function packetEnd(bytes: Uint8Array, at: number): number {
  return at + 9 + bytes[at + 8]!;
}

Deno.test("NutReader tells a cut stream from an ended one, wherever the cut", async () => {
  const bytes = writeStream([0, 40_000]);
  const fileId = 25;
  const streamHeader = packetEnd(bytes, fileId);
  const syncpoint = packetEnd(bytes, streamHeader);
  const frame = packetEnd(bytes, syncpoint);
  const nextSyncpoint = writeStream([0]).length;
  const nextFrame = packetEnd(bytes, nextSyncpoint);
  const ends = [fileId, streamHeader, syncpoint, frame, nextSyncpoint, nextFrame];
  for (let length = 1; length < bytes.length; length++) {
    const read = readAll(streamOf(bytes.subarray(0, length), 16));
    const outcome = await read.then(() => "ended", (error) => error.constructor);
    assert.equal(outcome, ends.includes(length) ? "ended" : EndOfDataError, `cut at ${length}`);
  }
});

Deno.test("NutReader refuses what is no such stream, when", async (t) => {
  const good = writeStream([0]);
  const changed = (at: number, byte: number) => {
    const bytes = good.slice();
    bytes[at] = byte;
    return bytes;
  };
  // Offsets: 25 bytes of file id, 8 of startcode, 1 of length, then version and stream count.
  const cases: Record<string, [Uint8Array, RegExp]> = {
    "it begins otherwise": [changed(0, 0x4D), /does not begin as a NUT file/],
    "a startcode is unknown": [changed(26, 0), /unknown startcode/],
    "the version is 9": [changed(34, 9), /version 9/],
    "there are two streams": [changed(35, 2), /2 streams/],
    "a header outgrows its packet": [changed(33, 6), /longer than its packet/],
    "a frame comes before the headers": [
      Uint8Array.of(...good.subarray(0, 25), 1),
      /no main header/,
    ],
    "a number has no end": [
      Uint8Array.of(...good.subarray(0, 34), ...new Uint8Array(64).fill(0xFF)),
      /53 bits/,
    ],
  };
  for (const [name, [bytes, message]] of Object.entries(cases)) {
    await t.step(name, async () => {
      await assert.rejects(() => readAll(streamOf(bytes, 11)), (error: Error) => {
        assert.ok(error instanceof RangeError, String(error));
        assert.match(error.message, message);
        return true;
      });
    });
  }
  await t.step("the buffer has another length", async () => {
    const reader = new NutReader(streamOf(good, 64));
    await reader.nextFrame();
    await assert.rejects(() => reader.readPayload(new Uint8Array(5)), RangeError);
  });
});

Deno.test("NutWriter.frameHeader() refuses a negative or broken PTS", () => {
  const writer = new NutWriter(VIDEO);
  for (const pts of [-1, 0.5, NaN, 2 ** 53]) {
    assert.throws(() => writer.frameHeader(pts, FRAME_BYTES), RangeError);
  }
});

for (const path of [undefined, otherFfmpeg]) {
  const name = path ?? "the bundled ffmpeg";

  Deno.test(`${name} reads the exact PTS that NutWriter wrote`, async () => {
    const binary = await findFfmpeg({ path });
    for (const frameRate of [undefined, { numerator: 25, denominator: 1 } as const]) {
      const run = spawnFfmpeg(binary, [
        ...["-f", "nut", "-i", "-", "-c", "copy", "-f", "nut", "-"],
      ], { stdin: true, stdout: true });
      const output = readAll(run.stdout);
      const input = run.stdin.getWriter();
      await input.write(writeStream(IRREGULAR_US, frameRate));
      await input.close();
      const { frames, stream } = await output;
      assert.deepEqual(frames.map((frame) => frame.ptsUs), IRREGULAR_US);
      frames.forEach(({ pixels }, index) => assert.deepEqual([...pixels], [...frameOf(index)]));
      assert.deepEqual(stream?.sampleAspectRatio, VIDEO.sampleAspectRatio);
      const { code, stderrTail } = await run.ended;
      assert.equal(code, 0, stderrTail);
      // The leaps are meant; nothing else may be said.
      assert.doesNotMatch(stderrTail, /^(?!.*DTS discontinuity).+$/m);
    }
  });

  Deno.test(`NutReader reads ${name}'s raw video, all sizes and time bases`, async (t) => {
    const binary = await findFfmpeg({ path });
    const shapes = [
      ["2x2", "1/25"],
      ["64x48", "1/57600"],
      ["642x362", "1/90000"],
      ["2048x1024", "1/1000000"],
    ] as const;
    for (const [size, timeBase] of shapes) {
      await t.step(`${size} in ${timeBase}`, async () => {
        // The picture's luma is the frame number; the PTS is irregular and passes 2^31 ticks.
        const [width, height] = size.split("x").map(Number) as [number, number];
        const graph = `color=black:size=${size}:rate=25,format=yuv420p,` +
          `geq=lum='16+N':cb=128:cr=128,settb=${timeBase},setpts='(N*N+3000*N)/TB'`;
        const args = ["-f", "lavfi", "-i", graph, "-frames:v", "6", "-vsync", "passthrough"];
        args.push("-enc_time_base", "-1", "-c:v", "rawvideo", "-f", "nut", "-");
        const run = spawnFfmpeg(binary, args, { stdin: false, stdout: true });
        const { frames } = await readAll(run.stdout);
        await run.ended;
        const expected = [0, 1, 2, 3, 4, 5].map((n) => (n * n + 3000 * n) * 1e6);
        assert.deepEqual(frames.map((frame) => frame.ptsUs), expected);
        frames.forEach(({ pixels }, index) => {
          assert.equal(pixels.length, width * height * 3 / 2);
          const luma = pixels.subarray(0, width * height);
          assert.ok(luma.every((value) => value === 16 + index), `frame ${index}`);
        });
      });
    }
  });
}

Deno.test("NutReader passes over headers that are repeated", async () => {
  const writer = new NutWriter({ ...VIDEO, frameRate: { numerator: 25, denominator: 1 } });
  const first = writeStream([0, 40_000]);
  const second = [
    writer.header().subarray(25),
    writer.frameHeader(80_000, FRAME_BYTES),
    frameOf(2),
  ];
  const bytes = Uint8Array.from([...first, ...second.flatMap((part) => [...part])]);
  const { frames } = await readAll(streamOf(bytes, 13));
  assert.deepEqual(frames.map((frame) => frame.ptsUs), [0, 40_000, 80_000]);
  assert.deepEqual(frames[2]?.pixels, frameOf(2));
});

Deno.test("NutReader passes over the index at the end of a file, however long", async () => {
  const args = ["-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25", "-frames:v", "1500"];
  args.push("-pix_fmt", "gray", "-vf", "scale=16:16", "-c:v", "rawvideo", "-f", "nut", "-");
  const bytes = await ffmpegOutput(args);
  assert.match(new TextDecoder("latin1").decode(bytes.subarray(-2_000_000)), /NX\xDDg/);
  const { frames } = await readAll(streamOf(bytes, 4099));
  assert.deepEqual(
    frames.map((frame) => frame.ptsUs),
    Array.from({ length: 1500 }, (_, index) => index * 40_000),
  );
});
