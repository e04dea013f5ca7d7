import assert from "node:assert/strict";
import { type CameraService, RtspConnection } from "../../src/camera/connection.ts";
import { RtspClient } from "./rtsp_client.ts";

/** A key frame's only packet. */
const KEY = [Uint8Array.of(0x80, 0xe0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x65)];

/** What the camera does while a request is answered. */
interface Moments {
  /** Before it is looked at. */
  readonly awake?: CameraService["awake"];
  /** While it is looked at: what this puts off comes before the answer is sent. */
  readonly onLook?: () => void;
}

/** One connection, served. */
async function connect({ awake = () => Promise.resolve(), onLook }: Moments) {
  const notes: string[] = [];
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = await RtspClient.connect(`rtsp://127.0.0.1:${listener.addr.port}/cam`);
  const connection = new RtspConnection(await listener.accept(), {
    get path() {
      onLook?.();
      return "/cam";
    },
    credentials: undefined,
    describe: () => Promise.resolve(undefined),
    awake,
    note: (_client, what) => notes.push(what),
  });
  const served = connection.run();
  return { client, connection, notes, served };
}

Deno.test("RtspConnection sends no packet before its answer to PLAY", async () => {
  let isReady = false;
  const { client, connection, served } = await connect({
    // By then the session plays, and the answer that says so is not sent yet.
    onLook: () => queueMicrotask(() => isReady && connection.deliver(KEY, true)),
  });
  const transport = "RTP/AVP/TCP;unicast;interleaved=0-1";
  const { headers } = await client.request("SETUP", { transport });
  isReady = true;
  const [url, session] = [client.url, headers.get("session")!];
  await client.send(`PLAY ${url} RTSP/1.0\r\nCSeq: 9\r\nSession: ${session}\r\n\r\n`);
  await assert.rejects(client.packet(), /an answer came, and no packet/);
  assert.equal((await client.answer()).headers.get("cseq"), "9");
  connection.deliver(KEY, true);
  assert.deepEqual([...(await client.packet()).payload], [0x65]);
  connection.close("cut");
  await served;
  client[Symbol.dispose]();
});

Deno.test("RtspConnection does not tell that a client plays, after it was cut", async () => {
  const asked = Promise.withResolvers<void>();
  const awake = Promise.withResolvers<void>();
  let requests = 0;
  const { client, connection, notes, served } = await connect({
    awake() {
      if (requests++ === 0) return Promise.resolve();
      asked.resolve();
      return awake.promise;
    },
  });
  const transport = "RTP/AVP/TCP;unicast;interleaved=0-1";
  const { headers } = await client.request("SETUP", { transport });
  const session = headers.get("session")!;
  await client.send(`PLAY ${client.url} RTSP/1.0\r\nSession: ${session}\r\n\r\n`);
  await asked.promise;
  connection.close("cut");
  awake.resolve();
  await served;
  assert.deepEqual(notes, ["cut"]);
  client[Symbol.dispose]();
});
