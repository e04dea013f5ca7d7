import assert from "node:assert/strict";
import { v128 } from "../../src/wasm/instructions.ts";
import { kernel, KernelModule, SCRATCH } from "../../src/wasm/kernel.ts";
import { interleaveHigh, interleaveLow, shiftIn } from "../../src/wasm/lanes.ts";
import type { V128 } from "../../src/wasm/value.ts";

/** What becomes of a vector of 0–15 and one of 16–31. */
function run(write: (a: V128, b: V128) => V128): number[] {
  const scratch = new WebAssembly.Memory({ initial: 1 });
  const bytes = new Uint8Array(scratch.buffer, 0, 32);
  bytes.set(bytes.keys().toArray());
  const result = write(v128.load(SCRATCH, 0), v128.load(SCRATCH, 16));
  const module = new KernelModule({ test: kernel({}, () => [v128.store(SCRATCH, 0, result)]) });
  module.instantiate({ frames: new WebAssembly.Memory({ initial: 0 }), scratch }).test();
  return [...bytes.subarray(0, 16)];
}

const CASES: readonly { name: string; code: (a: V128, b: V128) => V128; expected: number[] }[] = [
  {
    name: "interleaveLow() takes bytes of the lower halves in turn",
    code: (a, b) => interleaveLow(a, b, 1),
    expected: [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23],
  },
  {
    name: "interleaveHigh() takes bytes of the upper halves in turn",
    code: (a, b) => interleaveHigh(a, b, 1),
    expected: [8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31],
  },
  {
    name: "interleaveLow() takes lanes of four bytes in turn",
    code: (a, b) => interleaveLow(a, b, 4),
    expected: [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23],
  },
  {
    name: "interleaveHigh() takes halves in turn",
    code: (a, b) => interleaveHigh(a, b, 8),
    expected: [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31],
  },
  {
    name: "shiftIn() moves a vector up behind the last bytes of another",
    code: (a, b) => shiftIn(a, b, 2),
    expected: [14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29],
  },
];

for (const { name, code, expected } of CASES) {
  Deno.test(name, () => assert.deepEqual(run(code), expected));
}
