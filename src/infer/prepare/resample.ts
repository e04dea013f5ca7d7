import type { Size } from "../../frame/geometry.ts";
import { FrameKernels, type FrameMemoryOptions } from "../../wasm/frame_kernels.ts";
import { Scratch, spreadOut } from "../../wasm/memory.ts";
import { SIDE } from "./resample_columns.ts";
import { triangleFilter } from "./resample_filter.ts";
import { RESAMPLE, RESIZE } from "./resample_kernel.ts";
import { pairTable } from "./resample_pairs.ts";
import { weightTable } from "./resample_sum.ts";

type ResizeOperands = Record<keyof typeof RESIZE, number>;

/** From which size to which. */
export interface Resize {
  readonly from: Size;
  readonly to: Size;
}

/**
 * Resizes 8-bit planes, each to a plane of its own.
 *
 * Bilinear with half-pixel centres, as the network's training resized its images; when it shrinks by
 * more than 2 the triangle widens with the factor, so that every input sample counts (what Pillow
 * calls `BILINEAR`, and PyTorch `antialias=True`). Weights have 8 bits, and each direction rounds once:
 * an output sample is within 2 codes of the exact one where two input samples count in a direction,
 * and nearly always where more do.
 *
 * Memory: allocates no buffer after construction for planes in the memory of frames. Thread: any, one
 * at a time.
 */
export class PlanesResampler {
  /** Where the resized planes lie. */
  readonly memory: WebAssembly.Memory;
  /** What `run` fills. */
  readonly targets: readonly Uint8Array[];
  readonly #kernels: FrameKernels<"resize">;
  readonly #operands: readonly (readonly number[])[];

  /** @param resizes One for each plane; those that are the same object share their tables. */
  constructor(resizes: readonly Resize[], options: FrameMemoryOptions = {}) {
    const scratch = new Scratch();
    const operands = new Map(
      Array.from(new Set(resizes), (resize) => [resize, layOut(scratch, resize)]),
    );
    const names = Object.keys(RESIZE) as (keyof ResizeOperands)[];
    const planes = resizes.map((resize) => ({
      address: reservePlane(scratch, resize.to),
      length: resize.to.width * resize.to.height,
      operands: names.map((name) => operands.get(resize)![name]),
    }));
    this.memory = scratch.allocate();
    const { buffer } = this.memory;
    this.targets = planes.map(({ address, length }) => new Uint8Array(buffer, address, length));
    this.#operands = planes.map(({ address, operands }) => [address, ...operands]);
    this.#kernels = new FrameKernels(RESAMPLE, this.memory, options);
  }

  /** Reads a plane for each target. */
  run(sources: readonly Uint8Array[]): void {
    for (const [i, bytes] of sources.entries()) {
      this.#kernels.run("resize", [{ bytes, isRead: true }], ...this.#operands[i]!);
    }
  }
}

/** Resizes one 8-bit plane; see {@link PlanesResampler}. */
export class PlaneResampler {
  readonly #planes: PlanesResampler;

  constructor(from: Size, to: Size, options: FrameMemoryOptions = {}) {
    this.#planes = new PlanesResampler([{ from, to }], options);
  }

  /** Reads `source` (from.width · from.height bytes) and writes all of `target`. */
  run(source: Uint8Array, target: Uint8Array): void {
    this.#planes.run([source]);
    target.set(this.#planes.targets[0]!);
  }
}

/** With room beyond it for what the kernel writes there: the rest of a strip, and of a vector. */
function reservePlane(scratch: Scratch, { width, height }: Size): number {
  return scratch.reserve(width * (height + SIDE) + SIDE);
}

/** Puts the tables into the scratch memory. */
function layOut(scratch: Scratch, { from, to }: Resize): ResizeOperands {
  const rows = triangleFilter(from.height, to.height);
  const rowTable = weightTable(rows, from.width);
  const vertical = {
    fromWidth: from.width,
    toWidth: to.width,
    toHeight: to.height,
    rowTaps: rows.taps,
    rowTable: scratch.put(rowTable.bytes),
    rowEntryBytes: rowTable.entryBytes,
  };
  if (from.width === to.width) {
    return {
      ...vertical,
      ...{ columnTaps: 0, columnTable: 0, columnEntryBytes: 0 },
      ...{ strip: 0, stripStride: to.width, stripRows: to.height },
      ...{ turnedInput: 0, turnedOutput: 0 },
    };
  }
  const columns = triangleFilter(from.width, to.width);
  const isTurned = columns.taps > 2;
  const columnTable = isTurned ? weightTable(columns, SIDE) : pairTable(columns);
  const stripStride = spreadOut(from.width);
  const stripRows = isTurned ? SIDE : 1;
  const turnedBytes = (width: number) => isTurned ? Math.ceil(width / SIDE) * SIDE * SIDE : 0;
  return {
    ...vertical,
    columnTaps: columns.taps,
    columnTable: scratch.put(columnTable.bytes),
    columnEntryBytes: columnTable.entryBytes,
    strip: scratch.reserve(stripRows * stripStride),
    stripStride,
    stripRows,
    turnedInput: scratch.reserve(turnedBytes(from.width)),
    turnedOutput: scratch.reserve(turnedBytes(to.width)),
  };
}
