import assert from "node:assert/strict";
import { ModelError } from "../../src/errors.ts";
import { loadError, runError } from "../../src/infer/refusals.ts";

/** As ONNX Runtime 1.30 words it. */
const node = (operator: string, name: string, status: string) =>
  `Non-zero status code returned while running ${operator} node. Name:'${name}' ` +
  `Status Message: ${status}`;

const ARENA = "/onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 void* " +
  "onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) ";

for (
  const { cause, says } of [
    {
      cause: node(
        "Conv",
        "stem",
        `${ARENA}Failed to allocate memory for requested buffer of size 2147483648 `,
      ),
      says: 'Cannot run model "m": its Conv "stem" gets no memory, where it asks for 2.0 GiB. ' +
        "Take a smaller --resolution, or fewer --workers.",
    },
    {
      cause: "std::bad_alloc",
      says: 'Cannot run model "m": ONNX Runtime gets no memory. Take a smaller --resolution, or ' +
        "fewer --workers.",
    },
    {
      cause: node(
        "Add",
        "sum",
        "/onnxruntime_src/element_wise_ops.h:560 void onnxruntime::Append(long, long) axis == 1 || " +
          "axis == largest was false. Attempting to broadcast an axis by a dimension other than 1. " +
          "2 by 3\n",
      ),
      says: 'Cannot run model "m": its Add "sum" fails, "Attempting to broadcast an axis by a ' +
        'dimension other than 1. 2 by 3". Check the model with another --resolution or --provider.',
    },
  ]
) {
  Deno.test(`runError() is one line with the mend: ${says.slice(21, 60)}…`, () => {
    const error = runError("m", new Error(cause));
    assert.ok(error instanceof ModelError);
    assert.equal(error.message, says);
  });
}

Deno.test("loadError() does not blame the file, when there is no memory", () => {
  assert.equal(
    loadError("m", new Error("std::bad_alloc")).message,
    'Cannot load model "m": there is not enough memory for it. Take a smaller --resolution, or ' +
      "fewer --workers.",
  );
  assert.match(loadError("m", new Error("No graph\nwas found")).message, /says "No graph"\. Check/);
});
