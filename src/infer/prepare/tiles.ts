import type { Size } from "../../frame/geometry.ts";
import { loopTo } from "../../wasm/control.ts";
import { i32, v128 } from "../../wasm/instructions.ts";
import { FRAMES, type Locals, type Named } from "../../wasm/kernel.ts";
import { interleaveLow } from "../../wasm/lanes.ts";
import type { Statement } from "../../wasm/value.ts";
import { declareGamut, type Tile } from "./gamut.ts";

/** Columns of luma, and of chroma, in a tile; it has two rows of luma. */
export const TILE = { columns: 16, chromaColumns: 8 } as const;

/** What a kernel that walks over tiles is told of the planes it reads: addresses and sizes. */
export const TILED = {
  luma: "i32",
  cb: "i32",
  cr: "i32",
  /** A multiple of the tile's columns. */
  width: "i32",
  /** Rows of tiles. */
  rows: "i32",
  /** Of the table of factors in the scratch memory. */
  factors: "i32",
} as const;

/**
 * How many rows of tiles a frame has.
 *
 * @throws {RangeError} If tiles do not cover it.
 */
export function checkTiled({ width, height }: Size): number {
  if (width % TILE.columns !== 0 || height % 2 !== 0) {
    throw new RangeError(
      `Cannot feed planes of ${width}x${height}: the width must be a multiple of ` +
        `${TILE.columns} and the height of 2.`,
    );
  }
  return height / 2;
}

/** What becomes of tiles. */
interface TileUse {
  /** Before the first tile of a row. */
  readonly beginRow?: Statement;
  /** For each tile, once its colours are limited. */
  readonly take: Statement;
  /** After the last tile of a row. */
  readonly endRow?: Statement;
}

/** Declares the tile in which {@link walkTiles} hands over what it reads. */
export function declareTile(locals: Locals): Tile {
  return { upper: locals.v128(), lower: locals.v128(), chroma: locals.v128() };
}

/** Reads planes tile by tile, and limits their colours. The planes' addresses move along. */
export function walkTiles(
  { luma, cb, cr, width, rows, factors }: Named<typeof TILED>,
  tile: Tile,
  { beginRow = [], take, endRow = [] }: TileUse,
  locals: Locals,
): Statement {
  const row = locals.i32();
  const column = locals.i32();
  const gamut = declareGamut(tile, factors, locals);
  return [
    gamut.begin,
    loopTo(row, rows, 1, [
      beginRow,
      column.set(0),
      loopTo(column, width, TILE.columns, [
        tile.upper.set(v128.load(FRAMES, luma)),
        tile.lower.set(v128.load(FRAMES, i32.add(luma, width))),
        tile.chroma.set(
          interleaveLow(v128.load64_zero(FRAMES, cb), v128.load64_zero(FRAMES, cr), 1),
        ),
        gamut.limit,
        take,
        luma.set(i32.add(luma, TILE.columns)),
        [cb, cr].map((at) => at.set(i32.add(at, TILE.chromaColumns))),
      ]),
      luma.set(i32.add(luma, width)),
      endRow,
    ]),
  ];
}
