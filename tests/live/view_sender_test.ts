/** How the page sends what is switched, with a server and a clock of the test's own. */
import assert from "node:assert/strict";
import type { FeedView } from "../../src/report/feed.ts";

const VIEW: FeedView = { view: "mask", alpha: 0.5, visible: [0], legend: false, hud: false };

/** Stands in for the network and the clock until it is disposed of. */
class Server implements Disposable {
  nowMs = 0;
  readonly bodies: unknown[] = [];
  #answers: (() => void)[] = [];
  readonly #originals = { fetch: globalThis.fetch, now: performance.now };

  constructor() {
    performance.now = () => this.nowMs;
    globalThis.fetch = (_, options) => {
      this.bodies.push(JSON.parse(String(options!.body)));
      return new Promise((resolve) => this.#answers.push(() => resolve(Response.json(VIEW))));
    };
  }

  /** Answers the oldest request. */
  answer(): void {
    this.#answers.shift()!();
  }

  [Symbol.dispose](): void {
    globalThis.fetch = this.#originals.fetch;
    performance.now = this.#originals.now;
  }
}

Deno.test("ViewSender sends what changes while a request is under way with the next one", async () => {
  const { ViewSender } = await import("../../src/live/page/controls.js");
  using server = new Server();
  const shown: FeedView[] = [];
  const sender = new ViewSender("/feeds/a", (view: FeedView) => shown.push(view), () => {});
  const sent = sender.send({ alpha: 0.1 });
  sender.send({ alpha: 0.2 });
  sender.send({ hud: true });
  server.answer();
  while (server.bodies.length < 2) await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(shown, [], "it is old already");
  server.answer();
  await sent;
  assert.deepEqual(server.bodies, [{ alpha: 0.1 }, { alpha: 0.2, hud: true }]);
  assert.deepEqual(shown, [VIEW]);
});

Deno.test("ViewSender is ahead of the server while it asks, and for a second after the answer", async () => {
  const { ViewSender } = await import("../../src/live/page/controls.js");
  using server = new Server();
  const sender = new ViewSender("/feeds/a", () => {}, () => {});
  assert.equal(sender.isAhead, false);
  const sent = sender.send({ alpha: 0.1 });
  server.nowMs = 60_000;
  assert.equal(sender.isAhead, true);
  server.answer();
  await sent;
  server.nowMs += 999;
  assert.equal(sender.isAhead, true, "what comes now may have been said before the answer");
  server.nowMs += 1;
  assert.equal(sender.isAhead, false);
});
