/** Every instruction is run once, and gives what the specification says it computes. */
import assert from "node:assert/strict";
import * as instructions from "../../src/wasm/instructions.ts";
import { f32, f32x4, i16x8, i32, i32x4, i8x16, v128 } from "../../src/wasm/instructions.ts";
import { SCRATCH } from "../../src/wasm/kernel.ts";
import type { Statement, Value } from "../../src/wasm/value.ts";
import {
  A,
  all,
  B,
  bits,
  both,
  BYTES_A,
  BYTES_B,
  type Case,
  each,
  float,
  gives,
  high,
  integer,
  lanesOf,
  low,
  mask,
  pairs,
  RESULT,
  REVERSED,
  run,
  s16,
  s8,
  u16,
  u8,
  word,
} from "./instruction_run.ts";

const CASES: Readonly<Record<string, Readonly<Record<string, Case>>>> = {
  i32: {
    add: integer(() => i32.add(2 ** 31 - 1, 1), -(2 ** 31)),
    sub: integer(() => i32.sub(3, 5), -2),
    mul: integer(() => i32.mul(-7, 6), -42),
    and: integer(() => i32.and(12, 10), 8),
    or: integer(() => i32.or(12, 10), 14),
    xor: integer(() => i32.xor(12, 10), 6),
    shl: integer(() => i32.shl(-3, 4), -48),
    shr_s: integer(() => i32.shr_s(-48, 4), -3),
    shr_u: integer(() => i32.shr_u(-1, 28), 15),
    eq: integer(() => i32.eq(4, 4), 1),
    ne: integer(() => i32.ne(4, 4), 0),
    lt_s: integer(() => i32.lt_s(-1, 0), 1),
    lt_u: integer(() => i32.lt_u(-1, 0), 0),
    gt_s: integer(() => i32.gt_s(0, -1), 1),
    gt_u: integer(() => i32.gt_u(0, -1), 0),
    le_s: integer(() => i32.le_s(-1, -1), 1),
    ge_s: integer(() => i32.ge_s(-2, -1), 0),
    ge_u: integer(() => i32.ge_u(-1, 1), 1),
    eqz: integer(() => i32.eqz(0), 1),
    ctz: integer(() => i32.ctz(80), 4),
    select: integer(() => i32.add(i32.select(1, 2, 0), i32.select(10, 20, 5)), 12),
    load: integer(() => i32.load(SCRATCH, A - 4, 4), word(BYTES_A)),
    load8_u: integer(() => i32.load8_u(SCRATCH, A, 1), 255),
    load16_u: integer(() => i32.load16_u(SCRATCH, A, 1), 255 | 128 << 8),
    store: integer(() => -2, -2),
    store8: () => {
      const result = run(() => i32.store8(SCRATCH, RESULT, -2, 1), "u8");
      assert.deepEqual([...new Uint8Array(result, 0, 3)], [0, 254, 0]);
    },
    store16: () => {
      const result = run(() => i32.store16(SCRATCH, RESULT, -2, 1), "u8");
      assert.deepEqual([...new Uint8Array(result, 0, 4)], [0, 254, 255, 0]);
    },
  },
  f32: {
    add: float(() => f32.add(1.5, 2), 3.5),
    sub: float(() => f32.sub(1.5, 2), -0.5),
    mul: float(() => f32.mul(1.5, 2), 3),
    gt: integer(() => f32.gt(2, 1.5), 1),
    ge: integer(() => f32.ge(1.5, 2), 0),
    load: float(() => f32.load(SCRATCH, A, 4), -2),
    store: float(() => 0.25, 0.25),
  },
  v128: {
    bytes: () => gives(() => v128.bytes(BYTES_B), "u8", "u8", BYTES_B),
    and: each(v128.and, "u8", (a, b) => a & b),
    andnot: each(v128.andnot, "u8", (a, b) => a & ~b),
    or: each(v128.or, "u8", (a, b) => a | b),
    xor: each(v128.xor, "u8", (a, b) => a ^ b),
    not: each((a) => v128.not(a), "u8", (a) => ~a),
    bitselect: each(
      (a, b) => v128.bitselect(a, b, i8x16.splat(0x0f)),
      "u8",
      (a, b) => a & 0x0f | b & 0xf0,
    ),
    any_true: integer((a) => i32.add(v128.any_true(a), v128.any_true(v128.xor(a, a))), 1),
    load: each((a) => a, "u8", (a) => a),
    load8_splat: () =>
      gives(() => v128.load8_splat(SCRATCH, A, 3), "u8", "u8", Array(16).fill(BYTES_A[3])),
    load16_splat: () =>
      gives(() => v128.load16_splat(SCRATCH, A, 3), "u8", "u16", Array(8).fill(127)),
    load32_splat: () =>
      gives(() => v128.load32_splat(SCRATCH, A), "u8", "s32", Array(4).fill(word(BYTES_A))),
    load32_zero: () =>
      gives(() => v128.load32_zero(SCRATCH, A), "u8", "s32", [word(BYTES_A), 0, 0, 0]),
    load64_zero: () =>
      gives(() => v128.load64_zero(SCRATCH, A), "u8", "s32", [
        word(BYTES_A),
        word(BYTES_A, 4),
        0,
        0,
      ]),
    load32_lane: () =>
      gives((a) => v128.load32_lane(SCRATCH, B, a, 1), "u8", "s32", [
        word(BYTES_A),
        word(BYTES_B),
        word(BYTES_A, 8),
        word(BYTES_A, 12),
      ]),
    load64_lane: () =>
      gives((a) => v128.load64_lane(SCRATCH, B, a, 1), "u8", "s32", [
        word(BYTES_A),
        word(BYTES_A, 4),
        word(BYTES_B),
        word(BYTES_B, 4),
      ]),
    store: each((a) => a, "u8", (a) => a),
    store8_lane: () => {
      const result = run((a) => v128.store8_lane(SCRATCH, RESULT, a, 2), "u8");
      assert.deepEqual([...new Uint8Array(result, 0, 3)], [BYTES_A[2], 0, 0]);
    },
    store16_lane: () => {
      const result = run((a) => v128.store16_lane(SCRATCH, RESULT, a, 1), "u8");
      assert.deepEqual([...new Uint16Array(result, 0, 2)], [word(BYTES_A) >>> 16, 0]);
    },
    store32_lane: () => {
      const result = run((a) => v128.store32_lane(SCRATCH, RESULT, a, 2), "u8");
      assert.deepEqual([...new Int32Array(result)], [word(BYTES_A, 8), 0, 0, 0]);
    },
    store64_lane: () => {
      const result = run((a) => v128.store64_lane(SCRATCH, RESULT, a, 1), "u8");
      assert.deepEqual([...new Int32Array(result)], [word(BYTES_A, 8), word(BYTES_A, 12), 0, 0]);
    },
  },
  i8x16: {
    splat: () => gives(() => i8x16.splat(300), "u8", "u8", Array(16).fill(44)),
    shuffle: both(
      (a, b) => i8x16.shuffle(a, b, REVERSED.map((lane, i) => lane + (i % 2) * 16)),
      "u8",
      "u8",
      (a, b) => REVERSED.map((lane, i) => (i % 2 ? b : a)[lane]!),
    ),
    swizzle: each(
      (a, b) => i8x16.swizzle(a, b),
      "u8",
      (_, b) => b < 16 ? BYTES_A[b]! : 0,
    ),
    relaxed_swizzle: all(
      (a) => i8x16.relaxed_swizzle(a, v128.bytes([...REVERSED.slice(1), 255])),
      "u8",
      "u8",
      (a) => [...REVERSED.slice(1).map((lane) => a[lane]!), 0],
    ),
    extract_lane_u: integer((a) => i8x16.extract_lane_u(a, 1), 255),
    eq: each(i8x16.eq, "u8", (a, b) => mask(a === b)),
    ne: each(i8x16.ne, "u8", (a, b) => mask(a !== b)),
    gt_s: each(i8x16.gt_s, "s8", (a, b) => mask(a > b)),
    all_true: integer(
      (a, b) => i32.add(i8x16.all_true(a), i32.mul(10, i8x16.all_true(b))),
      10, // a has a zero
    ),
    bitmask: integer((a) => i8x16.bitmask(a), bits(lanesOf("s8", "a"))),
    narrow_i16x8_u: both(i8x16.narrow_i16x8_u, "s16", "u8", (a, b) => [...a, ...b].map(u8)),
    narrow_i16x8_s: both(i8x16.narrow_i16x8_s, "s16", "s8", (a, b) => [...a, ...b].map(s8)),
    add: each(i8x16.add, "u8", (a, b) => a + b),
    add_sat_u: each(i8x16.add_sat_u, "u8", (a, b) => u8(a + b)),
    sub: each(i8x16.sub, "u8", (a, b) => a - b),
    sub_sat_u: each(i8x16.sub_sat_u, "u8", (a, b) => u8(a - b)),
    min_u: each(i8x16.min_u, "u8", Math.min),
    max_u: each(i8x16.max_u, "u8", Math.max),
    avgr_u: each(i8x16.avgr_u, "u8", (a, b) => a + b + 1 >> 1),
  },
  i16x8: {
    splat: () => gives(() => i16x8.splat(-3), "u8", "s16", Array(8).fill(-3)),
    extract_lane_u: integer((a) => i16x8.extract_lane_u(a, 1), 128 | 127 << 8),
    extend_low_i8x16_s: all(i16x8.extend_low_i8x16_s, "s8", "s16", low),
    extend_high_i8x16_s: all(i16x8.extend_high_i8x16_s, "s8", "s16", high),
    extend_low_i8x16_u: all(i16x8.extend_low_i8x16_u, "u8", "u16", low),
    extend_high_i8x16_u: all(i16x8.extend_high_i8x16_u, "u8", "u16", high),
    extadd_pairwise_i8x16_u: all(i16x8.extadd_pairwise_i8x16_u, "u8", "u16", pairs),
    narrow_i32x4_s: both(i16x8.narrow_i32x4_s, "s32", "s16", (a, b) => [...a, ...b].map(s16)),
    narrow_i32x4_u: both(i16x8.narrow_i32x4_u, "s32", "u16", (a, b) => [...a, ...b].map(u16)),
    q15mulr_sat_s: each(i16x8.q15mulr_sat_s, "s16", (a, b) => s16(a * b + 0x4000 >> 15)),
    // Both −2¹⁵ is the one case in which engines may differ; no lane of the operands is.
    relaxed_q15mulr_s: each(i16x8.relaxed_q15mulr_s, "s16", (a, b) => a * b + 0x4000 >> 15),
    eq: each(i16x8.eq, "s16", (a, b) => mask(a === b)),
    lt_s: each(i16x8.lt_s, "s16", (a, b) => mask(a < b)),
    gt_s: each(i16x8.gt_s, "s16", (a, b) => mask(a > b)),
    all_true: integer((a) => i16x8.all_true(a), 1),
    bitmask: integer((a) => i16x8.bitmask(a), bits(lanesOf("s16", "a"))),
    shl: each((a) => i16x8.shl(a, 3), "s16", (a) => a << 3),
    shr_s: each((a) => i16x8.shr_s(a, 3), "s16", (a) => a >> 3),
    shr_u: each((a) => i16x8.shr_u(a, 3), "u16", (a) => a >> 3),
    add: each(i16x8.add, "s16", (a, b) => a + b),
    sub: each(i16x8.sub, "s16", (a, b) => a - b),
    mul: each(i16x8.mul, "s16", Math.imul),
    min_s: each(i16x8.min_s, "s16", Math.min),
    max_s: each(i16x8.max_s, "s16", Math.max),
    avgr_u: each(i16x8.avgr_u, "u16", (a, b) => a + b + 1 >> 1),
  },
  i32x4: {
    splat: () => gives(() => i32x4.splat(-3), "u8", "s32", Array(4).fill(-3)),
    extract_lane: integer((a) => i32x4.extract_lane(a, 2), word(BYTES_A, 8)),
    eq: each(i32x4.eq, "s32", (a, b) => mask(a === b)),
    bitmask: integer((a) => i32x4.bitmask(a), bits(lanesOf("s32", "a"))),
    extend_low_i16x8_u: all(i32x4.extend_low_i16x8_u, "u16", "u32", low),
    extend_high_i16x8_u: all(i32x4.extend_high_i16x8_u, "u16", "u32", high),
    extadd_pairwise_i16x8_u: all(i32x4.extadd_pairwise_i16x8_u, "u16", "u32", pairs),
    shl: each((a) => i32x4.shl(a, 3), "s32", (a) => a << 3),
    shr_s: each((a) => i32x4.shr_s(a, 3), "s32", (a) => a >> 3),
    shr_u: each((a) => i32x4.shr_u(a, 3), "u32", (a) => a >>> 3),
    add: each(i32x4.add, "s32", (a, b) => a + b),
    sub: each(i32x4.sub, "s32", (a, b) => a - b),
    mul: each(i32x4.mul, "s32", Math.imul),
    max_s: each(i32x4.max_s, "s32", Math.max),
    dot_i16x8_s: both(
      i32x4.dot_i16x8_s,
      "s16",
      "s32",
      (a, b) => pairs(a.map((lane, i) => lane * b[i]!)),
    ),
  },
  f32x4: {
    splat: () => gives(() => f32x4.splat(0.75), "f32", "f32", Array(4).fill(0.75)),
    extract_lane: float((a) => f32x4.extract_lane(a, 2), 1e9),
    lt: each(f32x4.lt, "f32", (a, b) => mask(a < b), "s32"),
    gt: each(f32x4.gt, "f32", (a, b) => mask(a > b), "s32"),
    le: each(f32x4.le, "f32", (a, b) => mask(a <= b), "s32"),
    ge: each(f32x4.ge, "f32", (a, b) => mask(a >= b), "s32"),
    add: each(f32x4.add, "f32", (a, b) => a + b),
    sub: each(f32x4.sub, "f32", (a, b) => a - b),
    mul: each(f32x4.mul, "f32", (a, b) => a * b),
    div: each(f32x4.div, "f32", (a, b) => a / b),
    max: each(f32x4.max, "f32", Math.max),
    pmax: each(f32x4.pmax, "f32", Math.max),
    relaxed_madd: each((a, b) => f32x4.relaxed_madd(a, b, b), "f32", (a, b) => a * b + b),
  },
};

type Namespace = Readonly<Record<string, (...operands: never[]) => Value | Statement>>;

for (const [name, namespace] of Object.entries(instructions)) {
  if (typeof namespace !== "object") continue;
  for (const instruction of Object.keys(namespace as Namespace)) {
    Deno.test(`${name}.${instruction} computes what the specification says`, () => {
      const run = CASES[name]?.[instruction];
      assert.ok(run, "it has no case here");
      run();
    });
  }
}
