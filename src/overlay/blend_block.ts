import { loopTo } from "../wasm/control.ts";
import { i32, v128 } from "../wasm/instructions.ts";
import { FRAMES, type Locals, SCRATCH } from "../wasm/kernel.ts";
import type { I32, Local, Statement, V128 } from "../wasm/value.ts";
import { BOTH_ROWS, type BothRows, type Cursor } from "./blend_cursor.ts";
import { fadedPull, fullPull, mix, mixChroma, widen, widenMask } from "./blend_lanes.ts";
import type { BlockTints } from "./tint_lookup.ts";
import { TABLE_BYTES } from "./tint_table.ts";

/** Where the last columns are blended, behind the table: luma of two rows, eight Cb and eight Cr. */
const REST = {
  luma: [TABLE_BYTES, TABLE_BYTES + 16],
  cb: TABLE_BYTES + 32,
  cr: TABLE_BYTES + 40,
} as const;

/** How large the kernels' scratch memory is. */
export const BLEND_SCRATCH_BYTES = TABLE_BYTES + 48;

const HALVES = [0, 1] as const;

/** The blend of a block whose pixels have a tint and a weight each; what it gives is code. */
export class BlockBlend {
  readonly #cursor: Cursor;
  readonly #tints: BlockTints;
  readonly #weight: V128;
  readonly #pulls: BothRows<readonly [Local<"v128">, Local<"v128">]>;
  readonly #samples: Local<"v128">;
  readonly #column: Local<"i32">;

  /**
   * Declares its variables.
   *
   * @param weight Of pixels that are certain, in each of eight lanes.
   */
  constructor(cursor: Cursor, tints: BlockTints, weight: V128, locals: Locals) {
    this.#cursor = cursor;
    this.#tints = tints;
    this.#weight = weight;
    this.#pulls = [[locals.v128(), locals.v128()], [locals.v128(), locals.v128()]];
    this.#samples = locals.v128();
    this.#column = locals.i32();
  }

  /** Blends the block. */
  draw(): Statement {
    const cursor = this.#cursor;
    return [
      this.#setPulls(),
      BOTH_ROWS.map((row) => [
        this.#blendLuma(row),
        v128.store(FRAMES, cursor.luma[row], this.#samples),
      ]),
      this.#blendChroma(),
      cursor.storeChroma(this.#samples),
    ];
  }

  /** Blends the first columns of a block that reaches beyond the row: nothing else is written to. */
  drawRest(columns: I32): Statement {
    const { luma, cb, cr } = this.#cursor;
    const column = this.#column;
    const half = i32.shr_u(column, 1);
    const copyByte = (to: I32, from: number) =>
      i32.store8(FRAMES, i32.add(to, half), i32.load8_u(SCRATCH, half, from));
    const copyPair = (to: I32, from: number) =>
      i32.store16(FRAMES, i32.add(to, column), i32.load16_u(SCRATCH, column, from));
    return [
      this.#setPulls(),
      BOTH_ROWS.map((row) => [
        this.#blendLuma(row),
        v128.store(SCRATCH, REST.luma[row], this.#samples),
      ]),
      this.#blendChroma(),
      v128.store(SCRATCH, REST.cb, this.#samples),
      column.set(0),
      loopTo(column, columns, 2, [
        BOTH_ROWS.map((row) => copyPair(luma[row], REST.luma[row])),
        copyByte(cb, REST.cb),
        copyByte(cr, REST.cr),
      ]),
    ];
  }

  #setPulls(): Statement {
    const { confidence } = this.#cursor;
    return BOTH_ROWS.map((row) => {
      const isShown = widenMask(this.#tints.rows[row].shown);
      const certainty = widen(this.#samples);
      return [
        confidence ? this.#samples.set(v128.load(FRAMES, confidence[row])) : [],
        HALVES.map((half) => {
          const pull = confidence
            ? fadedPull(this.#weight, certainty[half])
            : fullPull(this.#weight);
          return this.#pulls[row][half].set(v128.and(pull, isShown[half]));
        }),
      ];
    });
  }

  #blendLuma(row: 0 | 1): Statement {
    const tints = widen(this.#tints.rows[row].y);
    return [
      this.#samples.set(v128.load(FRAMES, this.#cursor.luma[row])),
      this.#samples.set(mix(this.#samples, tints, this.#pulls[row])),
    ];
  }

  #blendChroma(): Statement {
    const rows = BOTH_ROWS.map((row) => ({
      ...this.#tints.rows[row],
      pulls: this.#pulls[row],
    }));
    return [
      this.#samples.set(this.#cursor.loadChroma()),
      this.#samples.set(mixChroma(this.#samples, rows)),
    ];
  }
}
