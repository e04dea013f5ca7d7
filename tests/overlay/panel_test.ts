import assert from "node:assert/strict";
import fc from "fast-check";
import type { Colour } from "../../src/frame/colour.ts";
import { Font } from "../../src/overlay/font.ts";
import { Panel } from "../../src/overlay/panel.ts";

const LIMITED: Colour = { matrix: "bt709", range: "limited" };
const FULL: Colour = { matrix: "bt709", range: "full" };

for (
  const { colour, white, black } of [
    // BT.709 §4.6 and JFIF.
    { colour: LIMITED, white: 235, black: 16 },
    { colour: FULL, white: 255, black: 0 },
  ]
) {
  Deno.test(`Panel.fill() covers in the range's codes, when it is ${colour.range}`, () => {
    const panel = new Panel({ width: 4, height: 4 }, colour);
    panel.fill({ x: 0, y: 0, width: 2, height: 4 }, [255, 255, 255]);
    panel.fill({ x: 2, y: 0, width: 2, height: 4 }, [0, 0, 0]);
    const frame = new Uint8Array(24).fill(77);
    panel.draw(frame, { width: 4, height: 4 }, 0, 0);
    assert.deepEqual([...frame.subarray(0, 4)], [white, white, black, black]);
    assert.deepEqual([...frame.subarray(16)], Array(8).fill(128));
  });

  Deno.test(`Panel.write() writes white on shade, when the range is ${colour.range}`, () => {
    const font = new Font(1);
    const panel = new Panel({ width: 8, height: 10 }, colour);
    panel.write("I", 1, 1, font);
    const frame = new Uint8Array(120).fill(128);
    frame.fill(white, 0, 80);
    panel.draw(frame, { width: 8, height: 10 }, 0, 0);
    const row = [...frame.subarray(32, 40)];
    assert.equal(row[3], white, "the stem, in the third of five columns");
    assert.ok(row[2]! < row[7]!, "the rim is darker than the shade");
    assert.ok(row[7]! < white / 2 + black && row[7]! > black, "the shade lets light through");
  });
}

Deno.test("Panel.clear() forgets what was drawn, when it is drawn anew", () => {
  const size = { width: 12, height: 12 };
  const frames = [true, false].map((isUsed) => {
    const panel = new Panel(size, LIMITED);
    if (isUsed) {
      panel.fill({ x: 0, y: 0, ...size }, [255, 0, 0]);
      panel.clear();
    }
    const frame = new Uint8Array(216).fill(200);
    panel.draw(frame, size, 0, 0);
    return frame;
  });
  assert.deepEqual(frames[0], frames[1]);
});

Deno.test("Panel.draw() changes the covered part alone, when it reaches over any edge", () => {
  const even = (max: number) => fc.integer({ min: 0, max }).map((half) => 2 * half);
  fc.assert(
    fc.property(
      fc.record({ width: even(8), height: even(8), x: even(12), y: even(12) }),
      fc.record({ width: even(8), height: even(8), x: even(8), y: even(8) }),
      fc.record({ width: even(9), height: even(9) }),
      (at, part, size) => {
        const frameSize = { width: at.width + 2, height: at.height + 2 };
        const panel = new Panel(size, FULL);
        panel.fill({ x: -2, y: -2, width: size.width + 4, height: size.height + 4 }, [0, 0, 0]);
        panel.write("W", -3, size.height - 4, new Font(1), 0);
        const area = frameSize.width * frameSize.height;
        const frame = new Uint8Array(area * 1.5 + 8).fill(200);
        panel.draw(frame.subarray(4, -4), frameSize, at.x, at.y, part);

        assert.ok([...frame.subarray(0, 4), ...frame.subarray(-4)].every((byte) => byte === 200));
        for (let y = 0; y < frameSize.height; y++) {
          for (let x = 0; x < frameSize.width; x++) {
            const isCovered = x >= at.x && x < at.x + Math.min(part.width, size.width - part.x) &&
              y >= at.y && y < at.y + Math.min(part.height, size.height - part.y);
            assert.equal(frame[4 + y * frameSize.width + x], isCovered ? 0 : 200);
            const cell = (y >> 1) * frameSize.width / 2 + (x >> 1);
            assert.equal(frame[4 + area + cell], isCovered ? 128 : 200, "Cb");
            assert.equal(frame[4 + area * 1.25 + cell], isCovered ? 128 : 200, "Cr");
          }
        }
      },
    ),
  );
});
