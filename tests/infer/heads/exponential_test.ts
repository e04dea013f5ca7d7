import assert from "node:assert/strict";
import { declareExponential, LEAST_POWER } from "../../../src/infer/heads/exponential.ts";
import { loopTo } from "../../../src/wasm/control.ts";
import { v128 } from "../../../src/wasm/instructions.ts";
import { kernel, KernelModule, SCRATCH } from "../../../src/wasm/kernel.ts";
import { pagesFor } from "../../../src/wasm/memory.ts";

Deno.test("Exponential computes powers of two, to 4e-6 of themselves", () => {
  // From the least to the largest in uneven steps, so that every part between integers is met.
  const powers: number[] = [];
  for (let power = LEAST_POWER; power < 127; power += 0.0103) powers.push(power);
  powers.push(0, 1, -1, 0.5, -0.5, 126.5);
  while (powers.length % 4 !== 0) powers.push(0);

  const found = raise(powers);
  for (const [i, power] of Float32Array.from(powers).entries()) {
    const expected = 2 ** power;
    assert.ok(Math.abs(found[i]! / expected - 1) < 4e-6, `${found[i]} is not 2^${power}`);
  }
});

Deno.test("Exponential is exact for integers, so a winner is 1", () => {
  const powers = Array.from({ length: 252 }, (_, i) => LEAST_POWER + i);
  assert.deepEqual([...raise(powers)], powers.map((power) => 2 ** power));
});

/** 2 to the power of each, four at a time, in place. */
function raise(powers: readonly number[]): Float32Array {
  const scratch = new WebAssembly.Memory({ initial: pagesFor(4 * powers.length) });
  const lanes = new Float32Array(scratch.buffer, 0, powers.length);
  lanes.set(powers);
  const test = kernel({ place: "i32", end: "i32" }, ({ place, end }, locals) => {
    const exponential = declareExponential(locals);
    const { prepare, value } = exponential.of(v128.load(SCRATCH, place));
    return [
      exponential.begin,
      loopTo(place, end, 16, [prepare, v128.store(SCRATCH, place, value)]),
    ];
  });
  const frames = new WebAssembly.Memory({ initial: 0 });
  new KernelModule({ test }).instantiate({ frames, scratch }).test(0, 4 * powers.length);
  return lanes;
}
