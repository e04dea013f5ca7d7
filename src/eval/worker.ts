/** The evaluating thread: pictures in, counts out, one at a time. */
import { reportOf } from "../infer/pool/messages.ts";
import { Examiner } from "./examiner.ts";
import type { EvalAnswer, EvalOrder } from "./messages.ts";

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<EvalOrder>) => void) | null;
  postMessage(message: EvalAnswer, transfer?: Transferable[]): void;
  close(): void;
};

let examiner: Examiner | undefined;
let working: Promise<void> = Promise.resolve();

scope.onmessage = ({ data: order }) => {
  working = working.then(() => obey(order));
};

async function obey(order: EvalOrder): Promise<void> {
  try {
    if (order.kind === "setup") {
      examiner = new Examiner(order.setup);
    } else if (order.kind === "picture") {
      const result = await examiner!.examine(order.picture);
      const { picture, predicted } = result;
      const buffers = [picture.rgb.buffer, picture.truth.buffer, predicted.buffer];
      scope.postMessage({ kind: "result", result }, buffers);
    } else {
      await examiner?.dispose();
      scope.postMessage({ kind: "stopped" });
      scope.close();
    }
  } catch (error) {
    scope.postMessage({ kind: "failed", error: reportOf(error) });
  }
}
