import assert from "node:assert/strict";
import type { Setup } from "../../src/eval/messages.ts";
import type { AnnotatedPicture } from "../../src/eval/picture.ts";
import { EvalThread } from "../../src/eval/thread.ts";

/** What the thread needs of it before it loads a network. */
const SETUP = { model: { name: "none" }, provider: "cpu" } as Setup;

/** A picture goes to the thread with its buffers, so each is sent once. */
function blackPicture(): AnnotatedPicture {
  return { size: { width: 2, height: 2 }, rgb: new Uint8Array(12), truth: new Uint8Array(4) };
}

Deno.test("EvalThread.examine() rejects, when the thread died before it or at it", async () => {
  const dying = new URL('data:text/javascript,throw new Error("it was told to die")');
  const thread = new EvalThread(SETUP, dying);
  // The first may be asked before it is dead, the second is not.
  await assert.rejects(thread.examine(blackPicture()), /told to die/);
  await assert.rejects(thread.examine(blackPicture()), /told to die/);
  await thread.stop(new Error("over"));
});

Deno.test("EvalThread.examine() rejects with the reason, once the thread is stopped", async () => {
  const answering = new URL(
    "data:text/javascript,onmessage = ({ data }) => " +
      'data.kind === "quit" && (postMessage({ kind: "stopped" }), close())',
  );
  const thread = new EvalThread(SETUP, answering);
  const examining = thread.examine(blackPicture());
  const stopping = thread.stop(new Error("enough"));
  await assert.rejects(examining, { message: "enough" });
  await assert.rejects(thread.examine(blackPicture()), { message: "enough" });
  await stopping;
});
