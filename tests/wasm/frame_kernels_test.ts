import assert from "node:assert/strict";
import { loopTo } from "../../src/wasm/control.ts";
import { FrameKernels } from "../../src/wasm/frame_kernels.ts";
import { i32 } from "../../src/wasm/instructions.ts";
import { FRAMES, kernel, KernelModule } from "../../src/wasm/kernel.ts";
import { Scratch, sharedMemory } from "../../src/wasm/memory.ts";

/** Adds `amount` to `length` bytes of one buffer, and puts them into another one. */
const MODULE = new KernelModule({
  add: kernel(
    { from: "i32", to: "i32", length: "i32", amount: "i32" },
    ({ from, to, length, amount }, locals) => {
      const i = locals.i32();
      const sum = i32.add(i32.load8_u(FRAMES, i32.add(from, i)), amount);
      return [loopTo(i, length, 1, [i32.store8(FRAMES, i32.add(to, i), sum)])];
    },
  ),
});

function add(kernels: FrameKernels<"add">, from: Uint8Array, to: Uint8Array, amount: number) {
  const buffers = [{ bytes: from, isRead: true }, { bytes: to, isWritten: true }];
  kernels.run("add", buffers, from.length, amount);
}

Deno.test("FrameKernels.run() works in place in the memory of frames", () => {
  const frames = sharedMemory(256);
  const kernels = new FrameKernels(MODULE, new Scratch().allocate(), { frames });
  const from = new Uint8Array(frames.buffer, 5, 3);
  from.set([1, 2, 3]);
  const to = new Uint8Array(frames.buffer, 70, 3);
  add(kernels, from, to, 4);
  assert.deepEqual([...new Uint8Array(frames.buffer, 69, 5)], [0, 5, 6, 7, 0]);
  assert.deepEqual([...from], [1, 2, 3]);
});

Deno.test("FrameKernels.run() copies what lies elsewhere, in and out, as it grows", () => {
  const frames = sharedMemory(256);
  const inFrames = new Uint8Array(frames.buffer, 0, 2);
  inFrames.set([8, 9]);
  for (const memory of [{}, { frames }]) {
    const kernels = new FrameKernels(MODULE, new Scratch().allocate(), memory);
    const to = new Uint8Array(2);
    add(kernels, inFrames, to, 1);
    assert.deepEqual([...to], [9, 10]);
    const large = new Uint8Array(200_000).fill(3);
    const sums = new Uint8Array(large.length);
    add(kernels, large, sums, 2);
    assert.ok(sums.every((sum) => sum === 5));
    add(kernels, Uint8Array.of(1, 2), to, 0);
    assert.deepEqual([...to], [1, 2]);
  }
});

Deno.test("FrameKernels.run() leaves what a kernel only reads as it is", () => {
  const kernels = new FrameKernels(MODULE, new Scratch().allocate());
  const from = Uint8Array.of(1, 2);
  kernels.run("add", [{ bytes: from, isRead: true }, { bytes: from }], 2, 1);
  assert.deepEqual([...from], [1, 2]);
});
