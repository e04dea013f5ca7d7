import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { PACKET_BYTES, TsSplitter } from "../../src/sink/broadcast/ts_packets.ts";
import { FakeFeed, startStream } from "./fake_feed.ts";
import { closeSocket, nextMessage, openSocket, serveFakes, until } from "./serve_fakes.ts";

Deno.test("/feeds/NAME/stream begins with tables and a key frame, and goes on with the rest", async () => {
  await using stream = await startStream();
  await using server = await serveFakes([stream.feed]);
  const socket = await openSocket(server.at("/feeds/street/stream"));
  const splitter = new TsSplitter();
  let frames = 0;
  let isFirst = true;
  while (frames < 30) {
    const message = await nextMessage(socket);
    assert.ok(message instanceof ArrayBuffer);
    assert.equal(message.byteLength % PACKET_BYTES, 0);
    for (const piece of splitter.push(new Uint8Array(message))) {
      // Before the key frame there are the tables alone: two packets.
      if (isFirst && piece.key === undefined) assert.equal(piece.bytes.length, 2 * PACKET_BYTES);
      else isFirst = false;
      frames += piece.frames;
    }
  }
  assert.equal(stream.feed.status.viewers, 1);
  await closeSocket(socket);
  await until("nobody watches", () => stream.feed.status.viewers === 0);
});

Deno.test("a stream's end closes its WebSockets", async () => {
  const feed = new FakeFeed();
  await using server = await serveFakes([feed]);
  const socket = await openSocket(server.at("/feeds/street/stream"));
  await until("it is watched", () => feed.status.viewers === 1);
  const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  feed.hub.end();
  const { code, reason } = await closed;
  assert.deepEqual([code, reason], [1000, "the stream is over"]);
  assert.equal(feed.status.viewers, 0);
});

Deno.test("a client that does not read is left out, and goes on at a key frame when it does", async () => {
  const feed = new FakeFeed();
  await using server = await serveFakes([feed]);
  const client = await connectRaw(server.port, "/feeds/street/stream");
  await until("it is watched", () => feed.status.viewers === 1);
  const bytes = new Uint8Array(PACKET_BYTES * 1000);
  const push = () => feed.hub.push({ bytes, key: undefined, frames: 1 });
  feed.hub.push({ bytes, key: { pts: 0, tables: new Uint8Array(PACKET_BYTES) }, frames: 1 });
  // What the system's own buffers take is not ours to bound: some megabytes.
  let sent = 0;
  await until("it is left out", () => {
    if (feed.status.viewers === 1) {
      push();
      sent += bytes.length;
    }
    return feed.status.viewers === 0;
  });
  assert.ok(sent < 64e6, `${sent} bytes were sent before`);
  const reading = readAll(client);
  await until("it is watched again", () => feed.status.viewers === 1);
  client.close();
  await reading;
  await until("nobody watches", () => feed.status.viewers === 0);
});

Deno.test("a stream may begin with more than waits for a client later on", async () => {
  const feed = new FakeFeed();
  await using server = await serveFakes([feed]);
  const bytes = new Uint8Array(PACKET_BYTES * 20_000);
  feed.hub.push({ bytes, key: { pts: 0, tables: new Uint8Array(PACKET_BYTES) }, frames: 1 });
  const socket = await openSocket(server.at("/feeds/street/stream"));
  const first = await nextMessage(socket);
  assert.ok(first instanceof ArrayBuffer);
  assert.equal(first.byteLength, bytes.length + PACKET_BYTES);
  // Not the beginning once more.
  feed.hub.push({ bytes: bytes.subarray(0, PACKET_BYTES), key: undefined, frames: 1 });
  const second = await nextMessage(socket);
  assert.ok(second instanceof ArrayBuffer);
  assert.equal(second.byteLength, PACKET_BYTES);
  await closeSocket(socket);
  await until("nobody watches", () => feed.status.viewers === 0);
});

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

Deno.test("20 clients that come and go, some without a word, leave nothing", async () => {
  await using stream = await startStream();
  const { feed } = stream;
  await using server = await serveFakes([feed]);
  const listeners = feed.listeners;
  const round = async () => {
    const polite = await Promise.all(
      Array.from(
        { length: 20 },
        (_, i) =>
          openSocket(server.at(i % 2 === 0 ? "/feeds/street/stream" : "/feeds/street/status")),
      ),
    );
    const rude = await Promise.all(
      Array.from({ length: 5 }, () => connectRaw(server.port, "/feeds/street/stream")),
    );
    await Promise.all(polite.map(nextMessage));
    await until("all watch", () => feed.status.viewers === 15);
    await Promise.all(polite.map(closeSocket));
    for (const connection of rude) connection.close();
    await until("all are gone", () => feed.status.viewers === 0 && server.clients === 0);
  };
  for (let i = 0; i < 3; i++) await round();
  const settled = heldBytes();
  for (let i = 0; i < 6; i++) await round();
  assert.equal(feed.listeners, listeners);
  // 150 clients more. A leaked one keeps its group of pictures, 100 KB at least.
  const grownBytes = heldBytes() - settled;
  assert.ok(grownBytes < 5e6, `${grownBytes} bytes more are held`);
});

/** What is left of the heap, and of what hangs on it, once nothing in it is garbage. */
function heldBytes(): number {
  collectGarbage();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** A WebSocket that is only opened: nothing is read of it. */
async function connectRaw(port: number, path: string): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
  ];
  await connection.write(new TextEncoder().encode(`${request.join("\r\n")}\r\n\r\n`));
  const answer = new Uint8Array(12);
  await connection.read(answer);
  assert.equal(new TextDecoder().decode(answer), "HTTP/1.1 101");
  return connection;
}

async function readAll(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(1 << 16);
  try {
    while (await connection.read(buffer) !== null);
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted)) {
      throw error;
    }
  }
}
