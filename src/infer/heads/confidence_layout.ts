import { Scratch } from "../../wasm/memory.ts";
import { type Bands, planBands, viewPlanes } from "./bands.ts";
import { type RatingPlaces, SPAN, SPAN_BYTES } from "./confidence_cells.ts";
import { TERM_BYTES } from "./confidence_terms.ts";
import { WINNER_STEP } from "./label_winners.ts";
import { type Span, upsampleSpans } from "./spans.ts";
import type { UpsampleShape } from "./upsample.ts";

/** Longer spans are cut: from line to line errors pile up. */
const LONGEST_SPAN = 32;

/** What the classes that do not count in a cell weigh together at most, against one that does. */
const LEFT_OUT = 1e-3;

/** The memory in which confidences are computed. */
export interface ConfidenceLayout extends Bands {
  /** Holds what follows; its tables are filled. */
  readonly memory: WebAssembly.Memory;
  /** Where each row of cells begins, and the end: `rows + 1` entries. */
  readonly rowStarts: readonly RowStart[];
  /** Room for the logits of a band, class by class. */
  readonly planes: readonly Float32Array[];
  /** What the kernels are told of the memory. */
  readonly places: RatingPlaces;
}

/** Where a row of cells begins. */
interface RowStart {
  /** Its first line of pixels. */
  readonly line: number;
  /** The address of its first span of lines. */
  readonly span: number;
}

/** Sets aside the memory for a shape, and fills the tables. */
export function layOutConfidence(shape: UpsampleShape): ConfidenceLayout {
  const { classes, grid, output, alignCorners = false } = shape;
  const bands = planBands(shape);
  const columns = upsampleSpans(grid.width, output.width, alignCorners);
  const lines = upsampleSpans(grid.height, output.height, alignCorners).flatMap(cutSpan);

  const scratch = new Scratch();
  const lineSpans = scratch.put(tableOf(lines));
  const columnSpans = scratch.put(tableOf(columns));
  const places = {
    powers: scratch.reserve(classes * bands.planeBytes),
    planeBytes: bands.planeBytes,
    classes,
    winners: scratch.reserve(bands.points + WINNER_STEP),
    gridWidth: grid.width,
    columns: columnSpans,
    endColumns: columnSpans + columns.length * SPAN_BYTES,
    width: output.width,
    reach: Math.log2(Math.max(1, classes - 1) / LEFT_OUT),
    terms: scratch.reserve(classes * TERM_BYTES),
  };
  const memory = scratch.allocate();
  const planes = viewPlanes(memory, places.powers, classes, bands);
  const rowStarts = Array.from({ length: bands.rows + 1 }, (_, row) => {
    const index = lines.filter(({ first }) => first < row).length;
    return { line: lines[index]?.start ?? output.height, span: lineSpans + index * SPAN_BYTES };
  });
  return { ...bands, memory, rowStarts, planes, places };
}

function tableOf(spans: readonly Span[]): Uint8Array {
  const table = new DataView(new ArrayBuffer(spans.length * SPAN_BYTES));
  for (const [index, { first, start, end, weight, step }] of spans.entries()) {
    const address = index * SPAN_BYTES;
    table.setInt32(address + SPAN.point, first, true);
    table.setInt32(address + SPAN.pixels, end - start, true);
    table.setFloat32(address + SPAN.weight, weight, true);
    table.setFloat32(address + SPAN.step, step, true);
  }
  return new Uint8Array(table.buffer);
}

function cutSpan(span: Span): Span[] {
  return Array.from({ length: Math.ceil((span.end - span.start) / LONGEST_SPAN) }, (_, part) => {
    const start = span.start + part * LONGEST_SPAN;
    const end = Math.min(span.end, start + LONGEST_SPAN);
    return { ...span, start, end, weight: span.weight + span.step * (start - span.start) };
  });
}
