/** What the farm's commands say when something is wrong: one line, no password, the right exit code. */
import assert from "node:assert/strict";
import { formatStatus } from "../../src/cli/farm/status_table.ts";
import { cameraUrl } from "../../src/farm/camera_login.ts";
import type { FarmStatus } from "../../src/farm/status.ts";
import { makeClip } from "../testing/media.ts";
import { redisPresence, startRedis } from "../testing/redis.ts";
import { runSegstream } from "../testing/segstream.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

const presence = await redisPresence();

async function failureOf(args: readonly string[], code = 1): Promise<string> {
  const result = await runSegstream(["farm", ...args]);
  assert.equal(result.code, code, result.stderr);
  assert.match(result.stderr, /^segstream: [^\n]*\n$/);
  return result.stderr;
}

/** A server that answers as a Redis of long ago. */
function startOldRedis(): { readonly url: string } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const info = "# Server\r\nredis_version:5.0.14\r\nloading:0\r\n";
  const serve = async (connection: Deno.Conn) => {
    using _ = connection;
    for await (const bytes of connection.readable) {
      const commands = new TextDecoder().decode(bytes).toLowerCase().match(
        /\*\d+\r\n(\$\d+\r\n[^\r]*\r\n)+/g,
      );
      for (const command of commands ?? []) {
        const answer = command.includes("\r\ninfo\r\n")
          ? `$${info.length}\r\n${info}\r\n`
          : "+OK\r\n";
        await connection.write(new TextEncoder().encode(answer)).catch(() => {});
      }
    }
  };
  (async () => {
    for await (const connection of listener) serve(connection).catch(() => {});
  })();
  return {
    url: `redis://127.0.0.1:${listener.addr.port}`,
    [Symbol.dispose]: () => listener.close(),
  };
}

/** A port that is taken, by a connection, so that nobody comes to listen there. */
async function startSilentPort(): Promise<{ readonly port: number } & Disposable> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  return { port: connection.localAddr.port, [Symbol.dispose]: () => connection.close() };
}

Deno.test("segstream farm says in a line that its Redis is not there, too old or not to be reached", async () => {
  using silent = await startSilentPort();
  assert.match(
    await failureOf(["status", "--redis", `redis://me:secret@127.0.0.1:${silent.port}`]),
    /Cannot use the Redis at redis:\/\/\*\*\*@127\.0\.0\.1:\d+: nothing answers there\. Start/,
  );
  using old = startOldRedis();
  assert.match(
    await failureOf(["status", "--redis", old.url]),
    /it is version 5\.0\.14, and the farm needs 6\.2 or newer\. Update it/,
  );
  assert.match(
    await failureOf(["status", "--redis", "redis://queue.example"]),
    /Deno was not given leave to connect to it\. Add --allow-net=queue\.example behind -P\./,
  );
  assert.match(
    await failureOf(["status", "--redis", "queue.example"], 2),
    /Cannot use "queue\.example" as a Redis: write redis:\/\/HOST:PORT/,
  );
});

Deno.test({
  name: presence.name(
    "segstream farm says in a line that the login is wrong, without the password",
  ),
  ignore: presence.ignore,
  async fn() {
    await using redis = await startRedis({ password: "right-secret" });
    const wrong = redis.url.replace("right-secret", "wrong-secret");
    const line = await failureOf(["status", "--redis", wrong]);
    assert.match(line, /it refuses the login\. Check user and password in the URL\./);
    assert.doesNotMatch(line, /wrong-secret/);
    const right = await runSegstream(["farm", "status"], { env: { SEGSTREAM_REDIS: redis.url } });
    assert.equal(right.code, 0, right.stderr);
    assert.match(new TextDecoder().decode(right.stdout), /^0 workers, 0 fps measured\n/);
  },
});

