/** Colours beyond R'G'B', as the preparer for planes feeds them, beside a plain way in float64. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Colour } from "../../../src/frame/colour.ts";
import { i420Layout, type Size } from "../../../src/frame/geometry.ts";
import { createPreparer } from "../../../src/infer/prepare/prepare.ts";
import { createRandom } from "../../model/random_weights.ts";
import { type Cell, clippedRgb, excessOf, lumaBeside, meanChroma, rgbOf } from "./plain_gamut.ts";

const COLOURS: readonly Colour[] = [
  { matrix: "bt601", range: "limited" },
  { matrix: "bt709", range: "full" },
  { matrix: "bt2020", range: "limited" },
];

/** A tile is 8 cells wide. */
const CELLS_PER_ROW = 8;

/** What becomes of cells, of which there are whole tiles. */
function limit(colour: Colour, cells: readonly Cell[]): Cell[] {
  const size = { width: 2 * CELLS_PER_ROW, height: 2 * cells.length / CELLS_PER_ROW };
  const preparer = createPreparer({ kind: "i420", luma: "y", chroma: "uv" }, {
    source: size,
    inputSize: size,
    colour,
  });
  preparer.run(drawCells(size, cells));
  const [luma, chroma] = preparer.buffers.map(({ data }) => data as Uint8Array);
  return cells.map((_, i) => ({
    luma: pixelsOf(i, size).map((at) => luma![at]!),
    cb: chroma![i]!,
    cr: chroma![cells.length + i]!,
  }));
}

function drawCells(size: Size, cells: readonly Cell[]): Uint8Array {
  const { u, v, byteLength } = i420Layout(size);
  const pixels = new Uint8Array(byteLength);
  cells.forEach(({ luma, cb, cr }, i) => {
    pixelsOf(i, size).forEach((at, pixel) => pixels[at] = luma[pixel]!);
    pixels[u.offset + i] = cb;
    pixels[v.offset + i] = cr;
  });
  return pixels;
}

/** Where the luma of a cell lies. */
function pixelsOf(cell: number, { width }: Size): number[] {
  const first = 2 * width * Math.floor(cell / CELLS_PER_ROW) + 2 * (cell % CELLS_PER_ROW);
  return [first, first + 1, first + width, first + width + 1];
}

/** More than half a code: what rounding moves, and the arithmetic in 16 bits. */
const ROUNDING = 0.6;

/** Holds what is fed to what is wanted; tells which cells were to be mended. */
function check(colour: Colour, cells: readonly Cell[]): number {
  let mended = 0;
  limit(colour, cells).forEach((fed, i) => {
    const cell = cells[i]!;
    const excess = excessOf(colour, cell);
    const isSame = fed.cb === cell.cb && fed.cr === cell.cr &&
      fed.luma.every((y, pixel) => y === cell.luma[pixel]);
    const what = JSON.stringify({ cell, fed, excess });
    // Two codes of a channel are let pass, and a little less in 16 bits.
    if (excess < 1.8) return assert.ok(isSame, what);
    if (excess <= 2 && isSame) return;
    mended++;
    const colours = clippedRgb(colour, cell);
    const [cb, cr] = meanChroma(colour, colours);
    assert.ok(Math.abs(fed.cb - cb) <= ROUNDING && Math.abs(fed.cr - cr) <= ROUNDING, what);
    colours.forEach((rgb, pixel) => {
      const luma = lumaBeside(colour, rgb, fed.cb, fed.cr);
      assert.ok(Math.abs(fed.luma[pixel]! - luma) <= ROUNDING, `${what}: ${pixel} is not ${luma}`);
    });
  });
  return mended;
}

const code = fc.oneof(fc.nat(255), fc.constantFrom(0, 15, 16, 128, 235, 240, 255));
const anyCell = fc.record({
  luma: fc.array(code, { minLength: 4, maxLength: 4 }),
  cb: code,
  cr: code,
});
const tiles = fc.array(anyCell, { minLength: CELLS_PER_ROW, maxLength: CELLS_PER_ROW });

for (const colour of COLOURS) {
  const { matrix, range } = colour;

  Deno.test(`colours are clipped as in float64, whatever a tile holds, ${matrix} ${range}`, () => {
    fc.assert(fc.property(tiles, (cells) => void check(colour, cells)), { numRuns: 300 });
  });

  Deno.test(`colours beyond R'G'B' are clipped and others kept, ${matrix} ${range}`, () => {
    const random = createRandom(1);
    // Of most colours near grey nothing is beyond, of most others something is.
    const cells = Array.from({ length: 8000 }, (_, i): Cell => {
      const chroma = i % 2 === 0 ? 256 : 40;
      const sample = (spread: number) => Math.floor(128 + spread * (random() - 0.5));
      return {
        luma: Array.from({ length: 4 }, () => sample(i % 2 === 0 ? 256 : 160)),
        cb: sample(chroma),
        cr: sample(chroma),
      };
    });
    const mended = check(colour, cells);
    assert.ok(mended > 2000 && mended < 6000, `${mended} of ${cells.length} are beyond`);
  });

  Deno.test(`colours at the ends of their codes are clipped, ${matrix} ${range}`, () => {
    const levels = [0, 128, 255];
    const chromas = [0, 64, 128, 192, 255];
    const cells = levels.flatMap((a) =>
      levels.flatMap((b) =>
        levels.flatMap((c) =>
          chromas.flatMap((cb) =>
            chromas.map((cr) => ({ luma: [a, b, c, levels[(cb + cr) % 3]!], cb, cr }))
          )
        )
      )
    );
    assert.ok(check(colour, cells.slice(cells.length % CELLS_PER_ROW)) > 400);
  });

  Deno.test(`a flat cell is clipped as a conversion does it, ${matrix} ${range}`, () => {
    const random = createRandom(2);
    const cells = Array.from({ length: 2000 }, () => {
      const [y, cb, cr] = [0, 1, 2].map(() => Math.floor(256 * random())) as [
        number,
        number,
        number,
      ];
      return { luma: [y, y, y, y], cb, cr };
    });
    limit(colour, cells).forEach(({ luma, cb, cr }, i) => {
      const [wanted] = clippedRgb(colour, cells[i]!);
      for (const y of luma) {
        rgbOf(colour, y, cb, cr).forEach((channel, c) => {
          // What is let pass, and half a code of Y', Cb and Cr each, move a channel by up to 2.
          const error = Math.abs(channel - wanted![c]!);
          assert.ok(error <= 2.2, `${JSON.stringify(cells[i])}: channel ${c} is off by ${error}`);
        });
      }
    });
  });

  Deno.test(`one pixel beyond R'G'B' has only its cell mended, ${matrix} ${range}`, () => {
    // A grey that this chroma suits, and a pixel too light or too dark for it.
    const grey = { luma: [120, 120, 120, 120], cb: 150, cr: 120 };
    for (const odd of [3, 254]) {
      for (let index = 0; index < 4 * CELLS_PER_ROW; index++) {
        const cells = Array.from({ length: CELLS_PER_ROW }, (_, i): Cell => ({
          ...grey,
          luma: grey.luma.map((y, pixel) => 4 * i + pixel === index ? odd : y),
        }));
        assert.equal(check(colour, cells), 1);
      }
    }
  });
}
