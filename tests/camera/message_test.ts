import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatResponse,
  type RtspRequest,
  RtspRequestReader,
  RtspSyntaxError,
} from "../../src/camera/message.ts";

/** RFC 2326's own example, a report of packets received in between, a body, and a bare request. */
const STREAM = latin1(
  "DESCRIBE rtsp://server.example.com/fizzle/foo RTSP/1.0\r\n" +
    "CSeq: 312\r\nAccept: application/sdp, application/rtsl\r\n\r\n" +
    "$\x01\x00\x06\r\n\r\n$x" +
    "SET_PARAMETER rtsp://server/a RTSP/1.0\r\nCSeq: 313\r\nContent-length: 9\r\n\r\nDESCRIBE " +
    "\r\nOPTIONS * RTSP/1.0\nCSEQ:314\n\n",
);

const REQUESTS: readonly RtspRequest[] = [
  {
    method: "DESCRIBE",
    uri: "rtsp://server.example.com/fizzle/foo",
    headers: new Map([["cseq", "312"], ["accept", "application/sdp, application/rtsl"]]),
  },
  {
    method: "SET_PARAMETER",
    uri: "rtsp://server/a",
    headers: new Map([["cseq", "313"], ["content-length", "9"]]),
  },
  { method: "OPTIONS", uri: "*", headers: new Map([["cseq", "314"]]) },
];

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

Deno.test("push() reads requests, and skips bodies and packets between them", () => {
  assert.deepEqual(new RtspRequestReader().push(STREAM), REQUESTS);
});

Deno.test("push() reads the same however the bytes are cut", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 60 })), (lengths) => {
    const reader = new RtspRequestReader();
    let at = 0;
    const requests = lengths.flatMap((length) => reader.push(STREAM.subarray(at, at += length)));
    assert.deepEqual([...requests, ...reader.push(STREAM.subarray(at))], REQUESTS);
  }));
});

Deno.test("push() refuses what is no RTSP, or has no end", () => {
  const refused: readonly string[] = [
    "GET / HTTP/1.1\r\n\r\n",
    "OPTIONS *\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n", // the beginning of TLS
    "OPTIONS * RTSP/1.0\r\nno colon\r\n\r\n",
    "OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n",
    "OPTIONS * RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n",
    "OPTIONS * RTSP/1.0\r\n" + "X: y\r\n".repeat(2000),
    "x".repeat(9000),
  ];
  for (const text of refused) {
    assert.throws(() => new RtspRequestReader().push(latin1(text)), RtspSyntaxError, text);
  }
});

Deno.test("push() takes any bytes, or refuses them with the one error", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 5000 })), (pieces) => {
    const reader = new RtspRequestReader();
    try {
      for (const piece of pieces) reader.push(piece);
    } catch (error) {
      assert.ok(error instanceof RtspSyntaxError);
    }
  }));
});

Deno.test("formatResponse() counts the body in bytes and repeats the request's number", () => {
  const response = { status: 200, headers: [["Session", "1"]], body: "é" } as const;
  assert.equal(
    new TextDecoder().decode(formatResponse(response, "7")),
    "RTSP/1.0 200 OK\r\nCSeq: 7\r\nSession: 1\r\nContent-Length: 2\r\n\r\né",
  );
  assert.equal(
    new TextDecoder().decode(formatResponse({ status: 400 }, undefined)),
    "RTSP/1.0 400 Bad Request\r\n\r\n",
  );
});
