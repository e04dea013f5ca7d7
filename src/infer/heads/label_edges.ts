/** The logits of pixels beside each other, along the top and the bottom edge of their cell. */
import { f32x4, i16x8, i32, i8x16, v128 } from "../../wasm/instructions.ts";
import { type Locals, SCRATCH } from "../../wasm/kernel.ts";
import type { I32, Local, Statement, V128 } from "../../wasm/value.ts";
import { MOST_PARTS } from "./label_contenders.ts";

/** Logits in a vector. */
export const LANES = 4;

const VECTOR_BYTES = 16;

/** A vector of the logits. */
export interface Part {
  /** Bytes from the first one. */
  readonly offset: number;
  /** The logits at the top edge. */
  readonly top: Local<"v128">;
  /** What they gain to the bottom edge. */
  readonly gain: Local<"v128">;
}

/** The edges of one cell, for one class or for the difference of two. */
export interface Edges {
  readonly parts: readonly Part[];
  /** Takes the logits at the corners: top left, top right, bottom left, bottom right. */
  setCorners(corners: Local<"v128">): Statement;
  /** Computes one part, of the pixels from a column on. */
  compute(part: Part, pixels: { readonly columnWeights: I32; readonly column: I32 }): Statement;
}

/** Declares what the edges of a cell are kept in. */
export function declareEdges(locals: Locals): Edges {
  const topLeft = locals.v128();
  const topStep = locals.v128();
  const bottomLeft = locals.v128();
  const bottomStep = locals.v128();
  const weight = locals.v128();
  return {
    parts: Array.from({ length: MOST_PARTS }, (_, part) => ({
      offset: part * VECTOR_BYTES,
      top: locals.v128(),
      gain: locals.v128(),
    })),
    setCorners: (corners) => [
      topLeft.set(splat(corners, 0)),
      topStep.set(f32x4.sub(splat(corners, 1), topLeft)),
      bottomLeft.set(splat(corners, 2)),
      bottomStep.set(f32x4.sub(splat(corners, 3), bottomLeft)),
    ],
    compute: ({ offset, top, gain }, { columnWeights, column }) => [
      weight.set(v128.load(SCRATCH, i32.add(columnWeights, i32.shl(column, 2)), offset)),
      top.set(f32x4.add(topLeft, f32x4.mul(topStep, weight))),
      gain.set(f32x4.sub(f32x4.add(bottomLeft, f32x4.mul(bottomStep, weight)), top)),
    ],
  };
}

/** The 32-bit lanes of one to four vectors as the first bytes of one. */
export function narrow(
  [a, b = a, c, d = c]: readonly V128[],
  toBytes: (a: V128, b: V128) => V128,
): V128 {
  const low = i16x8.narrow_i32x4_s(a!, b!);
  return toBytes(low, c && d ? i16x8.narrow_i32x4_s(c, d) : low);
}

/** One lane of 32 bits in all lanes. */
function splat(vector: V128, lane: number): V128 {
  const bytes = Array.from({ length: VECTOR_BYTES }, (_, byte) => 4 * lane + byte % 4);
  return i8x16.shuffle(vector, vector, bytes);
}
