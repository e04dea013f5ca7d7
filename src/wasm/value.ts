import type { Bytes } from "./encoding.ts";

/** The types that kernels compute with: an integer, a float, and a vector of 16 bytes. */
export type ValueType = "i32" | "f32" | "v128";

/** Code that computes one value. Used twice, it computes it twice: a {@link Local} keeps it. */
export interface Value<Type extends ValueType = ValueType> {
  /** What it is. */
  readonly type: Type;
  /** What computes it. */
  readonly code: Bytes;
}

/** Code that leaves nothing behind: an assignment, a store, a loop. */
export type Statement = Bytes;

/** An integer; a plain number is a constant. */
export type I32 = Value<"i32"> | number;
/** A float; a plain number is a constant. */
export type F32 = Value<"f32"> | number;
/** Sixteen bytes, eight 16-bit or four 32-bit lanes. */
export type V128 = Value<"v128">;

/** What may be given where a value of a type is wanted. */
export type Operand<Type extends ValueType> = Type extends "i32" ? I32
  : Type extends "f32" ? F32
  : V128;

/** A variable of a kernel. */
export interface Local<Type extends ValueType> extends Value<Type> {
  /** Assigns. */
  set(value: Operand<Type>): Statement;
  /** Assigns, and is the value assigned. */
  tee(value: Operand<Type>): Value<Type>;
}
