import { Scratch } from "../../wasm/memory.ts";
import { type Bands, planBands, viewPlanes } from "./bands.ts";
import { CELL_STEP, type Places } from "./label_cells.ts";
import { CONTENDER_BYTES } from "./label_contenders.ts";
import { WINNER_STEP } from "./label_winners.ts";
import { upsampleAxis, type UpsampleShape } from "./upsample.ts";

const ENTRY_BYTES = 4;

/** The memory in which an upsampling head works. */
export interface LabelLayout extends Bands {
  /** Holds what follows; its tables are filled. */
  readonly memory: WebAssembly.Memory;
  /** First line of pixels of each row of cells, and the number of lines: `rows + 1` entries. */
  readonly lineStarts: Int32Array;
  /** Room for the logits of a band, class by class. */
  readonly planes: readonly Float32Array[];
  /** What the kernels are told of the memory. */
  readonly places: Places;
}

/** Sets aside the memory for a shape, and fills the tables. */
export function layOutLabels(shape: UpsampleShape): LabelLayout {
  const { classes, grid, output, alignCorners = false } = shape;
  const columns = upsampleAxis(grid.width, output.width, alignCorners);
  const lines = upsampleAxis(grid.height, output.height, alignCorners);
  const bands = planBands(shape);
  const { rows, points, planeBytes } = bands;
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
  const planes = viewPlanes(memory, places.logits, classes, bands);
  return { ...bands, memory, lineStarts: lines.starts, planes, places };
}
