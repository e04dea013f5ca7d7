import assert from "node:assert/strict";
import { OutputError } from "../../src/errors.ts";
import { openEventSink } from "../../src/events/event_sink.ts";
import { runCommand } from "../testing/command.ts";
import { freePort } from "../testing/free_port.ts";
import { REPOSITORY, repositoryPath } from "../testing/repository.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { makeEventLog } from "./event_log.ts";

/** What is to arrive arrives, however busy the machine is: close() goes on for longer than any pause. */
const GATE = { stream: "gate", flushMs: 60_000 } as const;

/** What a server got. */
interface Received {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | null;
  readonly type: string | null;
  readonly body: string;
}

/** A server that answers with each status in turn, and then with 204. */
function startServer(statuses: readonly number[] = []) {
  const received: Received[] = [];
  const left = [...statuses];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      received.push({
        method: request.method,
        path: pathname + search,
        authorization: request.headers.get("Authorization"),
        type: request.headers.get("Content-Type"),
        body: await request.text(),
      });
      return new Response(null, { status: left.shift() ?? 204 });
    },
  );
  return {
    received,
    host: `127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("openEventSink() appends to a file, and ends the line that an earlier run left open", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("events.ndjson");
  await Deno.writeTextFile(path, '{"old":1}\n{"ol');
  const sink = await openEventSink(path, GATE);
  sink.write('{"new":1}');
  sink.write('{"new":2}');
  await sink.close();
  assert.equal(await Deno.readTextFile(path), '{"old":1}\n{"ol\n{"new":1}\n{"new":2}\n');
  assert.deepEqual(sink.counts, { sent: 2, dropped: 0, failures: 0 });
});

Deno.test("openEventSink() goes on in a new file, when the file was moved away", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("events.ndjson");
  const first = await openEventSink(path, GATE);
  await Deno.rename(path, `${path}.1`);
  first.write("{}");
  await first.close();
  assert.equal(await Deno.readTextFile(path), "{}\n");
});

Deno.test("a file that cannot be written for a while is told once, and loses nothing", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("mounted", "events.ndjson");
  await Deno.mkdir(directory.join("mounted"));
  const log = makeEventLog();
  const options = { ...GATE, onEvent: log.onEvent, retryMs: 1 };
  const sink = await openEventSink(path, options);
  await Deno.rename(directory.join("mounted"), directory.join("away"));
  sink.write("a");
  const lost = await log.until("output lost");
  sink.write("b");
  await Deno.rename(directory.join("away"), directory.join("mounted"));
  await log.until("output restored");
  await sink.close();
  assert.equal(await Deno.readTextFile(path), "a\nb\n");
  assert.match(JSON.stringify(lost), /"reason":"No such file or directory/);
  assert.deepEqual(log.events.map(({ kind }) => kind), ["output lost", "output restored"]);
});

Deno.test("openEventSink() names the folder that is missing", async () => {
  await using directory = await temporaryDirectory();
  await assert.rejects(openEventSink(directory.join("a/b"), { stream: "gate" }), (error) => {
    assert.ok(error instanceof OutputError);
    assert.match(error.message, /^Cannot write events to ".*": its folder does not exist\./);
    return true;
  });
  await assert.rejects(openEventSink(directory.path, { stream: "gate" }), /it is a directory/);
});

Deno.test("openEventSink() POSTs lines as NDJSON, the password in a header", async () => {
  await using server = startServer();
  const sink = await openEventSink(`http://us%40er:p%C3%A4ss@${server.host}/in?key=1`, GATE);
  sink.write('{"a":1}');
  sink.write('{"a":2}');
  await sink.close();
  assert.deepEqual(server.received, [{
    method: "POST",
    path: "/in?key=1",
    authorization: "Basic dXNAZXI6cMOkc3M=", // printf 'us@er:päss' | base64
    type: "application/x-ndjson",
    body: '{"a":1}\n{"a":2}\n',
  }]);
});

Deno.test("openEventSink() POSTs again after a 503, and not after a 400", async () => {
  await using server = startServer([503, 400, 204]);
  const log = makeEventLog();
  const sink = await openEventSink(`http://${server.host}/`, {
    ...GATE,
    onEvent: log.onEvent,
    lingerMs: 0,
    batchLines: 1,
    retryMs: 1,
  });
  for (const line of ["a", "b"]) sink.write(line);
  await log.until("output restored");
  await sink.close();
  assert.deepEqual(server.received.map(({ body }) => body), ["a\n", "a\n", "b\n"]);
  assert.deepEqual(sink.counts, { sent: 1, dropped: 1, failures: 2 });
  assert.deepEqual(log.events[0], {
    kind: "output lost",
    output: `http://${server.host}`,
    reason: "it answers 503 Service Unavailable",
    delayMs: 1,
  });
});

Deno.test("no event has the password or the query, when a server cannot be reached", async () => {
  const port = freePort();
  const log = makeEventLog();
  const sink = await openEventSink(`http://user:secret@127.0.0.1:${port}/in?token=geheim`, {
    stream: "gate",
    onEvent: log.onEvent,
    lingerMs: 0,
    flushMs: 1,
  });
  sink.write("{}");
  const event = JSON.stringify(await log.until("output lost"));
  await sink.close();
  assert.match(event, new RegExp(`"output":"http://\\*\\*\\*@127.0.0.1:${port}/in"`));
  assert.match(event, /refused/i);
  assert.doesNotMatch(event, /secret|geheim|user/);
});

for (
  const [target, says] of [
    ["ftp://user:secret@host/x", /^Cannot send events to "ftp:\/\/\*\*\*@host\/x": name a file/],
    ["http://user:sec%ret@host/", /^Cannot send events: the http address is not valid/],
    ["mqtt://user:secret@host:x/", /^Cannot send events: the mqtt address is not valid/],
    ["mqtt://127.0.0.1/cameras/%23", /^Cannot publish to the topic "cameras\/#"/],
  ] as const
) {
  Deno.test(`openEventSink() refuses ${JSON.stringify(target)} and shows no password`, async () => {
    await assert.rejects(openEventSink(target, { stream: "gate" }), (error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, says);
      assert.doesNotMatch(error.message, /secret|sec%ret/);
      return true;
    });
  });
}

for (
  const [target, host] of [
    ["https://user:secret@example.org/in", "example.org:443"],
    ["mqtt://user:secret@[::1]:2000", "[::1]:2000"],
    ["mqtts://example.org", "example.org:8883"],
  ] as const
) {
  Deno.test(`openEventSink() names --allow-net=${host}, when Deno may not reach it`, async () => {
    const module = JSON.stringify(repositoryPath("src/events/event_sink.ts"));
    const script = `import { openEventSink } from ${module};
      await openEventSink(${JSON.stringify(target)}, { stream: "gate" })
        .catch(({ name, message }) => console.log(name, message));`;
    await using directory = await temporaryDirectory();
    await Deno.writeTextFile(directory.join("open.ts"), script);
    const { code, stdout } = await runCommand(
      Deno.execPath(),
      [
        "run",
        "-q",
        "--no-prompt",
        "--config",
        "deno.json",
        "--allow-read",
        directory.join("open.ts"),
      ],
      { cwd: REPOSITORY, env: { NO_COLOR: "1" } },
    );
    const line = new TextDecoder().decode(stdout);
    assert.equal(code, 0);
    assert.match(line, /^OutputError Cannot send events to (https|mqtts?):/);
    assert.ok(line.includes(`Add --allow-net=${host} to the command.`), line);
    assert.doesNotMatch(line, /secret/);
  });
}
