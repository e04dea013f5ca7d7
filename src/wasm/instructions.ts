/**
 * The instructions of WebAssembly that loops over pixels want, under their own names. An operand is
 * code, so an expression reads as a call and costs nothing when it runs.
 *
 * Source of the codes: WebAssembly Core Specification 3.0, appendix "Index of Instructions".
 */
import { type Bytes, signed, unsigned } from "./encoding.ts";
import type { F32, I32, Operand, Statement, V128, Value, ValueType } from "./value.ts";

/** Which of a kernel's two memories: that of the frames, or its own. */
export type MemoryIndex = 0 | 1;

/** The prefix of the instructions on vectors. */
const VECTOR = 0xfd;
/** A memory argument with this bit has the memory's number behind it. */
const HAS_MEMORY = 0x40;

/** The code of an operand: plain numbers are constants. */
export function codeOf<Type extends ValueType>(type: Type, operand: Operand<Type>): Bytes {
  if (typeof operand !== "number") return (operand as Value).code;
  return type === "f32" ? [0x43, ...floatBytes(operand)] : [0x41, signed(operand)];
}

function floatBytes(value: number): Uint8Array {
  return new Uint8Array(Float32Array.of(value).buffer);
}

function value<Type extends ValueType>(type: Type, ...code: Bytes): Value<Type> {
  return { type, code };
}

/** An instruction of a vector's, its number behind the prefix. */
function simd(number: number): Bytes {
  return [VECTOR, unsigned(number)];
}

function unary<A extends ValueType, R extends ValueType>(from: A, to: R, code: Bytes) {
  return (a: Operand<A>): Value<R> => value(to, codeOf(from, a), code);
}

function binary<A extends ValueType, R extends ValueType>(from: A, to: R, code: Bytes) {
  return (a: Operand<A>, b: Operand<A>): Value<R> =>
    value(to, codeOf(from, a), codeOf(from, b), code);
}

const integers = (code: number) => binary("i32", "i32", [code]);
const floats = (code: number) => binary("f32", "f32", [code]);
const vectors = (number: number) => binary("v128", "v128", simd(number));
const convert = (number: number) => unary("v128", "v128", simd(number));

/** Shifts every lane by the same count. */
function shift(number: number) {
  return (a: V128, count: I32): V128 => value("v128", a.code, codeOf("i32", count), simd(number));
}

/** Where an access lies: the alignment promised is one byte, which costs nothing on today's CPUs. */
function place(memory: MemoryIndex, offset: number): Bytes {
  return [HAS_MEMORY, unsigned(memory), unsigned(offset)];
}

function load<Type extends ValueType>(type: Type, code: Bytes) {
  return (memory: MemoryIndex, address: I32, offset = 0): Value<Type> =>
    value(type, codeOf("i32", address), code, place(memory, offset));
}

function store<Type extends ValueType>(type: Type, code: Bytes) {
  return (memory: MemoryIndex, address: I32, stored: Operand<Type>, offset = 0): Statement => [
    codeOf("i32", address),
    codeOf(type, stored),
    code,
    place(memory, offset),
  ];
}

/** A load into, or a store from, one lane of a vector. */
function loadLane(number: number) {
  return (memory: MemoryIndex, address: I32, into: V128, lane: number, offset = 0): V128 =>
    value("v128", codeOf("i32", address), into.code, simd(number), place(memory, offset), lane);
}

function storeLane(number: number) {
  return (
    memory: MemoryIndex,
    address: I32,
    from: V128,
    lane: number,
    offset = 0,
  ): Statement => [codeOf("i32", address), from.code, simd(number), place(memory, offset), lane];
}

function extractLane<Type extends ValueType>(type: Type, number: number) {
  return (a: V128, lane: number): Value<Type> => value(type, a.code, simd(number), lane);
}

/** Integers of 32 bits. */
export const i32 = {
  add: integers(0x6a),
  sub: integers(0x6b),
  mul: integers(0x6c),
  and: integers(0x71),
  or: integers(0x72),
  xor: integers(0x73),
  shl: integers(0x74),
  shr_s: integers(0x75),
  shr_u: integers(0x76),
  eq: integers(0x46),
  ne: integers(0x47),
  lt_s: integers(0x48),
  lt_u: integers(0x49),
  gt_s: integers(0x4a),
  gt_u: integers(0x4b),
  le_s: integers(0x4c),
  ge_s: integers(0x4e),
  ge_u: integers(0x4f),
  eqz: unary("i32", "i32", [0x45]),
  ctz: unary("i32", "i32", [0x68]),
  /** Of a condition: one value or the other, both computed. */
  select: (then: I32, otherwise: I32, condition: I32): Value<"i32"> =>
    value("i32", codeOf("i32", then), codeOf("i32", otherwise), codeOf("i32", condition), 0x1b),
  load: load("i32", [0x28]),
  load8_u: load("i32", [0x2d]),
  load16_u: load("i32", [0x2f]),
  store: store("i32", [0x36]),
  store8: store("i32", [0x3a]),
  store16: store("i32", [0x3b]),
} as const;

/** Floats of 32 bits. */
export const f32 = {
  add: floats(0x92),
  sub: floats(0x93),
  mul: floats(0x94),
  gt: binary("f32", "i32", [0x5e]),
  ge: binary("f32", "i32", [0x60]),
  load: load("f32", [0x2a]),
  store: store("f32", [0x38]),
} as const;

