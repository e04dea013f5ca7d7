/** A worker for the ring's stress test: checks a frame's canaries, marks it and finishes it. */
import type { RingHandle } from "../../src/ring/layout.ts";
import { FrameRing } from "../../src/ring/ring.ts";
import { canary, FIELD, random, spin } from "./stress_frames.ts";

/** What the test tells a worker. */
export interface StressOrder {
  readonly ring: RingHandle;
  readonly worker: number;
  readonly seed: number;
  /** Iterations of idle work a frame, at most. */
  readonly slowness: number;
  /** Stop for good in the middle of this many-th frame, leaving it BUSY. */
  readonly dieAt?: number;
}

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<StressOrder>) => void) | null;
  postMessage(message: unknown): void;
};

scope.onmessage = ({ data }) => {
  const ring = new FrameRing(data.ring);
  const next = random(data.seed);
  let frames = 0;
  let torn = 0;
  for (;;) {
    const slot = ring.take(data.worker);
    if (slot === undefined) break;
    if (++frames === data.dieAt) {
      scope.postMessage("died");
      return;
    }
    const header = ring.header(slot);
    const words = new Uint32Array(
      ring.section(slot, 0).buffer,
      ring.section(slot, 0).byteOffset,
      ring.section(slot, 0).byteLength / 4,
    );
    const index = header[FIELD.index]!;
    spin(next() % (data.slowness + 1));
    for (let i = 0; i < words.length; i++) if (words[i] !== canary(index, i)) torn++;
    spin(next() % (data.slowness + 1));
    for (let i = 0; i < words.length; i++) words[i] = ~words[i]!;
    header[FIELD.mark] = -index;
    ring.finish(slot);
  }
  scope.postMessage({ frames, torn });
};
