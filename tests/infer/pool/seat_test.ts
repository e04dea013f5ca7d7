import assert from "node:assert/strict";
import type { WorkerMessage } from "../../../src/infer/pool/messages.ts";
import { Seat, type SeatHost } from "../../../src/infer/pool/seat.ts";
import { Bell } from "../../../src/ring/bell.ts";

/** A thread that does what the test says. */
class FakeWorker {
  onmessage: ((event: { data: WorkerMessage }) => void) | undefined;
  onerror: ((event: { message: string; preventDefault(): void }) => void) | undefined;
  readonly orders: string[] = [];

  postMessage({ kind }: { kind: string }): void {
    this.orders.push(kind);
  }

  terminate(): void {}

  stop(): void {
    this.onmessage!({ data: { kind: "stopped" } });
  }

  die(message: string): void {
    this.onerror!({ message, preventDefault: () => {} });
  }

  get worker(): Worker {
    return this as unknown as Worker;
  }
}

/** A seat, and what it does in turn. */
function makeSeat() {
  const steps: string[] = [];
  const workers = [new FakeWorker()];
  const host: SeatHost = {
    ...{ bell: new Bell(), isLive: true, attempts: 2 },
    spawn() {
      steps.push("spawn");
      workers.push(new FakeWorker());
      return workers.at(-1)!.worker;
    },
    welcome: () => steps.push("welcome"),
    takeBack(index, { message }) {
      steps.push(`take back ${index}: ${message}`);
      return true;
    },
    onLost: () => {},
    onReplaced: (reason) => steps.push(`replaced: ${reason}`),
    fail: (error) => steps.push(`fail: ${error.message}`),
  };
  const seat = new Seat(3, host);
  seat.take(workers[0]!.worker);
  steps.length = 0;
  return { seat, steps, workers };
}

const REFUSAL = { name: "Error", message: "no memory", stack: undefined };
const SUCCESSION = ["take back 3: no memory", "spawn", "welcome", "replaced: no memory"];

for (const how of ["stop", "die"] as const) {
  Deno.test(`Seat has one successor for a thread that is dismissed and ${how}s`, async () => {
    const { seat, steps, workers } = makeSeat();
    const thread = seat.thread!;
    const dismissed = [seat.dismiss(thread, REFUSAL), seat.dismiss(thread, REFUSAL)];
    assert.equal(seat.thread, undefined);
    assert.deepEqual(workers[0]!.orders, ["serve", "quit"]);
    assert.deepEqual(steps, [], "not before it is gone");
    workers[0]![how]("it died");
    await Promise.all(dismissed);
    assert.deepEqual(steps, SUCCESSION);
    assert.notEqual(seat.thread, thread);
    assert.equal(seat.close().length, 1);
  });
}

Deno.test("Seat takes back what a dead thread held, before another one sits down", () => {
  const { seat, steps, workers } = makeSeat();
  workers[0]!.onmessage!({ data: { kind: "done", id: 1 } });
  workers[0]!.die("no memory");
  assert.deepEqual(steps, SUCCESSION);
  seat.close();
});

Deno.test("Seat gives threads that are leaving to be ended, and has no successor, once it is closed", async () => {
  const { seat, steps, workers } = makeSeat();
  const thread = seat.thread!;
  const dismissed = seat.dismiss(thread, REFUSAL);
  assert.deepEqual(seat.close(), [thread]);
  workers[0]!.stop();
  await dismissed;
  assert.deepEqual(steps, []);
});
