import assert from "node:assert/strict";
import { type Colour, colourTransform } from "../../src/frame/colour.ts";
import { GamutLimiter } from "../../src/infer/gamut.ts";
import { createRandom } from "../model/random_weights.ts";

const COLOURS: readonly Colour[] = [
  { matrix: "bt601", range: "limited" },
  { matrix: "bt709", range: "full" },
  { matrix: "bt2020", range: "limited" },
];

/** R'G'B' of a code of each plane, not clipped. */
function rgbOf(colour: Colour, y: number, cb: number, cr: number): number[] {
  const { offset, toRgb } = colourTransform(colour);
  const code = [y - offset[0], cb - offset[1], cr - offset[2]];
  return [0, 1, 2].map((row) =>
    code.reduce((sum, value, plane) => sum + toRgb[3 * row + plane]! * value, 0)
  );
}

/** How far the channel that is furthest outside 0–255 is so; negative within. */
function excess(rgb: readonly number[]): number {
  return Math.max(...rgb.map((channel) => Math.max(-channel, channel - 255)));
}

const clip = (channel: number) => Math.min(255, Math.max(0, channel));

/** The words of two cells whose pixels are all alike. */
const flat = (y: number, cb: number, cr: number) =>
  [0x01010101 * y, 0x01010101 * y, 0x0101 * cb, 0x0101 * cr] as const;

for (const colour of COLOURS) {
  const { matrix, range } = colour;

  Deno.test(`GamutLimiter tells which colours a conversion clips, ${matrix} ${range}`, () => {
    const gamut = new GamutLimiter(colour);
    const random = createRandom(1);
    let [held, refused] = [0, 0];
    for (let i = 0; i < 20_000; i++) {
      const [y, cb, cr] = [256 * random(), 256 * random(), 256 * random()].map(Math.floor) as [
        number,
        number,
        number,
      ];
      const outside = excess(rgbOf(colour, y, cb, cr));
      // Two codes of a channel are let pass; luma is compared without its lowest bit.
      if (gamut.holds(...flat(y, cb, cr))) {
        assert.ok(outside <= 2, `${y}, ${cb}, ${cr} is ${outside} outside`);
        held++;
      } else {
        assert.ok(outside > -0.5, `${y}, ${cb}, ${cr} is ${-outside} within`);
        refused++;
      }
    }
    assert.ok(held > 2000 && refused > 2000, `${held} within and ${refused} outside`);
  });

  Deno.test(`GamutLimiter sees one pixel of eight that is outside, ${matrix} ${range}`, () => {
    const gamut = new GamutLimiter(colour);
    // A grey that any of these chroma suits, and one pixel too light or too dark for it.
    const [y, cb, cr] = [120, 150, 120];
    assert.ok(gamut.holds(...flat(y, cb, cr)));
    for (const odd of [3, 254]) {
      for (let pixel = 0; pixel < 8; pixel++) {
        const luma = new Uint8Array(8).fill(y);
        luma[pixel] = odd;
        const [upper, lower] = new Uint32Array(luma.buffer) as unknown as [number, number];
        assert.ok(!gamut.holds(upper, lower, 0x0101 * cb, 0x0101 * cr), `${odd} at ${pixel}`);
      }
    }
    // Either cell has a chroma of its own.
    assert.ok(!gamut.holds(0x78787878, 0x78787878, 0x0101 * cb, cr | 255 << 8));
    assert.ok(!gamut.holds(0x78787878, 0x78787878, 0x0101 * cb, 255 | cr << 8));
  });

  Deno.test(`GamutLimiter clips as a conversion does where a cell is flat, ${matrix} ${range}`, () => {
    const gamut = new GamutLimiter(colour);
    const random = createRandom(2);
    for (let i = 0; i < 2000; i++) {
      const [y, cb, cr] = [256 * random(), 256 * random(), 256 * random()].map(Math.floor) as [
        number,
        number,
        number,
      ];
      gamut.limit(...flat(y, cb, cr));
      const luma = new Uint8Array(gamut.luma.buffer);
      const [left, right, leftCr, rightCr] = new Uint8Array(gamut.chroma.buffer);
      assert.deepEqual([left, leftCr], [right, rightCr]);
      assert.ok(luma.every((value) => value === luma[0]));
      const wanted = rgbOf(colour, y, cb, cr).map(clip);
      rgbOf(colour, luma[0]!, left!, leftCr!).forEach((channel, c) => {
        // Half a code of Y', Cb and Cr each moves a channel by up to 2.
        const error = Math.abs(channel - wanted[c]!);
        assert.ok(error <= 2, `${y}, ${cb}, ${cr}: channel ${c} is off by ${error}`);
      });
    }
  });

  Deno.test(`GamutLimiter keeps what lies within R'G'B', ${matrix} ${range}`, () => {
    const gamut = new GamutLimiter(colour);
    const random = createRandom(3);
    let kept = 0;
    for (let i = 0; i < 5000; i++) {
      const luma = Uint8Array.from({ length: 8 }, () => 60 + 120 * random());
      const chroma = Uint8Array.from({ length: 4 }, () => 98 + 60 * random());
      const isWithin = [...luma].every((y, pixel) => {
        const cell = pixel >> 1 & 1;
        return excess(rgbOf(colour, y, chroma[cell]!, chroma[2 + cell]!)) <= 0;
      });
      if (!isWithin) continue;
      const [upper, lower] = new Uint32Array(luma.buffer) as unknown as [number, number];
      const [cb, cr] = new Uint16Array(chroma.buffer) as unknown as [number, number];
      gamut.limit(upper, lower, cb, cr);
      assert.deepEqual([...gamut.luma, ...gamut.chroma], [upper, lower, cb, cr]);
      kept++;
    }
    assert.ok(kept > 500, `${kept} were within`);
  });
}

Deno.test("GamutLimiter.limitPlanes() keeps the mean chroma of what it clips, cell by cell", () => {
  const colour = COLOURS[1]!;
  const size = { width: 8, height: 4 };
  const random = createRandom(4);
  const plane = (length: number) => Uint8Array.from({ length }, () => 256 * random());
  const planes = [plane(32), plane(8), plane(8)] as const;
  const before = planes.map((samples) => samples.slice()) as [Uint8Array, Uint8Array, Uint8Array];
  new GamutLimiter(colour).limitPlanes(planes, size);
  const { offset, toYuv } = colourTransform(colour);
  for (let cell = 0; cell < 8; cell++) {
    const [row, column] = [Math.floor(cell / 4), cell % 4];
    const pixels = [0, 1, 8, 9].map((step) => 16 * row + 2 * column + step);
    const clipped = pixels.map((at) =>
      rgbOf(colour, before[0][at]!, before[1][cell]!, before[2][cell]!).map(clip)
    );
    for (const plane of [1, 2] as const) {
      const mean = clipped.reduce(
        (sum, rgb) => sum + rgb.reduce((s, value, c) => s + toYuv[3 * plane + c]! * value, 0) / 4,
        offset[plane],
      );
      // Half a code of rounding; what the check lets pass is 2 codes of a channel, a code of chroma.
      assert.ok(Math.abs(planes[plane][cell]! - mean) <= 1.5, `cell ${cell}, plane ${plane}`);
    }
  }
});
