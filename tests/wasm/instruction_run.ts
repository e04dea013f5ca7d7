/** Runs single instructions, and says what JavaScript makes of their operands. */
import assert from "node:assert/strict";
import { f32, i32, v128 } from "../../src/wasm/instructions.ts";
import { kernel, KernelModule, SCRATCH } from "../../src/wasm/kernel.ts";
import type { F32, I32, Statement, V128 } from "../../src/wasm/value.ts";

/** Where a case writes what it computes, and where its operands lie. */
export const RESULT = 0;
export const A = 64;
export const B = 80;

/** Small, large and negative in every width. */
export const BYTES_A = [1, 255, 128, 127, 0, 200, 3, 77, 254, 16, 90, 129, 40, 64, 250, 5];
export const BYTES_B = [2, 255, 127, 128, 9, 100, 3, 200, 1, 15, 91, 130, 7, 64, 251, 33];
const FLOATS_A = [1.5, -2, 1e9, 0];
const FLOATS_B = [1.25, -2, -3, 7];

const LANES = {
  u8: Uint8Array,
  s8: Int8Array,
  u16: Uint16Array,
  s16: Int16Array,
  u32: Uint32Array,
  s32: Int32Array,
  f32: Float32Array,
} as const;

type Lanes = keyof typeof LANES;

/** Runs statements beside the two operands; gives the first bytes of the memory. */
export function run(write: (a: V128, b: V128) => Statement, lanes: Lanes): ArrayBuffer {
  const scratch = new WebAssembly.Memory({ initial: 1 });
  const isFloat = lanes === "f32";
  const operands = isFloat
    ? [Float32Array.from(FLOATS_A), Float32Array.from(FLOATS_B)]
    : [Uint8Array.from(BYTES_A), Uint8Array.from(BYTES_B)];
  operands.forEach((operand, i) =>
    new Uint8Array(scratch.buffer, [A, B][i], 16).set(new Uint8Array(operand.buffer))
  );
  const body = write(v128.load(SCRATCH, A), v128.load(SCRATCH, B));
  const module = new KernelModule({ test: kernel({}, () => [body]) });
  module.instantiate({ frames: new WebAssembly.Memory({ initial: 0 }), scratch }).test();
  return (scratch.buffer as ArrayBuffer).slice(RESULT, RESULT + 16);
}

/** An operand as JavaScript sees it. */
export function lanesOf(lanes: Lanes, operand: "a" | "b"): number[] {
  if (lanes === "f32") return operand === "a" ? FLOATS_A : FLOATS_B;
  const bytes = Uint8Array.from(operand === "a" ? BYTES_A : BYTES_B);
  return [...new LANES[lanes](bytes.buffer)];
}

export type Case = () => void;

/** Compares a vector with expected lanes, which wrap into their type. */
export function gives(
  vector: (a: V128, b: V128) => V128,
  from: Lanes,
  to: Lanes,
  expected: number[],
) {
  const result = run((a, b) => v128.store(SCRATCH, RESULT, vector(a, b)), from);
  assert.deepEqual([...new LANES[to](result)], [...LANES[to].from(expected)]);
}

/** An instruction that computes each lane of its result from the same lane of two operands. */
export function each(
  instruction: (a: V128, b: V128) => V128,
  lanes: Lanes,
  compute: (a: number, b: number) => number,
  to = lanes,
): Case {
  const b = lanesOf(lanes, "b");
  return () => gives(instruction, lanes, to, lanesOf(lanes, "a").map((a, i) => compute(a, b[i]!)));
}

/** An instruction on the first operand, all lanes at once. */
export function all(
  instruction: (a: V128) => V128,
  from: Lanes,
  to: Lanes,
  compute: (lanes: number[]) => number[],
): Case {
  return () => gives((a) => instruction(a), from, to, compute(lanesOf(from, "a")));
}

/** An instruction that takes both operands' lanes, to lanes of another width. */
export function both(
  instruction: (a: V128, b: V128) => V128,
  from: Lanes,
  to: Lanes,
  compute: (a: number[], b: number[]) => number[],
): Case {
  return () => gives(instruction, from, to, compute(lanesOf(from, "a"), lanesOf(from, "b")));
}

/** An instruction that gives an integer. */
export function integer(
  write: (a: V128, b: V128) => I32,
  expected: number,
  lanes: Lanes = "u8",
): Case {
  return () => {
    const result = run((a, b) => i32.store(SCRATCH, RESULT, write(a, b)), lanes);
    assert.equal(new Int32Array(result)[0], expected);
  };
}

export function float(write: (a: V128) => F32, expected: number, lanes: Lanes = "f32"): Case {
  return () => {
    const result = run((a) => f32.store(SCRATCH, RESULT, write(a)), lanes);
    assert.equal(new Float32Array(result)[0], expected);
  };
}

/** What a comparison gives in a lane. */
export const mask = (isTrue: boolean) => isTrue ? -1 : 0;
const within = (low: number, high: number) => (value: number) =>
  Math.min(high, Math.max(low, value));
export const u8 = within(0, 255);
export const s8 = within(-128, 127);
export const s16 = within(-32768, 32767);
export const u16 = within(0, 65535);
export const pairs = (lanes: number[]) =>
  lanes.flatMap((lane, i) => i % 2 === 0 ? [lane + lanes[i + 1]!] : []);
export const low = (lanes: number[]) => lanes.slice(0, lanes.length / 2);
export const high = (lanes: number[]) => lanes.slice(lanes.length / 2);
export const bits = (lanes: number[]) =>
  lanes.reduce((sum, lane, i) => sum | (lane < 0 ? 1 << i : 0), 0);
export const REVERSED = [...BYTES_A.keys()].reverse();
/** The bytes of the operands from the lowest, as an integer. */
export const word = (bytes: readonly number[], at = 0) =>
  new DataView(Uint8Array.from(bytes).buffer).getInt32(at, true);
