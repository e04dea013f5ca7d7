/**
 * The blend's kernels, by blocks of 16×2 pixels: two rows of sixteen labels and luma samples, eight Cb
 * and eight Cr.
 *
 * ```
 *         │ aaaaaaaaaaaaaaaa │ aaaaaaaaaaaaaaaa │ aaaaaaabbbbbbbbb │ bbbbb
 * labels  │ aaaaaaaaaaaaaaaa │ aaaaaaaaaaaaaaaa │ aaaabbbbbbbbbbbb │ bbbbb
 *         └ a run of one class ─────────────────┴ mixed ───────────┴ rest
 * ```
 *
 * Nine blocks in ten are of one class. Its tint and its weight stay in registers for a run of them,
 * two blocks at a time as long as there are two. In a mixed block every pixel's tint is looked up.
 * The columns after the last whole block are blended in scratch memory and copied from there.
 */
import { copy, loopTo, loopWhile, when } from "../wasm/control.ts";
import { i16x8, i32 } from "../wasm/instructions.ts";
import { FRAMES, kernel, KernelModule, type Locals } from "../wasm/kernel.ts";
import type { I32, Local, Statement } from "../wasm/value.ts";
import { BlockBlend } from "./blend_block.ts";
import { advance, Cursor, type MapOperands } from "./blend_cursor.ts";
import { drawFadingRun, drawRun } from "./blend_run.ts";
import { BlockTints, entryOf } from "./tint_lookup.ts";

const BUFFERS = { frame: "i32", labels: "i32" } as const;
const OPERANDS = {
  width: "i32",
  height: "i32",
  lumaStride: "i32",
  yAt: "i32",
  cbAt: "i32",
  crDistance: "i32",
  weight: "i32",
  unlabelled: "i32",
} as const;

interface BlendOperands extends MapOperands {
  readonly weight: Local<"i32">;
  readonly unlabelled: Local<"i32">;
}

/** The names of {@link BLEND_KERNELS}. */
export type BlendKernel = "blend" | "fade" | "double";

/** What an OverlayBlender runs; its table of tints lies at the start of the scratch memory. */
export const BLEND_KERNELS = new KernelModule<BlendKernel>({
  /** Blends a class map into a frame. */
  blend: kernel({ ...BUFFERS, ...OPERANDS }, blend),
  /** The same, with a confidence that scales the weight of each pixel. */
  fade: kernel({ ...BUFFERS, confidence: "i32", ...OPERANDS }, blend),
  /** Copies each row of a packed frame twice, into a frame that is twice as wide. */
  double: kernel(
    {
      frame: "i32",
      output: "i32",
      lumaBytes: "i32",
      lumaRows: "i32",
      chromaBytes: "i32",
      chromaRows: "i32",
    },
    ({ frame, output, lumaBytes, lumaRows, chromaBytes, chromaRows }, locals) => {
      const row = locals.i32();
      const copyRows = (bytes: I32, rows: I32) => {
        const copyRow = [copy([FRAMES, output], [FRAMES, frame], bytes), advance(output, bytes)];
        return [row.set(0), loopTo(row, rows, 1, [copyRow, copyRow, advance(frame, bytes)])];
      };
      return [copyRows(lumaBytes, lumaRows), copyRows(chromaBytes, chromaRows)];
    },
  ),
});

function blend(operands: BlendOperands, locals: Locals): Statement[] {
  const { unlabelled } = operands;
  const cursor = new Cursor(operands, locals);
  const weight = locals.v128();
  const tableEnd = locals.i32();
  const tints = new BlockTints(locals);
  const block = new BlockBlend(cursor, tints, weight, locals);
  const drawRunHere = cursor.confidence
    ? drawFadingRun(cursor, tints, block)
    : drawRun(cursor, weight, locals);
  const drawMixed = (draw: Statement) => [
    tints.lookUp(cursor.loadLabels(), unlabelled, tableEnd),
    when(tints.isShown(), [draw]),
  ];
  return [
    weight.set(i16x8.splat(operands.weight)),
    tableEnd.set(i32.add(entryOf(unlabelled), 1)),
    cursor.start(),
    loopWhile(cursor.hasRow(), [
      cursor.enterRow(),
      loopWhile(cursor.hasBlocks(1), [
        cursor.enterClass(),
        when(
          cursor.isInClass(1),
          [drawRunHere],
          [drawMixed(block.draw()), cursor.step(1)],
        ),
      ]),
      when(cursor.rest, [drawMixed(block.drawRest(cursor.rest))]),
      cursor.leaveRow(),
    ]),
  ];
}
