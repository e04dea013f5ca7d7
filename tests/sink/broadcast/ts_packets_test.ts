import assert from "node:assert/strict";
import fc from "fast-check";
import {
  concatenate,
  markDiscontinuity,
  PACKET_BYTES,
  ptsElapsed,
  type TsPiece,
  TsSplitter,
} from "../../../src/sink/broadcast/ts_packets.ts";
import { ffmpeg } from "../../testing/media.ts";

/** 50 frames at 25 a second from 26.5 h on, a key frame every 10: the counter begins again after 17. */
const START_SECONDS = 95443;
const STREAM = await ffmpeg([
  ...["-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25", "-frames:v", "50"],
  ...["-output_ts_offset", String(START_SECONDS), "-pix_fmt", "yuv420p"],
  ...["-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-bf", "0"],
  ...["-muxdelay", "0", "-muxpreload", "0", "-f", "mpegts", "-"],
]);

function split(chunks: readonly Uint8Array[]): TsPiece[] {
  const splitter = new TsSplitter();
  return chunks.flatMap((chunk) => splitter.push(chunk));
}

/** Pieces up to the next key frame as one, which is how far the chunks may matter. */
function groupsOf(pieces: readonly TsPiece[]) {
  const groups: { pts: number | undefined; frames: number; bytes: Uint8Array }[] = [];
  for (const { key, frames, bytes } of pieces) {
    const last = groups.at(-1);
    if (key !== undefined || last === undefined) groups.push({ pts: key?.pts, frames, bytes });
    else {
      last.frames += frames;
      last.bytes = concatenate([last.bytes, bytes]);
    }
  }
  return groups;
}

Deno.test("TsSplitter.push() finds every key frame and its time, across the wrap of the counter", () => {
  const groups = groupsOf(split([STREAM])).slice(1);
  assert.deepEqual(groups.map(({ frames }) => frames), [10, 10, 10, 10, 10]);
  const expected = [0, 0.4, 0.8, 1.2, 1.6].map((at) => (START_SECONDS + at) * 90_000 % 2 ** 33);
  assert.deepEqual(groups.map(({ pts }) => pts), expected.map(Math.round));
  assert(groups[4]!.pts! < groups[0]!.pts!);
  assert.equal(ptsElapsed(groups[0]!.pts!, groups[4]!.pts!), 1.6 * 90_000);
});

Deno.test("TsSplitter.push() gives the same whole packets, however the stream is cut", () => {
  const expected = groupsOf(split([STREAM]));
  assert.deepEqual(concatenate(expected.map(({ bytes }) => bytes)), STREAM);
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer({ min: 0, max: 400 }), fc.nat(65536)), { maxLength: 400 }),
      (lengths) => {
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const length of lengths) chunks.push(STREAM.subarray(at, at += length));
        const pieces = split([...chunks, STREAM.subarray(at)]);
        assert(pieces.every(({ bytes }) => bytes.length > 0 && bytes.length % PACKET_BYTES === 0));
        assert.deepEqual(groupsOf(pieces), expected);
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("TsSplitter.push() gives every key frame the tables to read it by", () => {
  const keys = split([STREAM]).filter(({ key }) => key !== undefined);
  assert.equal(keys.length, 5);
  for (const { key } of keys) {
    const { tables } = key!;
    assert.equal(tables.length, 2 * PACKET_BYTES);
    // The association table lies on PID 0; ffmpeg's map on 0x1000, and the video on 0x100.
    const pids = [0, PACKET_BYTES].map((at) => (tables[at + 1]! & 0x1F) << 8 | tables[at + 2]!);
    assert.deepEqual(pids, [0, 0x1000]);
  }
});

Deno.test("TsSplitter.push() refuses what is no transport stream", () => {
  assert.throws(() => new TsSplitter().push(new Uint8Array(PACKET_BYTES)), /lacks its sync byte/);
});

Deno.test("markDiscontinuity() sets the one bit, in a copy", () => {
  const { bytes } = split([STREAM]).find(({ key }) => key !== undefined)!;
  const marked = markDiscontinuity(bytes);
  assert.equal(marked[5]! ^ bytes[5]!, 0x80);
  assert.deepEqual(marked.subarray(6), bytes.subarray(6));
});
