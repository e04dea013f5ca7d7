import assert from "node:assert/strict";
import { describeError, isUsageError } from "../../src/cli/exit.ts";

Deno.test("isUsageError() is true of wrong arguments, and not where the engine gets no memory", () => {
  assert.equal(isUsageError(new TypeError("Cannot …")), true);
  assert.equal(isUsageError(new RangeError("Cannot …")), true);
  assert.equal(isUsageError(new Error("Cannot …")), false);
  const error = tooLarge();
  assert.ok(error instanceof RangeError);
  assert.equal(isUsageError(error), false);
  for (const words of NO_WASM_MEMORY) assert.equal(isUsageError(new RangeError(words)), false);
});

Deno.test("describeError() says what to do, when the engine gets no memory", () => {
  for (const error of [tooLarge(), ...NO_WASM_MEMORY.map((words) => new RangeError(words))]) {
    assert.match(describeError(error, { debug: false }), /not enough memory.*--resolution/);
  }
});

/** What V8 says of a ring, or of a copy of frames, where `ulimit -v` leaves no room for it. */
const NO_WASM_MEMORY = [
  "WebAssembly.Memory(): could not allocate memory",
  "WebAssembly.Memory.grow(): Unable to grow instance memory",
];

/** What the engine throws for a petabyte: more than a process has addresses for, however generous. */
function tooLarge(): unknown {
  try {
    return new SharedArrayBuffer(2 ** 50);
  } catch (error) {
    return error;
  }
}
