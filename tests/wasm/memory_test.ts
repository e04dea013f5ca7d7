import assert from "node:assert/strict";
import { Scratch } from "../../src/wasm/memory.ts";

Deno.test("Scratch.put() sets blocks aside that the memory then holds", () => {
  const scratch = new Scratch();
  scratch.reserve(1);
  const words = new Uint8Array(Uint16Array.of(258, 772).buffer);
  const first = scratch.put(words);
  const second = scratch.put(Uint8Array.of(7));
  assert.deepEqual([first, second], [64, 128]);
  const bytes = new Uint8Array(scratch.allocate().buffer);
  assert.deepEqual([...bytes.subarray(first, first + 5)], [...words, 0]);
  assert.deepEqual([...bytes.subarray(second, second + 2)], [7, 0]);
});
