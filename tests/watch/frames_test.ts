import assert from "node:assert/strict";
import { FrameRing } from "../../src/ring/ring.ts";
import { LiveFrames } from "../../src/watch/frames.ts";

function ringWithFrame(): { ring: FrameRing; publish(): number } {
  const ring = FrameRing.allocate({ slots: 4, headerFields: 1, sectionBytes: [16] });
  return {
    ring,
    publish() {
      const slot = ring.tryAcquire()!;
      ring.publish(slot);
      ring.finish(ring.take(0)!);
      return slot;
    },
  };
}

Deno.test("LiveFrames.next() holds the newest slot until the next has come", async () => {
  const { ring, publish } = ringWithFrame();
  const frames = new LiveFrames(ring, 40);
  const first = publish();
  assert.deepEqual(await frames.next(), { kind: "frame", slot: first });
  assert.equal(ring.slotsInUse, 1);
  const second = publish();
  assert.deepEqual(await frames.next(), { kind: "frame", slot: second });
  assert.equal(ring.slotsInUse, 1, "the first is free again");
  ring.end();
  assert.deepEqual(await frames.next(), { kind: "end" });
  assert.equal(ring.slotsInUse, 0);
});

Deno.test("LiveFrames.next() gives the last frame again after a silence, and frames when they come", async () => {
  const { ring, publish } = ringWithFrame();
  using timers = new HandTimers();
  const frames = new LiveFrames(ring, 40);
  const slot = publish();
  await frames.next();
  for (const silentMs of [1000, 200, 200]) {
    const next = frames.next();
    assert.deepEqual(timers.delaysMs, [silentMs]);
    timers.fire();
    assert.deepEqual(await next, { kind: "held", slot });
  }
  const next = publish();
  assert.deepEqual(await frames.next(), { kind: "frame", slot: next });
  assert.deepEqual(timers.delaysMs, [], "none is left");
  ring.close();
});

Deno.test("LiveFrames.next() does not call a slow camera silent before three of its frames", async () => {
  const { ring, publish } = ringWithFrame();
  using timers = new HandTimers();
  const frames = new LiveFrames(ring, 1000);
  publish();
  await frames.next();
  const next = frames.next();
  assert.deepEqual(timers.delaysMs, [3000]);
  publish();
  assert.equal((await next).kind, "frame");
  ring.close();
});

/** Timers that end when the test says so, and no earlier; the globals until it is disposed of. */
class HandTimers implements Disposable {
  readonly #waiting = new Map<number, { readonly run: () => void; readonly delayMs: number }>();
  readonly #originals = [globalThis.setTimeout, globalThis.clearTimeout] as const;
  #last = 0;

  constructor() {
    const set = (run: () => void, delayMs: number) => {
      this.#waiting.set(++this.#last, { run, delayMs });
      return this.#last;
    };
    globalThis.setTimeout = set as unknown as typeof setTimeout;
    globalThis.clearTimeout = (timer) => void this.#waiting.delete(Number(timer));
  }

  /** What is waited for, in milliseconds. */
  get delaysMs(): number[] {
    return Array.from(this.#waiting.values(), ({ delayMs }) => delayMs);
  }

  /** The time of all of them is over. */
  fire(): void {
    const due = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { run } of due) run();
  }

  [Symbol.dispose](): void {
    [globalThis.setTimeout, globalThis.clearTimeout] = this.#originals;
  }
}
