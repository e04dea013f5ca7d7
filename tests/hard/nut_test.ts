/** The reader of the decoder's stream: in any pieces, and with any damage. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { NutReader } from "../../src/ffmpeg/nut_reader.ts";
import { NutWriter } from "../../src/ffmpeg/nut_writer.ts";

const SIZE = { width: 4, height: 2 };
const FRAME_BYTES = 12;

function writeStream(ptsUs: readonly number[]): Uint8Array<ArrayBuffer> {
  const writer = new NutWriter({
    size: SIZE,
    sampleAspectRatio: { numerator: 1, denominator: 1 },
    colour: { matrix: "bt709", range: "limited" },
  });
  const pieces = [writer.header()];
  for (const [index, pts] of ptsUs.entries()) {
    pieces.push(writer.frameHeader(pts, FRAME_BYTES), new Uint8Array(FRAME_BYTES).fill(index));
  }
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

/** A byte stream that gives `bytes` in pieces of the lengths given, over and over. */
function streamOf(bytes: Uint8Array, lengths: readonly number[]): ReadableStream<Uint8Array> {
  let at = 0;
  let piece = 0;
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      if (at < bytes.length) {
        return controller.enqueue(bytes.slice(at, at += lengths[piece++ % lengths.length]!));
      }
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
}

/** Reads all there is; payloads that cannot be right are passed over, as a caller would. */
async function readAll(bytes: Uint8Array, lengths: readonly number[]) {
  const reader = new NutReader(streamOf(bytes, lengths));
  const frames: { ptsUs: number; pixels: number[] }[] = [];
  for (let frame; (frame = await reader.nextFrame()) !== undefined;) {
    assert.ok(frame.byteLength >= 0 && !Number.isNaN(frame.ptsUs));
    if (frame.byteLength !== FRAME_BYTES) continue;
    const pixels = new Uint8Array(FRAME_BYTES);
    await reader.readPayload(pixels);
    frames.push({ ptsUs: frame.ptsUs, pixels: [...pixels] });
  }
  return frames;
}

const lengths = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 8 });

/** Times that grow, up to a hundred hours. */
const times = fc.uniqueArray(fc.nat(360_000_000_000), { minLength: 1, maxLength: 8 })
  .map((each) => each.sort((a, b) => a - b));

Deno.test("NutReader reads the same frames, in whatever pieces they come", async () => {
  await fc.assert(
    fc.asyncProperty(times, lengths, async (ptsUs, pieces) => {
      const frames = await readAll(writeStream(ptsUs), pieces);
      assert.deepEqual(frames.map((frame) => frame.ptsUs), ptsUs);
      frames.forEach(({ pixels }, index) => assert.ok(pixels.every((byte) => byte === index)));
    }),
    { numRuns: 200, seed: 1 },
  );
});

Deno.test("NutReader ends or throws RangeError, whatever bytes are changed, cut or put in", async () => {
  const good = writeStream([0, 40_000, 80_000]);
  const edit = fc.record({
    at: fc.nat(good.length - 1),
    remove: fc.nat(6),
    insert: fc.uint8Array({ maxLength: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(edit, { minLength: 1, maxLength: 4 }),
      lengths,
      async (edits, pieces) => {
        let bytes = [...good];
        for (const { at, remove, insert } of edits) bytes = bytes.toSpliced(at, remove, ...insert);
        try {
          const frames = await readAll(Uint8Array.from(bytes), pieces);
          assert.ok(frames.length <= bytes.length / FRAME_BYTES);
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
        }
      },
    ),
    { numRuns: 3000, seed: 1 },
  );
});

Deno.test("NutReader allocates nothing for a frame that claims a petabyte", async () => {
  const header = writeStream([]);
  const writer = new NutWriter({
    size: SIZE,
    sampleAspectRatio: { numerator: 1, denominator: 1 },
    colour: { matrix: "bt709", range: "limited" },
  });
  const claim = 2 ** 50;
  const bytes = Uint8Array.from([...header, ...writer.frameHeader(0, claim)]);
  const reader = new NutReader(streamOf(bytes, [64]));
  assert.deepEqual(await reader.nextFrame(), { ptsUs: 0, byteLength: claim });
  await assert.rejects(() => reader.nextFrame(), RangeError);
});
