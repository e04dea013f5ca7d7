/** Shuffles that are one instruction: engines know their patterns. */
import { i8x16 } from "./instructions.ts";
import type { V128 } from "./value.ts";

const VECTOR_BYTES = 16;

/** The lanes of the lower halves in turn: a0 b0 a1 b1 … */
export function interleaveLow(a: V128, b: V128, laneBytes: number): V128 {
  return i8x16.shuffle(a, b, interleaved(0, laneBytes));
}

/** The lanes of the upper halves in turn. */
export function interleaveHigh(a: V128, b: V128, laneBytes: number): V128 {
  return i8x16.shuffle(a, b, interleaved(VECTOR_BYTES / 2, laneBytes));
}

/** A vector moved up by some bytes, behind the last ones of the vector before it. */
export function shiftIn(before: V128, vector: V128, bytes: number): V128 {
  const first = VECTOR_BYTES - bytes;
  return i8x16.shuffle(before, vector, Array.from({ length: VECTOR_BYTES }, (_, i) => first + i));
}

function interleaved(first: number, laneBytes: number): number[] {
  return Array.from({ length: VECTOR_BYTES }, (_, i) => {
    const lane = Math.floor(i / laneBytes);
    const start = first + (lane >> 1) * laneBytes + (lane & 1) * VECTOR_BYTES;
    return start + i % laneBytes;
  });
}