/** Vectors as bits. */
export const v128 = {
  /** A constant of 16 bytes. */
  bytes: (bytes: readonly number[]): V128 => value("v128", simd(12), ...bytes),
  and: vectors(78),
  /** a and not b. */
  andnot: vectors(79),
  or: vectors(80),
  xor: vectors(81),
  not: convert(77),
  /** Bits of `a` where the mask is 1, of `b` where it is 0. */
  bitselect: (a: V128, b: V128, mask: V128): V128 =>
    value("v128", a.code, b.code, mask.code, simd(82)),
  any_true: unary("v128", "i32", simd(83)),
  load: load("v128", simd(0)),
  load8_splat: load("v128", simd(7)),
  load16_splat: load("v128", simd(8)),
  load32_splat: load("v128", simd(9)),
  load32_zero: load("v128", simd(92)),
  load64_zero: load("v128", simd(93)),
  load32_lane: loadLane(86),
  load64_lane: loadLane(87),
  store: store("v128", simd(11)),
  store8_lane: storeLane(88),
  store16_lane: storeLane(89),
  store32_lane: storeLane(90),
  store64_lane: storeLane(91),
} as const;

/** Sixteen lanes of 8 bits. */
export const i8x16 = {
  splat: unary("i32", "v128", simd(15)),
  /** Bytes of `a` (0–15) and `b` (16–31) by number. */
  shuffle: (a: V128, b: V128, lanes: readonly number[]): V128 =>
    value("v128", a.code, b.code, simd(13), ...lanes),
  /** Bytes of `a` by the numbers in `lanes`; 0 for numbers above 15. */
  swizzle: vectors(14),
  /** The same in one instruction, where numbers are below 16 or above 127. */
  relaxed_swizzle: vectors(256),
  extract_lane_u: extractLane("i32", 22),
  eq: vectors(35),
  ne: vectors(36),
  gt_s: vectors(39),
  all_true: unary("v128", "i32", simd(99)),
  /** The top bit of each lane. */
  bitmask: unary("v128", "i32", simd(100)),
  /** The 16-bit lanes of two vectors, kept within 0–255. */
  narrow_i16x8_u: vectors(102),
  narrow_i16x8_s: vectors(101),
  add: vectors(110),
  add_sat_u: vectors(112),
  sub: vectors(113),
  sub_sat_u: vectors(115),
  min_u: vectors(119),
  max_u: vectors(121),
  avgr_u: vectors(123),
} as const;

/** Eight lanes of 16 bits. */
export const i16x8 = {
  splat: unary("i32", "v128", simd(16)),
  extract_lane_u: extractLane("i32", 25),
  extend_low_i8x16_s: convert(135),
  extend_high_i8x16_s: convert(136),
  extend_low_i8x16_u: convert(137),
  extend_high_i8x16_u: convert(138),
  /** The sums of neighbouring bytes. */
  extadd_pairwise_i8x16_u: convert(125),
  narrow_i32x4_s: vectors(133),
  narrow_i32x4_u: vectors(134),
  /** a · b / 2¹⁵, rounded. */
  q15mulr_sat_s: vectors(130),
  /** The same in one instruction, where not both are −2¹⁵. */
  relaxed_q15mulr_s: vectors(273),
  eq: vectors(45),
  lt_s: vectors(47),
  gt_s: vectors(49),
  all_true: unary("v128", "i32", simd(131)),
  bitmask: unary("v128", "i32", simd(132)),
  shl: shift(139),
  shr_s: shift(140),
  shr_u: shift(141),
  add: vectors(142),
  sub: vectors(145),
  mul: vectors(149),
  min_s: vectors(150),
  max_s: vectors(152),
  avgr_u: vectors(155),
} as const;

/** Four lanes of 32 bits. */
export const i32x4 = {
  splat: unary("i32", "v128", simd(17)),
  extract_lane: extractLane("i32", 27),
  eq: vectors(55),
  bitmask: unary("v128", "i32", simd(164)),
  extend_low_i16x8_u: convert(169),
  extend_high_i16x8_u: convert(170),
  extadd_pairwise_i16x8_u: convert(127),
  shl: shift(171),
  shr_s: shift(172),
  shr_u: shift(173),
  add: vectors(174),
  sub: vectors(177),
  mul: vectors(181),
  max_s: vectors(184),
  /** The products of 16-bit lanes, neighbours added. */
  dot_i16x8_s: vectors(186),
} as const;

/** Four floats. */
export const f32x4 = {
  splat: (a: F32): V128 => value("v128", codeOf("f32", a), simd(19)),
  extract_lane: extractLane("f32", 31),
  lt: vectors(67),
  gt: vectors(68),
  le: vectors(69),
  ge: vectors(70),
  add: vectors(228),
  sub: vectors(229),
  mul: vectors(230),
  div: vectors(231),
  max: vectors(233),
  /** b where b is greater than a, else a: one instruction where `max` takes several. */
  pmax: vectors(235),
  /** a · b + c, rounded once or twice. */
  relaxed_madd: (a: V128, b: V128, c: V128): V128 =>
    value("v128", a.code, b.code, c.code, simd(261)),
} as const;
