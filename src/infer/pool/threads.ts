/** Inference threads, from their start until somebody has work for them. */
import { requireLoadPermission } from "../load_permission.ts";
import type { ErrorReport } from "./messages.ts";
import type { QuitOrder } from "./orders.ts";
import "../telemetry.ts"; // before the threads

/** How long a thread may take over what it is doing when everything ends; then it is cut off. */
export const STOP_TIMEOUT_MS = 5000;

/** Threads that failed before anybody listened to them. */
const stillborn = new WeakMap<Worker, ErrorReport>();

/** The module of the inference worker. */
export function workerModule(): URL {
  return new URL("./worker.ts", import.meta.url);
}

/**
 * Spawns the threads of a pool. They load ONNX Runtime at once, before it is known what to run.
 *
 * @throws {Deno.errors.NotCapable} If they may not.
 */
export function spawnWorkers(count: number, module = workerModule()): Worker[] {
  requireLoadPermission(module);
  return Array.from({ length: count }, () => {
    const worker = new Worker(module, { type: "module" });
    worker.onerror = (event) => {
      event.preventDefault();
      stillborn.set(worker, reportOfEvent(event));
    };
    return worker;
  });
}

/** What a thread failed with before anybody listened to it. */
export function stillbirthOf(worker: Worker): ErrorReport | undefined {
  return stillborn.get(worker);
}

/**
 * Ends threads that were never given work. A thread that is torn down while it loads ONNX Runtime
 * takes the whole process with it, so each is asked to go and waited for.
 */
export async function retireWorkers(workers: readonly Worker[]): Promise<void> {
  await Promise.all(
    workers.filter((worker) => !stillborn.has(worker)).map((worker) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      worker.onmessage = () => resolve();
      worker.onerror = (event) => {
        event.preventDefault();
        resolve();
      };
      const order: QuitOrder = { kind: "quit" };
      worker.postMessage(order);
      return within(STOP_TIMEOUT_MS, promise, () => worker.terminate());
    }),
  );
}

/** Waits for a promise, but not longer than that; then `giveUp` is called. */
export async function within(
  timeoutMs: number,
  promise: Promise<void>,
  giveUp: () => void,
): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    giveUp();
    resolve();
  }, timeoutMs);
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

/** "Uncaught (in promise) NotCapable: …" of an error event, without what is in front of the message. */
export function reportOfEvent({ message }: ErrorEvent): ErrorReport {
  const text = message.replace(/^Uncaught (\(in promise\) )?/, "").split("\n", 1)[0]!;
  return { name: "Error", message: text, stack: undefined };
}
