/**
 * Resizes a plane: what lies above each other is summed up first, and then what lies along the rows.
 *
 * ```
 * source ─ rows summed up ─► strip ─ columns mixed in pairs ──────────────────► target
 *                              │
 *                              └──── turned ─ columns summed up ─ turned back ─► target
 * ```
 *
 * A strip is one row where neighbours are mixed in pairs, and 16 rows where more columns count, for
 * then they are turned. Where the width is kept there is no strip: rows go to the target.
 */
import { loopTo, when } from "../../wasm/control.ts";
import { i32 } from "../../wasm/instructions.ts";
import { kernel, KernelModule, SCRATCH } from "../../wasm/kernel.ts";
import { sumColumns } from "./resample_columns.ts";
import { mixPairs } from "./resample_pairs.ts";
import { sumRows } from "./resample_rows.ts";

/** What the kernel is told of a resize, in the order of its parameters; addresses are scratch's. */
export const RESIZE = {
  fromWidth: "i32",
  toWidth: "i32",
  toHeight: "i32",
  /** Of the filter for rows: its number of taps, its weightTable and the bytes of an entry. */
  rowTaps: "i32",
  rowTable: "i32",
  rowEntryBytes: "i32",
  /** 0 where the width is kept; with 2 at most the table is a pairTable, and else a weightTable. */
  columnTaps: "i32",
  columnTable: "i32",
  columnEntryBytes: "i32",
  strip: "i32",
  stripStride: "i32",
  stripRows: "i32",
  turnedInput: "i32",
  turnedOutput: "i32",
} as const;

/** One plane. It writes beyond the target's end: whole vectors, and whole strips. */
const resize = kernel({ source: "i32", target: "i32", ...RESIZE }, (p, locals) => {
  const { source, target, fromWidth, toWidth, toHeight, rowTable, columnTaps } = p;
  const y = locals.i32();
  const line = locals.i32();
  const end = locals.i32();
  const from = locals.i32();
  const row = locals.i32();
  const columns = { to: target, toWidth, table: p.columnTable };
  return [
    loopTo(y, toHeight, p.stripRows, [
      row.set(i32.select(p.strip, target, columnTaps)),
      line.set(y),
      end.set(i32.add(y, p.stripRows)),
      end.set(i32.select(end, toHeight, i32.lt_s(end, toHeight))),
      loopTo(line, end, 1, [
        from.set(i32.add(source, i32.load(SCRATCH, rowTable))),
        sumRows({ from, width: fromWidth, to: row, entry: rowTable, taps: p.rowTaps }, locals),
        row.set(i32.add(row, p.stripStride)),
        rowTable.set(i32.add(rowTable, p.rowEntryBytes)),
      ]),
      when(i32.gt_s(columnTaps, 2), [
        sumColumns({ ...p, ...columns, entryBytes: p.columnEntryBytes, taps: columnTaps }, locals),
      ], [
        when(columnTaps, [mixPairs({ ...columns, from: p.strip }, locals)]),
      ]),
      target.set(i32.add(target, i32.mul(p.stripRows, toWidth))),
    ]),
  ];
});

/** From a plane of a frame to a plane in scratch memory. */
export const RESAMPLE = new KernelModule({ resize });
