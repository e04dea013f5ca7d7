/** Time that passes when a test says so, for what is built on setInterval() and performance.now(). */
export interface VirtualTime extends Disposable {
  /** Milliseconds since the beginning. */
  readonly nowMs: number;
  /** Lets time pass; what is due happens at its moment. */
  pass(ms: number): Promise<void>;
  /** Lets time pass in which nothing runs, as on a machine that sleeps; what was due happens late. */
  stall(ms: number): Promise<void>;
}

interface Timer {
  readonly run: () => void;
  readonly everyMs: number;
  dueMs: number;
}

/** Takes the place of the real time until its scope ends (`using`). */
export function startVirtualTime(): VirtualTime {
  const real = { setInterval, clearInterval };
  const timers = new Map<number, Timer>();
  let nowMs = 0;
  let count = 0;
  Object.assign(globalThis, {
    setInterval(run: () => void, everyMs: number) {
      timers.set(++count, { run, everyMs, dueMs: nowMs + everyMs });
      return count;
    },
    clearInterval: (id: number) => void timers.delete(id),
  });
  Object.defineProperty(performance, "now", { configurable: true, value: () => nowMs });
  const fire = async (untilMs: number, isLate: boolean) => {
    for (;;) {
      const [next] = [...timers.values()].sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined || next.dueMs > untilMs) break;
      nowMs = isLate ? untilMs : next.dueMs;
      next.dueMs = nowMs + next.everyMs;
      next.run();
      await settled();
    }
    nowMs = untilMs;
  };
  return {
    get nowMs() {
      return nowMs;
    },
    async pass(ms) {
      await settled();
      await fire(nowMs + ms, false);
    },
    async stall(ms) {
      await settled();
      await fire(nowMs + ms, true);
    },
    [Symbol.dispose]() {
      Object.assign(globalThis, real);
      Reflect.deleteProperty(performance, "now");
    },
  };
}

/** Resolves behind all that promises set off that are settled already: a task of its own. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
