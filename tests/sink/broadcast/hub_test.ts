import assert from "node:assert/strict";
import { type BroadcastViewer, Hub } from "../../../src/sink/broadcast/hub.ts";
import { PACKET_BYTES, type TsPiece } from "../../../src/sink/broadcast/ts_packets.ts";

const TABLES = new Uint8Array(2 * PACKET_BYTES).fill(0xEE);

/** A piece of one packet that is full of its number; the key frames know their tables. */
function piece(number: number, isKey = false): TsPiece {
  const bytes = new Uint8Array(PACKET_BYTES).fill(number);
  return { bytes, key: isKey ? { pts: number, tables: TABLES } : undefined, frames: 1 };
}

/** Keeps the numbers of the packets it gets: "t" for tables; "!" behind a marked discontinuity. */
class Reader implements BroadcastViewer {
  backlogBytes = 0;
  readonly got: string[] = [];

  send(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += PACKET_BYTES) {
      const number = bytes[at]!;
      if (number === 0xEE) this.got.push("t");
      else this.got.push(`${number}${bytes[at + 5] === number ? "" : "!"}`);
    }
  }

  end(): void {
    this.got.push("end");
  }
}

/** Lets newcomers be greeted. */
const settle = () => Promise.resolve();

Deno.test("Hub.subscribe() gives a newcomer the tables and all since the last key frame", async () => {
  const hub = new Hub();
  [piece(1, true), piece(2), piece(3, true), piece(4)].forEach((each) => hub.push(each));
  const reader = new Reader();
  hub.subscribe(reader);
  assert.deepEqual(reader.got, [], "not from within the call");
  await settle();
  hub.push(piece(5));
  assert.equal(reader.got.join(" "), "t t 3 4 5");
});

Deno.test("Hub.subscribe() lets a newcomer wait for the first key frame", async () => {
  const hub = new Hub();
  const reader = new Reader();
  hub.subscribe(reader);
  await settle();
  hub.push(piece(1));
  hub.push(piece(2, true));
  assert.equal(reader.got.join(" "), "t t 2");
  assert.equal(hub.framesLost, 0);
});

Deno.test("Hub.push() skips a viewer that lags up to a key frame that finds it ready, and counts", async () => {
  const hub = new Hub();
  hub.push(piece(1, true));
  const [slow, other] = [new Reader(), new Reader()];
  hub.subscribe(slow, { limitBytes: 1000 });
  hub.subscribe(other);
  await settle();
  slow.backlogBytes = 1001;
  [piece(2), piece(3, true), piece(4)].forEach((each) => hub.push(each));
  slow.backlogBytes = 1000;
  [piece(5), piece(6, true), piece(7)].forEach((each) => hub.push(each));
  assert.equal(slow.got.join(" "), "t t 1 t t 6! 7");
  assert.equal(other.got.join(" "), "t t 1 2 3 4 5 6 7");
  assert.equal(hub.framesLost, 4);
});

Deno.test("Hub.subscribe()'s result ends it, also from within send()", async () => {
  const hub = new Hub();
  hub.push(piece(1, true));
  const reader = new Reader();
  const leave = hub.subscribe({
    send(bytes) {
      reader.send(bytes);
      leave();
    },
    end: () => reader.end(),
  });
  await settle();
  hub.push(piece(2));
  leave();
  hub.end();
  assert.equal(reader.got.join(" "), "t t 1");
});

Deno.test("Hub.push() removes a viewer that throws, and the others see no difference", () => {
  const hub = new Hub();
  const reader = new Reader();
  let calls = 0;
  hub.subscribe({
    send() {
      calls++;
      throw new Error("a viewer's own fault");
    },
    end: () => calls++,
  });
  hub.subscribe(reader);
  [piece(1, true), piece(2)].forEach((each) => hub.push(each));
  hub.end();
  assert.equal(reader.got.join(" "), "t t 1 2 end");
  assert.equal(calls, 1);
});

Deno.test("Hub.end() tells the others, when a viewer throws", () => {
  const hub = new Hub();
  const reader = new Reader();
  hub.subscribe({
    send() {},
    end() {
      throw new Error("a viewer's own fault");
    },
  });
  hub.subscribe(reader);
  hub.end();
  assert.equal(reader.got.join(" "), "end");
});

Deno.test("Hub.end() tells everybody, and those who come later", async () => {
  const hub = new Hub();
  hub.push(piece(1, true));
  const [early, late] = [new Reader(), new Reader()];
  hub.subscribe(early);
  await settle();
  hub.end();
  hub.subscribe(late);
  await settle();
  assert.equal(early.got.join(" "), "t t 1 end");
  assert.equal(late.got.join(" "), "end");
});
