import assert from "node:assert/strict";
import { describeError, isUsageError } from "../../src/cli/exit.ts";

Deno.test("isUsageError() is true of wrong arguments, and not where the engine gets no memory", () => {
  assert.equal(isUsageError(new TypeError("Cannot …")), true);
  assert.equal(isUsageError(new RangeError("Cannot …")), true);
  assert.equal(isUsageError(new Error("Cannot …")), false);
  const error = tooLarge();
  assert.ok(error instanceof RangeError);
  assert.equal(isUsageError(error), false);
});

Deno.test("describeError() says what to do, when the engine gets no memory", () => {
  assert.match(describeError(tooLarge(), { debug: false }), /not enough memory.*--resolution/);
});

/** What the engine throws for a terabyte. */
function tooLarge(): unknown {
  try {
    return new SharedArrayBuffer(2 ** 40);
  } catch (error) {
    return error;
  }
}
