import { i32, v128 } from "../wasm/instructions.ts";
import { FRAMES, type Locals } from "../wasm/kernel.ts";
import type { I32, Local, Statement, V128 } from "../wasm/value.ts";

/** Columns of a block. */
const BLOCK = 16;

/** Where one block's samples of a row begin, or those of two neighbours. */
export const OFFSETS = { 1: [0], 2: [0, BLOCK] } as const;

/** A value for each of a block's two rows of pixels. */
export type BothRows<T> = readonly [upper: T, lower: T];

/** Those rows. */
export const BOTH_ROWS = [0, 1] as const;

/** A kernel's operands that say where a class map and its frame lie. */
export interface MapOperands {
  /** The frame's address. */
  readonly frame: Local<"i32">;
  /** The class map's address. */
  readonly labels: Local<"i32">;
  /** Its confidence's address; absent where every label is certain. */
  readonly confidence?: Local<"i32">;
  /** Of the map, even. */
  readonly width: Local<"i32">;
  /** Of the map, even. */
  readonly height: Local<"i32">;
  /** From row to row of the frame; rows of chroma are half as far apart. */
  readonly lumaStride: Local<"i32">;
  /** The map's first luma sample in the frame. */
  readonly yAt: Local<"i32">;
  /** Its first Cb sample. */
  readonly cbAt: Local<"i32">;
  /** From a Cb sample to its Cr sample. */
  readonly crDistance: Local<"i32">;
}

/**
 * Where a kernel is in a class map and its frame: at a block of 16×2 pixels, which has sixteen labels
 * and luma samples in each of two rows, and eight samples of Cb and of Cr.
 *
 * All that it gives is code. An address is that of the block's first sample of a kind.
 */
export class Cursor {
  /** Address of the labels. */
  readonly labels: BothRows<I32>;
  /** Address of the luma. */
  readonly luma: BothRows<I32>;
  /** Address of the Cb. */
  readonly cb: I32;
  /** Address of the Cr. */
  readonly cr: I32;
  /** Its address; undefined where every label is certain. */
  readonly confidence: BothRows<I32> | undefined;
  /** How many columns there are behind a row's last whole block. */
  readonly rest: I32;
  readonly #operands: MapOperands;
  readonly #label: Local<"i32">;
  readonly #upper: Local<"i32">;
  readonly #cb: Local<"i32">;
  readonly #rowEnd: Local<"i32">;
  readonly #class: Local<"v128">;

  /** Declares its variables. */
  constructor(operands: MapOperands, locals: Locals) {
    const { labels, confidence, width, lumaStride, crDistance } = operands;
    const label = locals.i32();
    const upper = locals.i32();
    const cb = locals.i32();
    const under = i32.add(label, width);
    const confidenceOf = (at: I32) => i32.add(at, i32.sub(confidence!, labels));
    this.labels = [label, under];
    this.luma = [upper, i32.add(upper, lumaStride)];
    this.cb = cb;
    this.cr = i32.add(cb, crDistance);
    this.confidence = confidence && [confidenceOf(label), confidenceOf(under)];
    this.rest = i32.and(width, BLOCK - 1);
    this.#operands = operands;
    this.#label = label;
    this.#upper = upper;
    this.#cb = cb;
    this.#rowEnd = locals.i32();
    this.#class = locals.v128();
  }

  /** Goes to the map's first row of blocks. */
  start(): Statement {
    const { frame, labels, yAt, cbAt } = this.#operands;
    return [
      this.#label.set(labels),
      this.#upper.set(i32.add(frame, yAt)),
      this.#cb.set(i32.add(frame, cbAt)),
    ];
  }

  /** Whether there is a row of blocks here. */
  hasRow(): I32 {
    const { labels, width, height } = this.#operands;
    return i32.lt_u(this.#label, i32.add(labels, i32.mul(width, height)));
  }

  /** Begins a row of blocks. */
  enterRow(): Statement {
    const { width } = this.#operands;
    return this.#rowEnd.set(i32.add(this.#label, i32.sub(width, this.rest)));
  }

  /** Goes from the end of a row's whole blocks to the next row. */
  leaveRow(): Statement {
    const { width, lumaStride } = this.#operands;
    const done = i32.sub(width, this.rest);
    return [
      advance(this.#label, i32.sub(i32.shl(width, 1), done)),
      advance(this.#upper, i32.sub(i32.shl(lumaStride, 1), done)),
      advance(this.#cb, i32.shr_u(i32.sub(lumaStride, done), 1)),
    ];
  }

  /** Whether so many whole blocks are left in the row. */
  hasBlocks(count: 1 | 2): I32 {
    return i32.lt_u(this.#label, i32.sub(this.#rowEnd, (count - 1) * BLOCK));
  }

  /** Goes over so many blocks. */
  step(count: 1 | 2): Statement {
    return [
      advance(this.#label, count * BLOCK),
      advance(this.#upper, count * BLOCK),
      advance(this.#cb, count * BLOCK / 2),
    ];
  }

  /** The label of the block's first pixel. */
  label(): I32 {
    return i32.load8_u(FRAMES, this.#label);
  }

  /** Remembers the label of the block's first pixel. */
  enterClass(): Statement {
    return this.#class.set(v128.load8_splat(FRAMES, this.#label));
  }

  /** Whether so many blocks have no other label than the one remembered. */
  isInClass(count: 1 | 2): I32 {
    const differences = this.labels.flatMap((row) =>
      OFFSETS[count].map((offset) => v128.xor(v128.load(FRAMES, row, offset), this.#class))
    );
    return i32.eqz(v128.any_true(differences.reduce(v128.or)));
  }

  /** The block's labels, sixteen of each row. */
  loadLabels(): BothRows<V128> {
    return [v128.load(FRAMES, this.labels[0]), v128.load(FRAMES, this.labels[1])];
  }

  /** The block's eight Cb samples, and behind them its eight Cr samples. */
  loadChroma(): V128 {
    return v128.load64_lane(FRAMES, this.cr, v128.load64_zero(FRAMES, this.cb), 1);
  }

  /** The counterpart of {@link Cursor.loadChroma}. */
  storeChroma(samples: V128): Statement {
    return [
      v128.store64_lane(FRAMES, this.cb, samples, 0),
      v128.store64_lane(FRAMES, this.cr, samples, 1),
    ];
  }
}

/** Adds bytes to an address. */
export function advance(address: Local<"i32">, bytes: I32): Statement {
  return address.set(i32.add(address, bytes));
}
