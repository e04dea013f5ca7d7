import assert from "node:assert/strict";
import { copy, fill, loopTo, loopWhile, when } from "../../src/wasm/control.ts";
import { f32, i32 } from "../../src/wasm/instructions.ts";
import {
  FRAMES,
  kernel,
  type KernelMemories,
  KernelModule,
  SCRATCH,
} from "../../src/wasm/kernel.ts";
import { pagesFor, Scratch, sharedMemory } from "../../src/wasm/memory.ts";

function memories(frames = new WebAssembly.Memory({ initial: 1 })): KernelMemories {
  return { frames, scratch: new WebAssembly.Memory({ initial: 1 }) };
}

function bytesOf({ scratch }: KernelMemories, count: number): number[] {
  return [...new Uint8Array(scratch.buffer, 0, count)];
}

Deno.test("kernel() takes its parameters in order, and its variables begin as 0", () => {
  const module = new KernelModule({
    write: kernel({ at: "i32", value: "f32" }, ({ at, value }, locals) => {
      const sum = locals.f32();
      return [
        sum.set(f32.add(sum, value)),
        f32.store(SCRATCH, at, f32.add(sum, sum.tee(f32.mul(value, 10)))),
      ];
    }),
  });
  const held = memories();
  module.instantiate(held).write(8, 1.5);
  assert.equal(new Float32Array(held.scratch.buffer)[2], 16.5);
});

Deno.test("loopTo() runs below its end by steps, and not at all where nothing is left", () => {
  const module = new KernelModule({
    count: kernel({ from: "i32", end: "i32", step: "i32" }, ({ from, end, step }, locals) => {
      const runs = locals.i32();
      return [
        loopTo(from, end, step, [runs.set(i32.add(runs, 1))]),
        i32.store8(SCRATCH, 0, runs),
        i32.store8(SCRATCH, 1, from),
      ];
    }),
  });
  const held = memories();
  const { count } = module.instantiate(held);
  for (
    const [from, end, step, runs, last] of [[0, 10, 4, 3, 12], [3, 4, 1, 1, 4], [5, 5, 1, 0, 5]]
  ) {
    count(from!, end!, step!);
    assert.deepEqual(bytesOf(held, 2), [runs, last]);
  }
});

Deno.test("loopWhile() asks before each run, and when() chooses", () => {
  // How many steps Collatz' sequence takes to 1: 111 from 27 (OEIS A006577).
  const module = new KernelModule({
    steps: kernel({ from: "i32" }, ({ from }, locals) => {
      const steps = locals.i32();
      return [
        loopWhile(i32.ne(from, 1), [
          when(
            i32.and(from, 1),
            [from.set(i32.add(i32.mul(from, 3), 1))],
            [from.set(i32.shr_u(from, 1))],
          ),
          steps.set(i32.add(steps, 1)),
        ]),
        i32.store8(SCRATCH, 0, steps),
      ];
    }),
  });
  const held = memories();
  const { steps } = module.instantiate(held);
  steps(27);
  assert.deepEqual(bytesOf(held, 1), [111]);
  steps(1);
  assert.deepEqual(bytesOf(held, 1), [0]);
});

Deno.test("loopWhile() computes a condition only where those before it hold", () => {
  // The address leaves the memory, of one page, where the first condition stops holding.
  const module = new KernelModule({
    length: kernel({ limit: "i32" }, ({ limit }, locals) => {
      const at = locals.i32();
      return [
        loopWhile([i32.lt_u(at, limit), i32.eqz(i32.load8_u(SCRATCH, at))], [
          at.set(i32.add(at, 1)),
        ]),
        i32.store(SCRATCH, 0, at),
      ];
    }),
  });
  const held = memories();
  const { length } = module.instantiate(held);
  length(65_536);
  assert.deepEqual(bytesOf(held, 4), [0, 0, 1, 0]);
  new Uint8Array(held.scratch.buffer).set([0, 0, 0, 0, 0, 9]);
  length(65_536);
  assert.deepEqual(bytesOf(held, 4), [5, 0, 0, 0]);
});

Deno.test("fill() and copy() move bytes within a memory and between the two", () => {
  const module = new KernelModule({
    move: kernel({}, () => [
      fill(FRAMES, 2, 7, 3),
      copy([SCRATCH, 1], [FRAMES, 0], 6),
      copy([SCRATCH, 4], [SCRATCH, 3], 3), // they overlap
    ]),
  });
  const held = memories();
  module.instantiate(held).move();
  assert.deepEqual(bytesOf(held, 9), [0, 0, 0, 7, 7, 7, 7, 0, 0]);
});

Deno.test("KernelModule.instantiate() binds shared and private frames alike", () => {
  const module = new KernelModule({
    increase: kernel({ at: "i32" }, ({ at }) => [
      i32.store8(FRAMES, at, i32.add(i32.load8_u(FRAMES, at), 1)),
    ]),
  });
  for (const frames of [sharedMemory(64), new WebAssembly.Memory({ initial: 1 })]) {
    const { increase } = module.instantiate(memories(frames));
    increase(3);
    increase(3);
    assert.equal(new Uint8Array(frames.buffer)[3], 2);
  }
});

Deno.test("A kernel that leaves its memory throws, and touches nothing else", () => {
  const module = new KernelModule({
    write: kernel({ at: "i32" }, ({ at }) => [i32.store(SCRATCH, at, -1)]),
  });
  const { write } = module.instantiate(memories());
  assert.throws(() => write(65_533), WebAssembly.RuntimeError);
});

Deno.test("Scratch sets blocks aside on cache lines, with room to read a vector beyond", () => {
  const scratch = new Scratch();
  assert.deepEqual([scratch.reserve(1), scratch.reserve(64), scratch.reserve(65)], [0, 64, 128]);
  assert.equal(scratch.allocate().buffer.byteLength, 65_536);
  assert.equal(pagesFor(65_536 - 16), 1);
  assert.equal(pagesFor(65_536 - 15), 2);
});
