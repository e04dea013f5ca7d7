import { loopTo } from "../wasm/control.ts";
import { i32, i32x4, i8x16, v128 } from "../wasm/instructions.ts";
import { type Locals, SCRATCH } from "../wasm/kernel.ts";
import type { I32, Local, Statement, V128 } from "../wasm/value.ts";
import { BOTH_ROWS, type BothRows } from "./blend_cursor.ts";
import { GROUP_BYTES, GROUP_LABELS, TINT, type TintPart } from "./tint_table.ts";

/** What the table has for sixteen pixels, in bytes. */
export type RowTints = Readonly<Record<TintPart, Local<"v128">>>;

const PARTS = ["y", "cb", "cr", "shown"] as const;

/** Where the table, which begins the scratch memory, has a label's Y. */
export function entryOf(label: I32): I32 {
  const lane = i32.and(label, GROUP_LABELS - 1);
  return i32.add(i32.mul(i32.sub(label, lane), GROUP_BYTES / GROUP_LABELS), lane);
}

/** The tints of a block's pixels, as variables; what it gives is code. */
export class BlockTints {
  /** Of its two rows. */
  readonly rows: BothRows<RowTints>;
  /** The labels, less those of the groups before. */
  readonly #lanes: BothRows<Local<"v128">>;
  readonly #index: Local<"i32">;

  /** Declares its variables. */
  constructor(locals: Locals) {
    const declareBoth = <T>(declare: () => T): BothRows<T> => [declare(), declare()];
    this.rows = declareBoth(() => ({
      y: locals.v128(),
      cb: locals.v128(),
      cr: locals.v128(),
      shown: locals.v128(),
    }));
    this.#lanes = declareBoth(locals.v128);
    this.#index = locals.i32();
  }

  /** Whether any pixel is tinted: else the block stays as it is. */
  isShown(): I32 {
    return v128.any_true(v128.or(this.rows[0].shown, this.rows[1].shown));
  }

  /** Gives every pixel the tint of one label. */
  spread(label: I32): Statement {
    const entry = this.#index;
    const found = (part: TintPart) => v128.load8_splat(SCRATCH, entry, TINT[part]);
    return [
      entry.set(label),
      entry.set(entryOf(entry)),
      this.rows.map((tints) => PARTS.map((part) => tints[part].set(found(part)))),
    ];
  }

  /**
   * Gives every pixel the tint of its label, from one group of sixteen labels after the other: a
   * swizzle gives 0 where the label is not of the group.
   *
   * @param unlabelled Stands for all labels above.
   * @param tableEnd Behind its entry.
   */
  lookUp(labels: BothRows<V128>, unlabelled: I32, tableEnd: I32): Statement {
    const group = this.#index;
    const enter = (row: 0 | 1) => [
      this.#lanes[row].set(i8x16.min_u(labels[row], i8x16.splat(unlabelled))),
      PARTS.map((part) => this.rows[row][part].set(i32x4.splat(0))),
    ];
    const addGroup = (row: 0 | 1) => {
      const lanes = this.#lanes[row];
      return [
        PARTS.map((part) => {
          const tints = this.rows[row][part];
          const found = i8x16.swizzle(v128.load(SCRATCH, group, TINT[part]), lanes);
          return tints.set(v128.or(tints, found));
        }),
        lanes.set(i8x16.sub(lanes, i8x16.splat(GROUP_LABELS))),
      ];
    };
    return [
      BOTH_ROWS.map(enter),
      group.set(0),
      loopTo(group, tableEnd, GROUP_BYTES, BOTH_ROWS.map(addGroup)),
    ];
  }
}
