import assert from "node:assert/strict";
import { runCommand } from "../testing/command.ts";
import { REPOSITORY } from "../testing/repository.ts";
import { type ProgressOutput, startProgress } from "../../src/report/progress.ts";

/** A terminal or a pipe that remembers what was written, and a clock that the test sets. */
class FakeOutput implements ProgressOutput {
  text = "";
  atMs = 0;
  readonly isTerminal: boolean;
  readonly #columns: number;

  constructor(isTerminal: boolean, columns = 80) {
    this.isTerminal = isTerminal;
    this.#columns = columns;
  }

  columns(): number {
    return this.#columns;
  }

  write(text: string): void {
    this.text += text;
  }

  readonly nowMs = () => this.atMs;

  /** What the terminal's lines show: the last text after each carriage return. */
  get screen(): string[] {
    // deno-lint-ignore no-control-regex
    return this.text.split("\n").map((line) => line.split("\r").at(-1)!.replace(/\x1b\[K/g, ""));
  }
}

Deno.test("startProgress() draws a bar, frames, fps, ETA and drops, on a terminal", () => {
  const output = new FakeOutput(true);
  const progress = startProgress({ total: 200, output, nowMs: output.nowMs });
  for (let frames = 1; frames <= 50; frames++) {
    output.atMs += 20;
    progress.update(frames, frames === 50 ? 3 : 0);
  }
  progress.stop("interrupted");
  // 20 ms a frame: 50 fps, 150 frames to come.
  assert.deepEqual(output.screen, [
    " 25% █████░░░░░░░░░░░░░░  50/200 frames  50.0 fps  ETA 0:03  3 dropped",
    "",
  ]);
});

Deno.test("startProgress() shows frames and fps only, when the total is unknown", () => {
  const output = new FakeOutput(true);
  const progress = startProgress({ output, nowMs: output.nowMs });
  progress.update(1);
  output.atMs += 1000;
  progress.update(31);
  progress.stop();
  assert.deepEqual(output.screen, ["31 frames  30.0 fps", ""]);
});

Deno.test("startProgress() gives up on the total, when there are more frames than it", () => {
  const output = new FakeOutput(true);
  const progress = startProgress({ total: 10, output, nowMs: output.nowMs });
  progress.update(11);
  progress.stop("interrupted");
  assert.deepEqual(output.screen, ["11 frames", ""]);
});

Deno.test("stop() shows 100%, when the estimate was more than there was", () => {
  const output = new FakeOutput(true);
  const progress = startProgress({ total: 103, output, nowMs: output.nowMs });
  progress.update(100);
  progress.stop("complete");
  assert.match(output.screen[0]!, /^100% █+ {2}100\/100 frames$/);
});

Deno.test("stop() may be called twice, and nothing is drawn after it", () => {
  const output = new FakeOutput(true);
  const progress = startProgress({ total: 10, output, nowMs: output.nowMs });
  progress.stop();
  const { text } = output;
  progress.stop();
  progress.update(5);
  assert.equal(output.text, text);
});

Deno.test("startProgress() uses no code that would outlive it on the terminal", () => {
  const output = new FakeOutput(true);
  const progress = startProgress({ total: 10, output, nowMs: output.nowMs });
  progress.update(5);
  progress.stop();
  // deno-lint-ignore no-control-regex
  const codes = new Set(output.text.match(/\x1b\[?[0-9;?]*[A-Za-z0-9]/g));
  assert.deepEqual([...codes], ["\x1b[K"]); // clears a line: no hidden cursor, no wrapping mode
});

Deno.test("note() prints above the bar, and the bar is drawn again", () => {
  const output = new FakeOutput(true);
  const progress = startProgress({ total: 10, output, nowMs: output.nowMs });
  progress.update(5);
  progress.note("warning: something");
  progress.stop("interrupted");
  assert.equal(output.screen[0], "warning: something");
  assert.match(output.screen[1]!, /^ 50% /);
});

Deno.test("startProgress() keeps no process alive and needs no permission, if never stopped", async () => {
  const args = ["run", "-q", "--no-prompt", "tests/report/unstopped_progress.ts"];
  const signal = AbortSignal.timeout(30_000); // a bar that holds the process would draw for ever
  const result = await runCommand(Deno.execPath(), args, { cwd: REPOSITORY, signal });
  assert.equal(result.code, 0, result.stderr);
  assert.match(new TextDecoder().decode(result.stdout), /0\/10 frames/);
});

for (const columns of [10, 40, 60, 200]) {
  Deno.test(`startProgress() stays on one line, when the terminal has ${columns} columns`, () => {
    const output = new FakeOutput(true, columns);
    const progress = startProgress({ total: 12345, output, nowMs: output.nowMs });
    progress.update(1);
    output.atMs = 1000;
    progress.update(100, 7);
    progress.stop("interrupted");
    for (const line of output.screen) assert.ok(line.length < columns, line);
  });
}

Deno.test("startProgress() prints a plain line at most every five seconds, when piped", () => {
  const output = new FakeOutput(false);
  const progress = startProgress({ total: 400, output, nowMs: output.nowMs });
  for (let frames = 1; frames <= 280; frames++) {
    output.atMs += 40;
    progress.update(frames);
  }
  progress.stop();
  // 25 fps; after 5 s and 10 s of 11.2 s.
  assert.equal(
    output.text,
    "31%, 125/400 frames, 25.0 fps, ETA 0:11\n62%, 250/400 frames, 25.0 fps, ETA 0:06\n",
  );
});

Deno.test("startProgress() prints nothing, with quiet", () => {
  const output = new FakeOutput(true);
  const progress = startProgress({ total: 10, quiet: true, output, nowMs: output.nowMs });
  progress.update(5);
  progress.note("warning");
  progress.stop();
  assert.equal(output.text, "");
});

Deno.test("startProgress() follows the rate of the last seconds, when it changes", () => {
  const output = new FakeOutput(true);
  const progress = startProgress({ output, nowMs: output.nowMs });
  let frames = 0;
  for (; frames < 1000; output.atMs += 10) progress.update(++frames); // 100 fps for 10 s
  for (; frames < 1100; output.atMs += 100) progress.update(++frames); // 10 fps for 10 s
  progress.update(frames);
  progress.stop();
  // 50 frames in the window of 5 s and the 0.1 s since the last one.
  assert.equal(output.screen[0], "1100 frames  9.8 fps");
});
