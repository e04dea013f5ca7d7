/** Stands in for the inference worker: marks frames without a network, and fails where it is told. */
import { HEADER } from "../../src/frame/timing.ts";
import type { WorkerMessage } from "../../src/infer/messages.ts";
import type { Order } from "../../src/infer/worker.ts";
import { FrameRing } from "../../src/ring/ring.ts";

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<Order>) => void) | null;
  postMessage(message: WorkerMessage): void;
  close(): void;
};

/** The network's name says what to do: "fail 7 once", "fail 7 always", "throw 7 once", "refuse". */
scope.onmessage = ({ data: order }) => {
  if (order.kind !== "work") return scope.close();
  const [how, frame, often] = order.network.name.split(" ");
  const error = { name: "Error", message: "it was told to fail", stack: undefined };
  if (how === "refuse") return scope.postMessage({ kind: "failed", error });
  const ring = new FrameRing(order.ring);
  scope.postMessage({ kind: "ready" });
  for (;;) {
    const slot = ring.take(order.worker);
    if (slot === undefined) break;
    const index = ring.header(slot)[HEADER.index]!;
    const pixels = ring.section(slot, 0);
    const isSecondTime = pixels[0] === 1;
    pixels[0] = 1;
    if (index === Number(frame) && (often === "always" || !isSecondTime)) {
      if (how === "throw") throw new Error("it was told to throw");
      return scope.postMessage({ kind: "failed", frame: index, error });
    }
    ring.finish(slot);
  }
  scope.postMessage({ kind: "stopped" });
  scope.close();
};
