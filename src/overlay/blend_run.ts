/** The blend of a run of blocks of one class: its tint is looked up once. */
import { loopWhile, when } from "../wasm/control.ts";
import { v128 } from "../wasm/instructions.ts";
import { FRAMES, type Locals, SCRATCH } from "../wasm/kernel.ts";
import type { I32, Statement, V128 } from "../wasm/value.ts";
import type { BlockBlend } from "./blend_block.ts";
import { type Cursor, OFFSETS } from "./blend_cursor.ts";
import { fullPull, mix, widen, widenMask } from "./blend_lanes.ts";
import { type BlockTints, entryOf } from "./tint_lookup.ts";
import { TINT, type TintPart } from "./tint_table.ts";

/** Draws the run at the cursor and goes to its end, where every label is certain. */
export function drawRun(cursor: Cursor, weight: V128, locals: Locals): Statement {
  const entry = locals.i32();
  const isShown = locals.i32();
  const [y, cb, cr, pull] = [locals.v128(), locals.v128(), locals.v128(), locals.v128()];
  const samples = locals.v128();

  const found = (part: TintPart) => v128.load8_splat(SCRATCH, entry, TINT[part]);
  const mixed = (low: V128, high: V128) => mix(samples, [low, high], [pull, pull]);
  const draw = (at: I32, tint: V128, offset = 0) => [
    samples.set(v128.load(FRAMES, at, offset)),
    v128.store(FRAMES, at, mixed(tint, tint), offset),
  ];
  const drawLuma = (blocks: 1 | 2) =>
    cursor.luma.map((row) => OFFSETS[blocks].map((offset) => draw(row, y, offset)));
  return [
    entry.set(cursor.label()),
    entry.set(entryOf(entry)),
    y.set(widen(found("y"))[0]),
    cb.set(widen(found("cb"))[0]),
    cr.set(widen(found("cr"))[0]),
    pull.set(v128.and(fullPull(weight), widenMask(found("shown"))[0])),
    isShown.set(v128.any_true(pull)),
    loopWhile([cursor.hasBlocks(2), cursor.isInClass(2)], [
      when(isShown, [drawLuma(2), draw(cursor.cb, cb), draw(cursor.cr, cr)]),
      cursor.step(2),
    ]),
    // Of a run one block may be left: two would have gone together.
    when(cursor.hasBlocks(1), [
      when(cursor.isInClass(1), [
        when(isShown, [
          drawLuma(1),
          samples.set(cursor.loadChroma()),
          samples.set(mixed(cb, cr)),
          cursor.storeChroma(samples),
        ]),
        cursor.step(1),
      ]),
    ]),
  ];
}

/** As {@link drawRun}, where a confidence gives every pixel a weight of its own. */
export function drawFadingRun(cursor: Cursor, tints: BlockTints, block: BlockBlend): Statement {
  return [
    tints.spread(cursor.label()),
    loopWhile([cursor.hasBlocks(1), cursor.isInClass(1)], [
      when(tints.isShown(), [block.draw()]),
      cursor.step(1),
    ]),
  ];
}
