import { spreadOut } from "../../wasm/memory.ts";
import type { UpsampleShape } from "./upsample.ts";

/** Logits that are worked on at a time: few enough to stay in a core's own cache. */
const BAND_BYTES = 512 * 1024;

const ENTRY_BYTES = 4;

/** Rows of a grid, in bands that are worked on one after the other. */
export interface Bands {
  /** Rows of cells in the grid, and in a band. */
  readonly rows: number;
  readonly bandRows: number;
  /** Points in a band, whose rows are one more than those of cells. */
  readonly points: number;
  /** From the logits of one class to those of the next. */
  readonly planeBytes: number;
}

/** Divides a grid into bands of about equal size. */
export function planBands({ classes, grid }: UpsampleShape): Bands {
  const rows = Math.max(1, grid.height - 1);
  const rowBytes = classes * grid.width * ENTRY_BYTES;
  const most = Math.max(1, Math.floor(BAND_BYTES / rowBytes) - 1);
  const bandRows = Math.ceil(rows / Math.ceil(rows / most));
  const points = (bandRows + 1) * grid.width;
  return { rows, bandRows, points, planeBytes: spreadOut(points * ENTRY_BYTES) };
}

/** The room for a band's logits at an address, class by class. */
export function viewPlanes(
  memory: WebAssembly.Memory,
  address: number,
  classes: number,
  { points, planeBytes }: Bands,
): Float32Array[] {
  return Array.from(
    { length: classes },
    (_, id) => new Float32Array(memory.buffer, address + id * planeBytes, points),
  );
}

/** Copies the points around the rows of cells from `row` to `endRow`. Returns how many they are. */
export function copyBand(
  logits: Float32Array,
  planes: readonly Float32Array[],
  { grid }: UpsampleShape,
  row: number,
  endRow: number,
): number {
  const start = row * grid.width;
  const end = Math.min(endRow + 1, grid.height) * grid.width;
  for (const [id, plane] of planes.entries()) {
    const offset = id * grid.width * grid.height;
    plane.set(logits.subarray(offset + start, offset + end));
  }
  return end - start;
}
