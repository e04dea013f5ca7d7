/**
 * Stands in for the inference worker: serves streams as the real one does, but marks frames instead
 * of running a network, and fails where it is told.
 */
import { HEADER } from "../../../src/frame/timing.ts";
import type { LaneOptions } from "../../../src/infer/pool/lane.ts";
import { Inbox } from "../../../src/infer/pool/mail.ts";
import { reportOf, type WorkerMessage } from "../../../src/infer/pool/messages.ts";
import type { Order } from "../../../src/infer/pool/orders.ts";
import { serve, type ServedLane } from "../../../src/infer/pool/serve.ts";
import { FrameRing } from "../../../src/ring/ring.ts";

/** What the stand-in does; as JSON it is the name of the stream's network. */
export interface Behaviour {
  /** The frame that goes wrong, and how: the work rejects, or the thread dies. */
  readonly bad?: { readonly frame: number; readonly how: "fail" | "throw" };
  /** Whether the bad frame goes wrong whenever it is tried, or the first time only. */
  readonly always?: boolean;
  /** Whether every frame goes wrong: the work rejects. */
  readonly isBroken?: boolean;
  /** Attempts to open the stream that are refused, counted from 1 over all workers. */
  readonly refused?: readonly number[];
  /** The frame that waits until the test opens the gate. */
  readonly gated?: number;
}

/** Where the test and the stand-ins count, in the int32 words of the stream's gauges. */
export const COUNT = { opened: 0, served: 1, gate: 2, drawn: 3, closed: 4 } as const;

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<Order>) => void) | null;
  postMessage(message: WorkerMessage): void;
  close(): void;
};

const inbox = new Inbox<Order>();
scope.onmessage = ({ data }) => inbox.put(data);

obeyFirst();

async function obeyFirst(): Promise<void> {
  try {
    const order = await inbox.next();
    if (order.kind === "serve") {
      const answer = (message: WorkerMessage) => scope.postMessage(message);
      await serve(order, { inbox, open, answer });
    }
    scope.postMessage({ kind: "stopped" });
  } catch (error) {
    scope.postMessage({ kind: "failed", error: reportOf(error) });
  }
  scope.close();
}

function open(options: LaneOptions): Promise<ServedLane> {
  const behaviour = JSON.parse(options.networks[0]!.name) as Behaviour;
  const counts = new Int32Array(options.gauges);
  const attempt = Atomics.add(counts, COUNT.opened, 1) + 1;
  if (behaviour.refused?.includes(attempt)) {
    return Promise.reject(new Error(`it was told to refuse attempt ${attempt}`));
  }
  const look = (overlay: LaneOptions["overlay"]) => {
    if (overlay?.alpha === 7) throw new RangeError("it was told to refuse");
  };
  look(options.overlay);
  const ring = new FrameRing(options.ring);
  return Promise.resolve({
    ring,
    every: options.every,
    async work(slot) {
      const header = ring.header(slot);
      const pixels = ring.section(slot, 0);
      const { bad, always, gated, isBroken } = behaviour;
      if (isBroken) throw new Error("it was told to fail");
      if (header[HEADER.index] === gated) Atomics.wait(counts, COUNT.gate, 0);
      if (header[HEADER.index] === bad?.frame && (always || pixels[0] === 0)) {
        pixels[0] = 1;
        if (bad!.how === "fail") throw new Error("it was told to fail");
        setTimeout(() => {
          throw new Error("it was told to throw");
        });
        await new Promise(() => {});
      }
      header[HEADER.labelled] = Atomics.add(counts, COUNT.served, 1);
    },
    draw(overlay) {
      look(overlay);
      Atomics.add(counts, COUNT.drawn, 1);
    },
    close() {
      Atomics.add(counts, COUNT.closed, 1);
      return Promise.resolve();
    },
  });
}
