import { Scratch, spreadOut } from "../../wasm/memory.ts";
import { CELL_STEP, type Places } from "./label_cells.ts";
import { CONTENDER_BYTES } from "./label_contenders.ts";
import { WINNER_STEP } from "./label_winners.ts";
import { upsampleAxis, type UpsampleShape } from "./upsample.ts";

/** Logits that are worked on at a time: few enough to stay in a core's own cache. */
const BAND_BYTES = 512 * 1024;

const ENTRY_BYTES = 4;

/** The memory in which an upsampling head works. */
export interface LabelLayout {
  /** Holds what follows; its tables are filled. */
  readonly memory: WebAssembly.Memory;
  /** Rows of cells in the grid, and in a band: as many as are worked on at a time. */
  readonly rows: number;
  readonly bandRows: number;
  /** First line of pixels of each row of cells, and the number of lines: `rows + 1` entries. */
  readonly lineStarts: Int32Array;
  /** Room for the logits of a band, class by class: its rows of points, one more than of cells. */
  readonly planes: readonly Float32Array[];
  /** What the kernels are told of the memory. */
  readonly places: Places;
}

/** Sets aside the memory for a shape, and fills the tables. */
export function layOutLabels(shape: UpsampleShape): LabelLayout {
  const { classes, grid, output, alignCorners = false } = shape;
  const columns = upsampleAxis(grid.width, output.width, alignCorners);
  const lines = upsampleAxis(grid.height, output.height, alignCorners);
  const rows = lines.cells;
  const bandRows = rowsOfBand(rows, classes * grid.width * ENTRY_BYTES);
  const points = (bandRows + 1) * grid.width;
  const planeBytes = spreadOut(points * ENTRY_BYTES);
  const entries = columns.cells + CELL_STEP;

  const scratch = new Scratch();
  const places = {
    logits: scratch.reserve(classes * planeBytes),
    planeBytes,
    classes,
    winners: scratch.reserve(points + WINNER_STEP),
    gridWidth: grid.width,
    cells: columns.cells,
    columnStarts: scratch.reserve(entries * ENTRY_BYTES),
    columnWeights: scratch.reserve(columns.weights.byteLength),
    lineStarts: scratch.reserve(lines.starts.byteLength),
    lineWeights: scratch.reserve(lines.weights.byteLength),
    width: output.width,
    boundary: scratch.reserve(entries * ENTRY_BYTES),
    contenders: scratch.reserve(classes * CONTENDER_BYTES),
  };
  const memory = scratch.allocate();
  const { buffer } = memory;
  // What a step takes for cells beyond the last has no pixels.
  new Int32Array(buffer, places.columnStarts, entries).fill(output.width).set(columns.starts);
  new Float32Array(buffer, places.columnWeights, output.width).set(columns.weights);
  new Int32Array(buffer, places.lineStarts, rows + 1).set(lines.starts);
  new Float32Array(buffer, places.lineWeights, output.height).set(lines.weights);
  const planes = Array.from(
    { length: classes },
    (_, id) => new Float32Array(buffer, places.logits + id * planeBytes, points),
  );
  return { memory, rows, bandRows, lineStarts: lines.starts, planes, places };
}

/** So many that their logits and those of the row of points below fit; bands are about equal. */
function rowsOfBand(rows: number, rowBytes: number): number {
  const most = Math.max(1, Math.floor(BAND_BYTES / rowBytes) - 1);
  return Math.ceil(rows / Math.ceil(rows / most));
}
