import assert from "node:assert/strict";
import fc from "fast-check";
import { H264Packetiser, interleave } from "../../src/camera/rtp.ts";
import { joinPayloads, parseInterleaved, type RtpPacket } from "./packets.ts";

const START = { ssrc: 0xdeadbeef, sequence: 65_534 };

function packets(nals: readonly Uint8Array[], timestamp = 0): RtpPacket[] {
  return parseInterleaved(interleave(new H264Packetiser(START).packetise(nals, timestamp), 0));
}

Deno.test("packetise() gives a NAL unit that fits a packet of its own, whole", () => {
  const nals = [Uint8Array.of(0x67, 1, 2), Uint8Array.of(0x65, 3, 4, 5)];
  // RFC 3550 §5.1: version 2; marker and type 96; sequence; timestamp; sender.
  assert.deepEqual(new H264Packetiser(START).packetise(nals, 0x01020304).map((each) => [...each]), [
    [0x80, 0x60, 0xff, 0xfe, 1, 2, 3, 4, 0xde, 0xad, 0xbe, 0xef, 0x67, 1, 2],
    [0x80, 0xe0, 0xff, 0xff, 1, 2, 3, 4, 0xde, 0xad, 0xbe, 0xef, 0x65, 3, 4, 5],
  ]);
});

Deno.test("packetise() cuts a long NAL unit into fragments, the first and last marked so", () => {
  const nal = new Uint8Array(3000).fill(7);
  nal[0] = 0x65;
  const [first, second, third, ...rest] = packets([nal]).map((packet) => packet.payload);
  assert.equal(rest.length, 0);
  // RFC 6184 §5.8: the indicator keeps the importance (0x60) and has type 28; the header has start
  // and end bits and the type (5).
  assert.deepEqual([...first!.subarray(0, 3)], [0x7c, 0x85, 7]);
  assert.deepEqual([...second!.subarray(0, 3)], [0x7c, 0x05, 7]);
  assert.deepEqual([...third!.subarray(0, 3)], [0x7c, 0x45, 7]);
});

Deno.test("packetise() keeps every byte, within Ethernet's packets, for any NAL units", () => {
  const nal = fc.tuple(fc.integer({ min: 1, max: 23 }), fc.nat({ max: 3 }), fc.nat({ max: 6000 }))
    .map(([type, importance, length]) => {
      const bytes = Uint8Array.from({ length: length + 1 }, (_, index) => index * 7);
      bytes[0] = (importance << 5) | type;
      return bytes;
    });
  fc.assert(fc.property(fc.array(nal, { minLength: 1, maxLength: 5 }), (nals) => {
    const sent = packets(nals, 90_000);
    assert.deepEqual(joinPayloads(sent), nals);
    sent.forEach((packet, index) => {
      assert.ok(packet.payload.length <= 1400);
      assert.equal(packet.sequence, (START.sequence + index) % 65_536);
      assert.equal(packet.timestamp, 90_000);
      assert.equal(packet.isLast, index === sent.length - 1);
    });
  }));
});

Deno.test("packetise() goes on where the clock of 32 bits begins anew", () => {
  assert.equal(packets([Uint8Array.of(0x65)], 2 ** 32 + 90)[0]!.timestamp, 90);
});

Deno.test("interleave() puts channel and length before each packet", () => {
  const bytes = interleave([Uint8Array.of(1, 2), new Uint8Array(300)], 4);
  assert.deepEqual([...bytes.subarray(0, 10)], [0x24, 4, 0, 2, 1, 2, 0x24, 4, 1, 44]);
  assert.equal(bytes.length, 4 + 2 + 4 + 300);
});
