import assert from "node:assert/strict";
import { ByteReader } from "../../src/ffmpeg/byte_reader.ts";

/** Odd, so that pieces end anywhere within a word. */
const PIECE_BYTES = 13;

const BYTES = Uint8Array.from({ length: 211 }, (_, at) => at);

/** A byte stream that fills the views it is given, as a pipe does, and records where they begin. */
function recordedStream(offsets: number[]): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const request = controller.byobRequest!;
      const view = request.view as Uint8Array;
      const piece = BYTES.subarray(at, at + PIECE_BYTES);
      offsets.push(view.byteOffset);
      at += piece.length;
      view.set(piece);
      if (piece.length === 0) controller.close();
      request.respond(piece.length);
    },
  });
}

Deno.test("ByteReader.readInto() reads where copying to the destination is fast, wherever that lies", async (t) => {
  for (const start of [0, 3, 64, 69]) {
    await t.step(`${start} bytes into shared memory`, async () => {
      const offsets: number[] = [];
      const reader = new ByteReader(recordedStream(offsets));
      // The header before it takes five bytes of the first piece.
      for (let count = 0; count < 5; count++) await reader.byte();
      const memory = new Uint8Array(new SharedArrayBuffer(start + 206));
      await reader.readInto(memory.subarray(start));
      assert.deepEqual(memory.slice(start), BYTES.subarray(5));
      assert.equal(reader.position, 211);
      const within = offsets.slice(1).map((offset) => offset % 8);
      // V8 copies by words where both sides lie alike within 8 bytes (base::Relaxed_Memcpy).
      assert.deepEqual(
        within,
        within.map((_, piece) => (start + (piece + 1) * PIECE_BYTES - 5) % 8),
      );
      assert.ok(within.length > 10);
    });
  }
});

Deno.test("ByteReader reads on byte by byte after a span", async () => {
  const reader = new ByteReader(recordedStream([]));
  await reader.readInto(new Uint8Array(100));
  const rest: number[] = [];
  while (!await reader.isAtEnd()) rest.push(await reader.byte());
  assert.deepEqual(rest, [...BYTES.subarray(100)]);
});
