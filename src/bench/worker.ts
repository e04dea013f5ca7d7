/** A thread of the benchmark: holds the sessions of its entrants and times their passes. */
import { nowMs } from "../frame/clock.ts";
import { reportOf } from "../infer/pool/messages.ts";
import { programCpuMs } from "../report/cpu_cost.ts";
import { createForwardPass, type ForwardPass } from "./forward_pass.ts";
import type { BenchOrder, BenchReply, Burst, BurstOrder } from "./messages.ts";

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<BenchOrder>) => void) | null;
  postMessage(message: BenchReply): void;
  close(): void;
};

const passes = new Map<string, ForwardPass>();

/** One order after the other: to quit while a session loads would tear it down half made. */
let queue: Promise<void> = Promise.resolve();

scope.onmessage = ({ data }) => {
  queue = queue.then(() => answer(data));
};

async function answer(order: BenchOrder): Promise<void> {
  try {
    scope.postMessage(await obey(order));
  } catch (error) {
    scope.postMessage({ kind: "failed", error: reportOf(error) });
  }
  if (order.kind === "quit") scope.close();
}

async function obey(order: BenchOrder): Promise<BenchReply> {
  switch (order.kind) {
    case "load":
      passes.set(order.entrant.key, await createForwardPass(order.entrant));
      return { kind: "done" };
    case "unload":
      await passes.get(order.key)?.dispose();
      passes.delete(order.key);
      return { kind: "done" };
    case "run":
      return { kind: "ran", burst: await runBurst(passes.get(order.burst.key)!, order.burst) };
    case "labels":
      return { kind: "labels", labels: await passes.get(order.key)!.labels() };
    case "quit":
      return { kind: "done" };
  }
}

async function runBurst(pass: ForwardPass, { head, warmUps, runs }: BurstOrder): Promise<Burst> {
  for (let run = 0; run < warmUps; run++) await pass.run(head);
  let inferMs = 0;
  let headMs = 0;
  const cpuBeganMs = programCpuMs();
  const beganMs = nowMs();
  for (let run = 0; run < runs; run++) {
    const times = await pass.run(head);
    inferMs += times.inferMs;
    headMs += times.headMs;
  }
  const endedMs = nowMs();
  const clocks = { beganMs, endedMs, cpuBeganMs, cpuEndedMs: programCpuMs() };
  return { ...clocks, runs, inferMs: inferMs / runs, headMs: headMs / runs };
}
