import assert from "node:assert/strict";
import type { FeedStatus } from "../../src/report/feed.ts";
import type { ProgressOutput } from "../../src/report/progress.ts";
import { describeStreams, StatusLine } from "../../src/report/status_line.ts";
import { FakeFeed } from "../live/fake_feed.ts";

/** A terminal or a pipe that keeps what is written. */
class FakeOutput implements ProgressOutput {
  readonly isTerminal: boolean;
  readonly written = Promise.withResolvers<void>();
  text = "";

  constructor(isTerminal: boolean) {
    this.isTerminal = isTerminal;
  }

  columns(): number {
    return 20;
  }

  write(text: string): void {
    this.text += text;
    this.written.resolve();
  }

  /** What the terminal's lines show: the last text after each carriage return. */
  get screen(): readonly string[] {
    // deno-lint-ignore no-control-regex
    return this.text.split("\n").map((line) => line.split("\r").at(-1)!.replace(/\x1b\[K/g, ""));
  }
}

Deno.test("StatusLine draws on the last line of a terminal, beneath what is printed", async () => {
  const output = new FakeOutput(true);
  const line = new StatusLine({ describe: (columns) => `${columns} columns and more`, output });
  // The line itself keeps no process alive.
  const patience = setTimeout(() => output.written.reject(new Error("nothing is drawn")), 60_000);
  await output.written.promise;
  clearTimeout(patience);
  assert.deepEqual(output.screen, ["19 columns and more"]);
  line.print("gate lost");
  assert.deepEqual(output.screen, ["gate lost", ""]);
  line.stop();
  line.print("bye");
  assert.deepEqual(output.screen, ["gate lost", "bye", ""]);
});

Deno.test("StatusLine prints lines alone, where it is not shown or there is no terminal", () => {
  const describe = () => assert.fail("nobody sees it");
  for (const [isTerminal, isShown] of [[false, true], [true, false]] as const) {
    const output = new FakeOutput(isTerminal);
    const line = new StatusLine({ describe, output, isShown });
    line.print("gate lost");
    line.stop();
    assert.equal(output.text, "gate lost\n");
  }
});

Deno.test("describeStreams() tells how each stream is, as far as it fits", () => {
  const at = (name: string, change: Partial<FeedStatus>): FeedStatus => ({
    ...new FakeFeed().status,
    dropped: {},
    ...change,
    name,
  });
  const latencyMs = { p50: 20, p95: 31.4, p99: 40 };
  const gate = at("gate", { fps: 24.96, latencyMs, dropped: { oldest: 3, newest: 9 } });
  const yard = at("yard", { state: "reconnecting", stateSince: 1000 });
  const door = at("door", { fps: 10, latencyMs: undefined });
  assert.equal(describeStreams([gate], 80, 0), "gate 25.0 fps, 31 ms, 12 dropped");
  assert.equal(describeStreams([gate], 13, 0), "gate 25.0 fps");
  assert.equal(
    describeStreams([gate, yard, door], 80, 13_000),
    "gate 25.0 fps, 31 ms, 12 dropped  |  yard reconnecting 12 s  |  door 10.0 fps",
  );
  assert.equal(
    describeStreams([gate, yard, door], 60, 13_000),
    "3 streams: 2 live, 1 reconnecting, 35.0 fps in all",
  );
  assert.equal(describeStreams([at("gate", { state: "ended" })], 80, 0), "gate ended");
});
