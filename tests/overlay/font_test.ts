import assert from "node:assert/strict";
import { Font, fontFor } from "../../src/overlay/font.ts";
import { hasDot } from "../../src/overlay/glyphs.ts";

Deno.test("Font.glyph() is the dot matrix itself, when a dot is one pixel", () => {
  const font = new Font(1);
  for (const character of "Ax%g~") {
    const { width, height, fill } = font.glyph(character);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const dot = hasDot(character, x - font.rim, y - font.rim);
        assert.equal(fill[y * width + x]! >= 128, dot, `${character} at ${x},${y}`);
      }
    }
  }
});

Deno.test("Font.glyph() keeps the share of ink, when a dot is larger", () => {
  const inkOf = (dot: number) => {
    const { fill } = new Font(dot).glyph("E");
    return fill.reduce((sum, coverage) => sum + coverage, 0) / 256 / dot ** 2;
  };
  // An E has 17 dots; rounded ends and full joints change that by a few.
  for (const dot of [1, 1.5, 3, 6]) assert.ok(Math.abs(inkOf(dot) - 17) < 2, `${inkOf(dot)}`);
});

Deno.test("Font.glyph() draws every printable character and a ? for others, when asked", () => {
  const font = new Font(1);
  for (let code = 33; code < 127; code++) {
    const { fill, rim } = font.glyph(String.fromCharCode(code));
    assert.ok(fill.some((coverage) => coverage === 256), String.fromCharCode(code));
    assert.ok(fill.every((coverage, pixel) => rim[pixel]! >= coverage));
  }
  assert.ok(font.glyph(" ").fill.every((coverage) => coverage === 0));
  assert.deepEqual(font.glyph("é").fill, font.glyph("?").fill);
  const drawn = new Set(Array.from({ length: 95 }, (_, index) => {
    return font.glyph(String.fromCharCode(32 + index)).fill.join();
  }));
  // O and 0 are the same shape.
  assert.equal(drawn.size, 94);
});

Deno.test("fontFor() grows with the frame, when it is large enough to read at all", () => {
  const dots = [[2, 2], [640, 360], [1920, 1080], [3840, 2160], [360, 3600]].map(
    ([width, height]) => fontFor({ width: width!, height: height! }).dot,
  );
  assert.deepEqual(dots, [1, 1, 2.5, 5.5, 1]);
});
