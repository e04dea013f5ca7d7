import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { parseCameraUrl } from "../../src/camera/address.ts";
import type { AccessUnit } from "../../src/camera/annexb.ts";
import { RtspServer } from "../../src/camera/server.ts";
import { OutputError } from "../../src/errors.ts";
import { freePort } from "../testing/free_port.ts";
import { joinPayloads } from "./packets.ts";
import { RtspClient } from "./rtsp_client.ts";

const SPS = Uint8Array.of(0x67, 0x42, 0xc0, 0x1e, 9);
const PPS = Uint8Array.of(0x68, 8);

function key(byteLength = 3): AccessUnit {
  const slice = new Uint8Array(byteLength).fill(0x88);
  slice[0] = 0x65;
  return { nals: [SPS, PPS, slice], isKey: true };
}

const PICTURE: AccessUnit = { nals: [Uint8Array.of(0x41, 0x9a, 1)], isKey: false };

interface TestServer extends AsyncDisposable {
  readonly server: RtspServer;
  readonly url: string;
  /** What it said of its clients, without their names. */
  readonly notes: string[];
  /** Resolves once that was said. */
  noted(what: string): Promise<void>;
}

/** A server that listens, with one key frame sent: descriptions are known. */
function serve(user = ""): TestServer {
  const notes: string[] = [];
  let changed = Promise.withResolvers<void>();
  const address = parseCameraUrl(`rtsp://${user}127.0.0.1:${freePort()}/cam`);
  const server = new RtspServer(address, { numerator: 30, denominator: 1 }, (_client, what) => {
    notes.push(what);
    changed.resolve();
    changed = Promise.withResolvers();
  });
  server.listen();
  server.broadcast(key(), 0);
  return {
    server,
    url: server.url,
    notes,
    async noted(what) {
      while (!notes.includes(what)) await changed.promise;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

Deno.test("RtspServer describes its stream", async () => {
  await using camera = serve();
  using client = await RtspClient.connect(camera.url);
  const options = await client.request("OPTIONS");
  assert.match(options.headers.get("public")!, /DESCRIBE.*SETUP.*PLAY.*TEARDOWN/);
  const { status, headers, body } = await client.request("DESCRIBE");
  assert.equal(status, 200);
  assert.equal(headers.get("cseq"), "2");
  assert.equal(headers.get("content-type"), "application/sdp");
  assert.equal(headers.get("content-base"), `${camera.url}/`);
  assert.match(body, /^m=video 0 RTP\/AVP 96\r$/m);
  assert.match(body, /^a=framerate:30\r$/m);
  const sets = `${SPS.toBase64()},${PPS.toBase64()}`;
  assert.ok(body.includes("packetization-mode=1;profile-level-id=42C01E;sprop-parameter-sets="));
  assert.ok(body.includes(`sprop-parameter-sets=${sets}\r\n`));
});

Deno.test("RtspServer sends from the next key frame on, on the channel asked for", async () => {
  await using camera = serve();
  using client = await RtspClient.connect(camera.url);
  const transport = "RTP/AVP;unicast;client_port=4-5, RTP/AVP/TCP;unicast;interleaved=6-7";
  const setup = await client.request("SETUP", { transport });
  assert.match(setup.headers.get("transport")!, /^RTP\/AVP\/TCP;.*interleaved=6-7/);
  await client.request("PLAY", { session: setup.headers.get("session")! });
  camera.server.broadcast(PICTURE, 0.1);
  camera.server.broadcast(key(5000), 0.2);
  camera.server.broadcast(PICTURE, 0.3);
  const [first, second] = [await client.picture(), await client.picture()];
  assert.deepEqual(joinPayloads(first), key(5000).nals);
  assert.deepEqual(joinPayloads(second), PICTURE.nals);
  assert.deepEqual([...first, ...second].map((packet) => packet.channel), Array(7).fill(6));
  // 0.1 s of 90 kHz; the count of 32 bits may begin anew in between.
  assert.equal((second[0]!.timestamp - first[0]!.timestamp) >>> 0, 9000);
  assert.equal((second[0]!.sequence - first[0]!.sequence) & 0xffff, first.length);
  assert.equal(second[0]!.ssrc, first[0]!.ssrc);
});

Deno.test("RtspServer answers requests between packets, and stops after PAUSE", async () => {
  await using camera = serve();
  using client = await RtspClient.connect(camera.url);
  const session = await client.play();
  camera.server.broadcast(key(), 0.1);
  assert.equal((await client.request("GET_PARAMETER", { session })).status, 200);
  assert.equal((await client.request("PAUSE", { session })).status, 200);
  camera.server.broadcast(key(), 0.2);
  assert.equal((await client.request("PLAY", { session: `${session};timeout=60` })).status, 200);
  camera.server.broadcast(key(100), 0.3);
  assert.deepEqual(joinPayloads(await client.picture()), key(100).nals);
  assert.equal((await client.request("TEARDOWN", { session })).status, 200);
  assert.equal((await client.request("PLAY", { session })).status, 454);
});

const tcp = "RTP/AVP/TCP;unicast;interleaved=0-1";

Deno.test("RtspServer refuses what it does not do, and goes on", async () => {
  await using camera = serve();
  using client = await RtspClient.connect(camera.url);
  const status = async (...request: Parameters<RtspClient["request"]>) =>
    (await client.request(...request)).status;
  assert.equal(await status("DESCRIBE", {}, camera.url.replace("/cam", "/other")), 404);
  assert.equal(await status("DESCRIBE", {}, "*"), 404);
  assert.equal(await status("SETUP", { transport: "RTP/AVP;unicast;client_port=4-5" }), 461);
  assert.equal(await status("SETUP"), 461);
  assert.equal(await status("SETUP", { transport: tcp.replace("0-1", "255-256") }), 461);
  assert.equal(await status("PLAY", { session: "1" }), 454);
  assert.equal(await status("ANNOUNCE"), 405);
  await client.play();
  assert.equal(await status("SETUP", { transport: tcp }), 455);
  assert.equal(await status("PLAY", { session: "1" }), 454);
});

Deno.test("RtspServer answers 400 to garbage and closes", async () => {
  await using camera = serve();
  using client = await RtspClient.connect(camera.url);
  await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  assert.equal((await client.answer()).status, 400);
  await client.closed();
  await camera.noted("refused: it is no RTSP request");
});

Deno.test("RtspServer wants the password, plain or as a digest", async () => {
  await using camera = serve("user:s%2Cecret@");
  using client = await RtspClient.connect(camera.url);
  assert.equal((await client.request("OPTIONS")).status, 200);
  const { status, headers } = await client.request("DESCRIBE");
  assert.equal(status, 401);
  const challenge = headers.get("www-authenticate")!;
  assert.match(challenge, /Digest realm="[^"]+".*Basic realm="[^"]+"/);
  const ask = async (authorization: string) =>
    (await client.request("DESCRIBE", { authorization })).status;
  assert.equal(await ask(`Basic ${btoa("user:s,ecret")}`), 200);
  assert.equal(await ask(`Basic ${btoa("user:guess")}`), 401);
  assert.equal(await ask("Basic"), 401);
  assert.equal(await ask("Bearer secret"), 401);

  const md5 = (text: string) => createHash("md5").update(text).digest("hex");
  const [, realm, nonce] = /Digest realm="(.*?)", nonce="(.*?)"/.exec(challenge)!;
  const digest = (password: string, nonce: string) => {
    const secret = md5(`user:${realm}:${password}`);
    const response = md5(`${secret}:${nonce}:${md5(`DESCRIBE:${camera.url}`)}`);
    return `Digest username="user", realm="${realm}", nonce="${nonce}", uri="${camera.url}", ` +
      `response="${response}"`;
  };
  assert.equal(await ask(digest("s,ecret", nonce!)), 200);
  assert.equal(await ask(digest("guess", nonce!)), 401);
  assert.equal(await ask(digest("s,ecret", "0123")), 401, "the nonce of another connection");
});

Deno.test("RtspServer makes those who ask wait for the first key frame", async () => {
  await using camera = serve();
  await camera.server.close();
  camera.server.listen();
  using client = await RtspClient.connect(camera.url);
  // Sent as one: with the answer to the first, the second is being answered.
  const asked = ["OPTIONS", "DESCRIBE"].map((method) => `${method} ${camera.url} RTSP/1.0\r\n\r\n`);
  await client.send(asked.join(""));
  assert.match((await client.answer()).headers.get("public")!, /DESCRIBE/);
  camera.server.broadcast(PICTURE, 0);
  camera.server.broadcast(key(), 1);
  const { status, body } = await client.answer();
  assert.equal(status, 200);
  assert.match(body, /sprop-parameter-sets/);
});

Deno.test("RtspServer cuts a client that does not read, and no other", async () => {
  await using camera = serve();
  using slow = await RtspClient.connect(camera.url);
  using quick = await RtspClient.connect(camera.url);
  await slow.play();
  await quick.play();
  // 4 MiB are kept for it, beside what the system's buffers take: some MiB on loopback.
  const big = key(256 * 1024);
  let sent = 0;
  for (; !camera.notes.includes("cut: it reads too slowly") && sent < 400; sent++) {
    camera.server.broadcast(big, sent);
    assert.equal((await quick.picture()).at(-1)!.isLast, true);
  }
  assert.ok(sent >= 16 && sent < 400, `cut after ${sent} pictures`);
  camera.server.broadcast(key(), sent);
  assert.deepEqual(joinPayloads(await quick.picture()), key().nals);
});

Deno.test("stall() sends and answers nothing until resume(), then a key frame", async () => {
  await using camera = serve();
  using client = await RtspClient.connect(camera.url);
  await client.play();
  camera.server.stall();
  const asked = client.request("GET_PARAMETER");
  camera.server.broadcast(key(50), 1);
  assert.equal(await Promise.race([asked, delay(100)]), undefined);
  using late = await RtspClient.connect(camera.url);
  const described = late.request("DESCRIBE");
  camera.server.resume();
  assert.equal((await asked).status, 200);
  assert.equal((await described).status, 200);
  camera.server.broadcast(PICTURE, 2);
  camera.server.broadcast(key(60), 3);
  assert.deepEqual(joinPayloads(await client.picture()), key(60).nals);
});

Deno.test("disconnect() cuts every client and takes new ones", async () => {
  await using camera = serve();
  using client = await RtspClient.connect(camera.url);
  await client.play();
  camera.server.disconnect();
  await client.closed();
  using next = await RtspClient.connect(camera.url);
  assert.equal((await next.request("DESCRIBE")).status, 200);
});

Deno.test("close() frees the port, and listen() takes the same again", async () => {
  await using camera = serve();
  using client = await RtspClient.connect(camera.url);
  await client.play();
  await camera.server.close();
  await client.closed();
  await assert.rejects(RtspClient.connect(camera.url), Deno.errors.ConnectionRefused);
  camera.server.listen();
  assert.equal(camera.server.url, camera.url);
  camera.server.broadcast(key(), 0);
  using next = await RtspClient.connect(camera.url);
  assert.equal((await next.request("DESCRIBE")).status, 200);
});

Deno.test("close() cuts clients that come in the same moment, too", async () => {
  await using camera = serve();
  const coming = Array.from({ length: 8 }, () => RtspClient.connect(camera.url));
  const clients = await Promise.all(coming);
  // The system has taken all of them, and the server none, one or several.
  await camera.server.close();
  for (const client of clients) {
    await assert.rejects(client.request("OPTIONS"));
    client[Symbol.dispose]();
  }
});

Deno.test("RtspServer takes the next client, when one breaks off before its turn", async () => {
  const { listen } = Deno;
  let turns = 0;
  // What a reset does to who takes the connection after it: accept(2) succeeds, getpeername(2) not.
  Deno.listen = ((options: Deno.TcpListenOptions) => {
    const listener = listen(options);
    const accept = listener.accept.bind(listener);
    listener.accept = async () => {
      if (turns++ === 0) throw new Deno.errors.NotConnected("os error 107");
      return await accept();
    };
    return listener;
  }) as typeof listen;
  try {
    await using camera = serve();
    using client = await RtspClient.connect(camera.url);
    assert.equal((await client.request("DESCRIBE")).status, 200);
    assert.ok(turns >= 2);
  } finally {
    Deno.listen = listen;
  }
});

Deno.test("listen() says in one line that the port is in use", async () => {
  await using camera = serve();
  const second = new RtspServer(
    parseCameraUrl(camera.url),
    { numerator: 1, denominator: 1 },
    () => {},
  );
  assert.throws(() => second.listen(), (error) => {
    assert.ok(error instanceof OutputError);
    assert.match(error.message, /^Cannot serve a camera at rtsp:\S+: the port is in use\. .*\.$/);
    return true;
  });
});