Deno.test({
  name: presence.name("segstream farm submit queues nothing when an argument is wrong"),
  ignore: presence.ignore,
  async fn() {
    await using redis = await startRedis();
    await using folder = await temporaryDirectory();
    const clip = folder.join("a.mp4");
    await makeClip(clip, { size: "64x48", frames: 2 });
    await Deno.mkdir(folder.join("b"));
    await Deno.copyFile(clip, folder.join("b", "a.mp4"));
    const at = ["--redis", redis.url];
    const out = ["--out", folder.join("out"), ...at];
    const cases: readonly [readonly string[], number, RegExp][] = [
      [[clip, ...at], 2, /without --out/],
      [[folder.join("none.mp4"), ...out], 1, /Cannot open ".*none\.mp4": there is no such file/],
      [[clip, folder.join("b", "a.mp4"), ...out], 2, /Cannot write .* both to/],
      [["https://me:secret@host.example/a.mp4", ...out], 2, /carries a password/],
      [["--camera", "gate=rtsp://me:secret@10.0.0.7/1", ...at], 2, /carries a password/],
      [[clip, "--chunk", "1ms", ...out], 2, /must be 100ms or more/],
    ];
    for (const [args, code, says] of cases) {
      const line = await failureOf(["submit", ...args], code);
      assert.match(line, says);
      assert.doesNotMatch(line, /secret/);
    }
    const status = await runSegstream(["farm", "status", "--json", ...at]);
    assert.equal(status.code, 0, status.stderr);
    const { files, cameras } = JSON.parse(new TextDecoder().decode(status.stdout)) as FarmStatus;
    assert.deepEqual([files, cameras], [[], []]);
    assert.match(
      new TextDecoder().decode((await runSegstream(["farm", "cancel", "nobody", ...at])).stdout),
      /nobody is not in the queue/,
    );
  },
});

Deno.test("cameraUrl() puts the login of the environment into the URL", () => {
  const camera = { url: "rtsp://10.0.0.7:554/stream?x=1" };
  Deno.env.delete("SEGSTREAM_CAMERA_LOGIN");
  assert.equal(cameraUrl(camera), camera.url);
  Deno.env.set("SEGSTREAM_CAMERA_LOGIN", "me:p@ss:w/rd");
  assert.equal(cameraUrl(camera), "rtsp://me:p%40ss%3Aw%2Frd@10.0.0.7:554/stream?x=1");
  Deno.env.set("SEGSTREAM_CAMERA_LOGIN", "nobody");
  assert.throws(() => cameraUrl(camera), TypeError);
  Deno.env.delete("SEGSTREAM_CAMERA_LOGIN");
});

const STATUS: FarmStatus = {
  workers: [{
    id: "1",
    name: "north",
    cores: 8,
    provider: "cpu",
    fps: 71.5,
    jobs: 1,
    cameras: 2,
    startedAt: 0,
    frames: 1200,
    doing: [{ id: "film-1.0-60", frames: 12 }],
    version: "0",
  }],
  counts: { waiting: 1, running: 1, retrying: 0, done: 1, failed: 1 },
  waitingParts: 3,
  files: [
    {
      id: "old",
      input: "o",
      output: "o",
      state: "done",
      parts: { done: 1, all: 1 },
      frames: 10,
      reason: undefined,
      notes: ["The sound is damaged."],
    },
    {
      id: "poison",
      input: "p",
      output: "p",
      state: "failed",
      parts: undefined,
      frames: undefined,
      reason: 'Cannot open "p".',
      notes: [],
    },
    {
      id: "film-1",
      input: "f",
      output: "f",
      state: "running",
      parts: { done: 2, all: 6 },
      frames: 900,
      reason: undefined,
      notes: [],
    },
  ],
  cameras: [
    {
      id: "gate-1",
      name: "gate",
      url: "rtsp://g",
      state: "running",
      worker: "north",
      reason: undefined,
    },
  ],
};

Deno.test("formatStatus() shows who works on what, those that run and failed first", () => {
  assert.deepEqual(formatStatus(STATUS, { columns: 100, rows: undefined }).split("\n"), [
    "1 worker, 72 fps measured",
    "  north  8 cores  cpu  71.5 fps  1200 frames  film-1.0-60 (12)",
    "",
    "files: 1 running, 1 failed, 0 retrying, 1 waiting, 1 done; 3 parts waiting",
    "  film-1  running  2/6 parts  900 frames",
    '  poison  failed                          Cannot open "p".',
    "  old     done     1/1 part   10 frames   The sound is damaged.",
    "",
    "cameras:",
    "  gate-1  running  north  rtsp://g",
  ]);
  const small = formatStatus(STATUS, { columns: 20, rows: 6 }).split("\n");
  assert.equal(small.length, 5);
  assert.ok(small.every((line) => line.length <= 20), small.join("|"));
  assert.equal(small.at(-1), "… 6 more lines");
});
