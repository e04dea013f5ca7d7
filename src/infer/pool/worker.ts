/**
 * The inference worker: takes READY slots from the rings of its streams until it is told to quit, and
 * leaves them DONE, with the class map filled and the overlay drawn while the frame is hot in the
 * cache.
 */
import { nowMs } from "../../frame/clock.ts";
import { Lane } from "./lane.ts";
import { Inbox } from "./mail.ts";
import { reportOf, type WorkerMessage } from "./messages.ts";
import type { Order, TrialOrder } from "./orders.ts";
import { Segmenter } from "../segmenter.ts";
import { serve } from "./serve.ts";
import { SessionShelf } from "./session_shelf.ts";

const TRIAL_RUNS = 3;

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<Order>) => void) | null;
  postMessage(message: WorkerMessage): void;
  close(): void;
};

const inbox = new Inbox<Order>();
scope.onmessage = ({ data: order }) => inbox.put(order);

obeyFirst();

/** The first order says what this thread is for. */
async function obeyFirst(): Promise<void> {
  try {
    const order = await inbox.next();
    if (order.kind === "trial") await runTrial(order);
    if (order.kind === "serve") {
      const shelf = new SessionShelf();
      await serve(order, {
        inbox,
        open: (options) => Lane.open(options, shelf),
        answer: (message) => scope.postMessage(message),
      });
      await shelf.dispose();
    }
    scope.postMessage({ kind: "stopped" });
  } catch (error) {
    scope.postMessage({ kind: "failed", error: reportOf(error) });
  }
  scope.close();
}

async function runTrial(order: TrialOrder): Promise<void> {
  const segmenter = await Segmenter.create(order.network, order.segmenter);
  await segmenter.warmUp();
  let runMs = Infinity;
  for (let run = 0; run < TRIAL_RUNS; run++) {
    const start = nowMs();
    await segmenter.warmUp();
    runMs = Math.min(runMs, nowMs() - start);
  }
  await segmenter.dispose();
  scope.postMessage({ kind: "timed", provider: order.segmenter.provider, runMs });
}
