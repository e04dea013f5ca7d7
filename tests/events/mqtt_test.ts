import assert from "node:assert/strict";
import { connectAsync, type IClientOptions } from "mqtt";
import { EventQueue } from "../../src/events/event_queue.ts";
import { openEventSink } from "../../src/events/event_sink.ts";
import { openMqttTransport } from "../../src/events/mqtt_transport.ts";
import { parseReceiverUrl } from "../../src/events/receiver_url.ts";
import { runCommand } from "../testing/command.ts";
import { hasMqttBroker, MQTT_BROKER_MISSING, startMqttBroker } from "../testing/mqtt_broker.ts";
import { REPOSITORY, repositoryPath } from "../testing/repository.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { makeEventLog } from "./event_log.ts";

/** Longer than any pause of this process or the broker's: what is to arrive arrives, at once. */
const PATIENT = { timeoutMs: 60_000, flushMs: 60_000 } as const;

/** Listens to all topics. */
async function subscribe(port: number, options: IClientOptions = {}) {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, options);
  const messages: string[] = [];
  let changed = Promise.withResolvers<void>();
  client.on("message", (topic, payload) => {
    messages.push(`${topic} ${payload}`);
    changed.resolve();
    changed = Promise.withResolvers();
  });
  await client.subscribeAsync("#", { qos: 1 });
  return {
    async received(count: number): Promise<readonly string[]> {
      while (messages.length < count) await changed.promise;
      return messages;
    },
    [Symbol.asyncDispose]: () => client.endAsync(true),
  };
}

function mqttTest(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: hasMqttBroker ? name : `${name} (skipped: ${MQTT_BROKER_MISSING})`,
    ignore: !hasMqttBroker,
    fn,
  });
}

mqttTest("openEventSink() publishes each line in order, to a topic of the stream's", async () => {
  await using broker = await startMqttBroker();
  await using subscriber = await subscribe(broker.port);
  const sink = await openEventSink(`mqtt://127.0.0.1:${broker.port}`, {
    ...PATIENT,
    stream: "gate",
  });
  for (const line of ["a", "b", "c"]) sink.write(line);
  assert.deepEqual(await subscriber.received(3), [
    "segstream/gate a",
    "segstream/gate b",
    "segstream/gate c",
  ]);
  await sink.close();
  assert.deepEqual(sink.counts, { sent: 3, dropped: 0, failures: 0 });
});

mqttTest("openEventSink() publishes with user and password to the topic of the path", async () => {
  const user = "us er";
  const password = "p@ss/word";
  await using broker = await startMqttBroker({ user, password });
  await using subscriber = await subscribe(broker.port, { username: user, password });
  const credentials = [user, password].map(encodeURIComponent).join(":");
  const target = `mqtt://${credentials}@127.0.0.1:${broker.port}/yard/events`;
  const sink = await openEventSink(target, { ...PATIENT, stream: "gate" });
  sink.write("a");
  assert.deepEqual(await subscriber.received(1), ["yard/events a"]);
  await sink.close();
});

mqttTest("a wrong password is told once, and nowhere seen", async () => {
  await using broker = await startMqttBroker({ user: "user", password: "right" });
  const log = makeEventLog();
  const sink = await openEventSink(`mqtt://user:secret@127.0.0.1:${broker.port}`, {
    stream: "gate",
    onEvent: log.onEvent,
    flushMs: 1,
  });
  sink.write("a");
  const event = await log.until("output lost");
  await sink.close();
  assert.equal(log.events.length, 1);
  assert.deepEqual(event, {
    kind: "output lost",
    output: `mqtt://***@127.0.0.1:${broker.port}`,
    reason: "Connection refused: Not authorized",
    delayMs: 5000,
  });
  assert.equal(sink.counts.dropped, 1);
});

mqttTest("lines arrive once the broker is there, and again after it was away", async () => {
  const log = makeEventLog();
  const first = await startMqttBroker();
  const { port } = first;
  await first[Symbol.asyncDispose]();
  const receiver = parseReceiverUrl(`mqtt://127.0.0.1:${port}/t`);
  const transport = await openMqttTransport(receiver, { defaultTopic: "", reconnectMs: 20 });
  const queue = new EventQueue(transport, { ...PATIENT, onEvent: log.onEvent });
  queue.write("before");
  await log.until("output lost");
  {
    await using _broker = await startMqttBroker({ port });
    await log.until("output restored");
    await using subscriber = await subscribe(port);
    queue.write("during");
    // "before" may have come before the subscriber was there.
    const messages = await subscriber.received(1);
    assert.ok(messages.includes("t during") || (await subscriber.received(2)).includes("t during"));
  }
  queue.write("after");
  await using _broker = await startMqttBroker({ port });
  await queue.close();
  assert.deepEqual(queue.counts, { sent: 3, dropped: 0, failures: 0 });
  assert.deepEqual(log.events.map(({ kind }) => kind), [
    "output lost",
    "output restored",
    "output lost",
    "output restored",
  ]);
});

mqttTest("openEventSink() asks for no leave but to reach the broker", async () => {
  await using broker = await startMqttBroker();
  await using subscriber = await subscribe(broker.port);
  await using directory = await temporaryDirectory();
  const script = directory.join("publish.ts");
  await Deno.writeTextFile(
    script,
    `import { openEventSink } from ${JSON.stringify(repositoryPath("src/events/event_sink.ts"))};
     const options = { ...${JSON.stringify(PATIENT)}, stream: "gate" };
     const sink = await openEventSink("mqtt://127.0.0.1:${broker.port}", options);
     sink.write("a");
     await sink.close();`,
  );
  const { code, stderr } = await runCommand(Deno.execPath(), [
    ...["run", "-q", "--no-prompt", "--config", "deno.json", "--allow-read"],
    ...[`--allow-net=127.0.0.1:${broker.port}`, script],
  ], { cwd: REPOSITORY, env: { NO_COLOR: "1" } });
  assert.equal(code, 0, stderr);
  assert.deepEqual(await subscriber.received(1), ["segstream/gate a"]);
});
