/** The page's connection to the server, with a browser of the test's own. */
import assert from "node:assert/strict";

/** What the page has of a browser, on a clock that the test moves. */
class Browser {
  readonly sockets: { closed: boolean; onclose?: (() => void) | null }[] = [];
  readonly connections: string[] = [];
  #nowMs = 0;
  readonly #timers = new Map<number, { atMs: number; everyMs?: number; run: () => void }>();
  #lastTimer = 0;

  /** Stands in for the globals until it is disposed of. */
  install(): Disposable {
    const { sockets } = this;
    const addTimer = (run: () => void, ms: number, isRepeated: boolean) => {
      const timer = { atMs: this.#nowMs + ms, run, ...(isRepeated && { everyMs: ms }) };
      this.#timers.set(++this.#lastTimer, timer);
      return this.#lastTimer;
    };
    const parts = {
      location: { href: "http://127.0.0.1:8080/" },
      WebSocket: class {
        closed = false;
        constructor() {
          sockets.push(this);
        }
        close() {
          this.closed = true;
        }
      },
      fetch: () => Promise.reject(new TypeError("no server")),
      setTimeout: (run: () => void, ms: number) => addTimer(run, ms, false),
      setInterval: (run: () => void, ms: number) => addTimer(run, ms, true),
      clearTimeout: (timer?: number) => this.#timers.delete(timer ?? 0),
    };
    const originals = Object.keys(parts).map((name) =>
      [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const
    );
    for (const [name, value] of Object.entries(parts)) {
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }
    const now = performance.now;
    const random = Math.random;
    performance.now = () => this.#nowMs;
    Math.random = () => 0.999; // the longest delays
    return {
      [Symbol.dispose]() {
        performance.now = now;
        Math.random = random;
        for (const [name, original] of originals) {
          if (original) Object.defineProperty(globalThis, name, original);
          else delete (globalThis as Record<string, unknown>)[name];
        }
      },
    };
  }

  /** Lets time pass. */
  pass(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers].sort(([, a], [, b]) => a.atMs - b.atMs);
      if (next === undefined || next[1].atMs > endMs) break;
      const [id, timer] = next;
      this.#nowMs = timer.atMs;
      if (timer.everyMs === undefined) this.#timers.delete(id);
      else timer.atMs += timer.everyMs;
      timer.run();
    }
    this.#nowMs = endMs;
  }
}

Deno.test("StatusSocket tries on and on, however long the pauses, while nobody answers", async () => {
  const { StatusSocket } = await import("../../src/live/page/status_socket.js");
  const browser = new Browser();
  using _installed = browser.install();
  new StatusSocket("/status", "run 1", () => {}, (connection) => {
    browser.connections.push(connection);
  });
  // Refused at once, again and again: the pauses grow to 6.5 s, longer than a silence.
  for (let attempt = 1; attempt <= 12; attempt++) {
    assert.equal(browser.sockets.length, attempt);
    browser.sockets.at(-1)!.onclose!();
    for (let ms = 0; ms < 6500 && browser.sockets.length === attempt; ms += 100) browser.pass(100);
  }
});

Deno.test("StatusSocket opens another connection, when one says nothing and does not close", async () => {
  const { StatusSocket } = await import("../../src/live/page/status_socket.js");
  const browser = new Browser();
  using _installed = browser.install();
  new StatusSocket("/status", "run 1", () => {}, (connection) => {
    browser.connections.push(connection);
  });
  browser.pass(7000);
  assert.deepEqual(browser.sockets.map(({ closed }) => closed), [true, false]);
  assert.deepEqual(browser.connections, ["lost"]);
});
