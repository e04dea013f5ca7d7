import assert from "node:assert/strict";
import { EventQueue } from "../../src/events/event_queue.ts";
import { LinesRefused, type Transport } from "../../src/events/transport.ts";
import { makeEventLog } from "./event_log.ts";

/** Takes lines, or fails as the test says; `attempts` resolve the promises of attempted(). */
function makeTransport(answer: (attempt: number) => Error | undefined = () => undefined) {
  const delivered: string[][] = [];
  let attempts = 0;
  let changed = Promise.withResolvers<void>();
  const transport: Transport = {
    name: "https://***@host/in",
    deliver(lines) {
      const error = answer(attempts++);
      changed.resolve();
      changed = Promise.withResolvers();
      if (error !== undefined) return Promise.reject(error);
      delivered.push([...lines]);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const attempted = async (count: number) => {
    while (attempts < count) await changed.promise;
  };
  return { transport, delivered, attempted };
}

const REFUSED = new Error("connection refused by https://user:secret@host/in");

Deno.test("close() delivers every line in order, in batches of the size given", async () => {
  const { transport, delivered } = makeTransport();
  const queue = new EventQueue(transport, { batchLines: 4, lingerMs: 60_000 });
  const lines = Array.from({ length: 10 }, (_, at) => `line ${at}`);
  for (const line of lines) queue.write(line);
  await queue.close();
  assert.deepEqual(delivered.flat(), lines);
  assert.ok(delivered.every((batch) => batch.length <= 4));
  assert.deepEqual(queue.counts, { sent: 10, dropped: 0, failures: 0 });
});

Deno.test("write() delivers again what failed, and tells once when it fails and once when not", async () => {
  const { transport, delivered, attempted } = makeTransport((attempt) =>
    attempt < 4 ? REFUSED : undefined
  );
  const log = makeEventLog();
  const queue = new EventQueue(transport, { onEvent: log.onEvent, retryMs: 1 });
  queue.write("a");
  queue.write("b");
  await attempted(5);
  await log.until("output restored");
  await queue.close();
  assert.deepEqual(delivered.flat(), ["a", "b"]);
  assert.deepEqual(queue.counts, { sent: 2, dropped: 0, failures: 4 });
  assert.deepEqual(log.events, [
    {
      kind: "output lost",
      output: "https://***@host/in",
      reason: "connection refused by https://***@host/in",
      delayMs: 1,
    },
    { kind: "output restored", output: "https://***@host/in" },
  ]);
});

Deno.test("write() drops the oldest lines and counts them, when too many wait", async () => {
  const { transport, delivered, attempted } = makeTransport((attempt) =>
    attempt === 0 ? REFUSED : undefined
  );
  const queue = new EventQueue(transport, { capacity: 3, retryMs: 60_000, flushMs: 60_000 });
  queue.write("in hand");
  await attempted(1);
  for (let i = 0; i < 8; i++) queue.write(`${i}`);
  await queue.close();
  assert.deepEqual(delivered.flat(), ["in hand", "5", "6", "7"]);
  assert.deepEqual(queue.counts, { sent: 4, dropped: 5, failures: 1 });
});

Deno.test("write() goes on with the next lines, when some are refused for good", async () => {
  const { transport, delivered } = makeTransport((attempt) =>
    attempt === 0 ? new LinesRefused("it answers 413") : undefined
  );
  const log = makeEventLog();
  const queue = new EventQueue(transport, { batchLines: 1, onEvent: log.onEvent });
  queue.write("too large");
  queue.write("fine");
  await queue.close();
  assert.deepEqual(delivered.flat(), ["fine"]);
  assert.deepEqual(queue.counts, { sent: 1, dropped: 1, failures: 1 });
  assert.deepEqual(log.events.map(({ kind }) => kind), ["output lost", "output restored"]);
});

Deno.test("close() gives up in time and counts what is lost, when the receiver is away", async () => {
  const { transport } = makeTransport(() => REFUSED);
  const queue = new EventQueue(transport, { batchLines: 2, retryMs: 60_000, flushMs: 150 });
  for (let i = 0; i < 5; i++) queue.write(`${i}`);
  const begunMs = performance.now();
  await queue.close();
  const tookMs = performance.now() - begunMs;
  const { sent, dropped, failures } = queue.counts;
  assert.deepEqual({ sent, dropped }, { sent: 0, dropped: 5 });
  // One a tenth of a second at most, however long the timers took; a timer may be a millisecond early.
  assert.ok(failures >= 1 && failures <= 1 + tookMs / 99, `${failures} in ${tookMs} ms`);
});

Deno.test("close() tries again and again, though the wait was to be a long one", async () => {
  const { transport, delivered } = makeTransport((attempt) => attempt < 3 ? REFUSED : undefined);
  const queue = new EventQueue(transport, { retryMs: 600_000, flushMs: 60_000 });
  queue.write("a");
  await queue.close();
  assert.deepEqual(delivered, [["a"]]);
  assert.deepEqual(queue.counts, { sent: 1, dropped: 0, failures: 3 });
});

Deno.test("write() aborts an attempt that gets no answer, and tries again", async () => {
  let attempts = 0;
  const transport: Transport = {
    name: "silent",
    deliver: (_lines, signal) =>
      attempts++ > 0 ? Promise.resolve() : new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
    close: () => Promise.resolve(),
  };
  const log = makeEventLog();
  const queue = new EventQueue(transport, { timeoutMs: 20, retryMs: 1, onEvent: log.onEvent });
  queue.write("a");
  await log.until("output restored");
  await queue.close();
  assert.match(JSON.stringify(log.events[0]), /"no answer within 0.02 s"/);
  assert.equal(queue.counts.sent, 1);
});

Deno.test("write() after close() is counted as dropped", async () => {
  const { transport, delivered } = makeTransport();
  const queue = new EventQueue(transport);
  await queue.close();
  await queue.close();
  queue.write("late");
  assert.deepEqual(delivered, []);
  assert.equal(queue.counts.dropped, 1);
});

/** Takes lines as a pipe that nobody reads does: not before the test lets it, and whatever the signal. */
function makeBlockedTransport() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const delivered: string[] = [];
  const transport: Transport = {
    name: "the standard output",
    async deliver(lines) {
      delivered.push(...lines);
      await promise;
    },
    close: () => Promise.resolve(),
  };
  return { transport, delivered, unblock: resolve };
}

Deno.test("close() gives up in time, when a transport never answers and ignores its signal", async () => {
  const { transport } = makeBlockedTransport();
  const queue = new EventQueue(transport, { batchLines: 2, flushMs: 20 });
  for (let i = 0; i < 3; i++) queue.write(`${i}`);
  await queue.close();
  assert.deepEqual({ ...queue.counts, failures: 0 }, { sent: 0, dropped: 3, failures: 0 });
});

Deno.test("write() hands no line over twice, while a transport is still at it after its time", async () => {
  const { transport, delivered, unblock } = makeBlockedTransport();
  const log = makeEventLog();
  const queue = new EventQueue(transport, { timeoutMs: 5, retryMs: 1, onEvent: log.onEvent });
  queue.write("a");
  await log.until("output lost");
  queue.write("b");
  unblock();
  await log.until("output restored");
  await queue.close();
  assert.deepEqual(delivered, ["a", "b"]);
  assert.equal(queue.counts.sent, 2);
});
