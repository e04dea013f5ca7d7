import assert from "node:assert/strict";
import { type Colour, rgbToYuv } from "../../src/frame/colour.ts";
import { CITYSCAPES_CLASSES, IGNORE_LABEL } from "../../src/frame/classes.ts";
import { OverlayBlender, type View } from "../../src/overlay/blend.ts";

const BT601: Colour = { matrix: "bt601", range: "limited" };
const BT709_FULL: Colour = { matrix: "bt709", range: "full" };
const ROAD = 0;
const CAR = 13;

/** A 2×2 frame: four luma samples, Cb, Cr. */
const GREY = [100, 100, 100, 100, 128, 128];
const TWO_BY_TWO = { width: 2, height: 2 };

function blend2x2(
  options: { colour: Colour; alpha: number; view?: "overlay" | "mask"; visible?: Set<number> },
  labels: number[],
  confidence?: number[],
): number[] {
  const blender = new OverlayBlender({ size: TWO_BY_TWO, ...options });
  const pixels = Uint8Array.from(GREY);
  blender.blend({
    pixels,
    labels: Uint8Array.from(labels),
    confidence: confidence && Uint8Array.from(confidence),
  });
  return [...pixels];
}

// Road is R'G'B' 128,64,128. By hand, BT.601 limited: Y' = 16 + 219/255·90.432 = 93.7,
// Cb = 128 + 224/255·37.568/1.772 = 146.6, Cr = 128 + 224/255·37.568/1.402 = 151.5.
// BT.709 full: Y' = 82.2, Cb = 128 + 45.77/1.8556 = 152.7, Cr = 128 + 45.77/1.5748 = 157.1.
for (
  const { name, colour, alpha, expected } of [
    { name: "BT.601 limited at 1", colour: BT601, alpha: 1, expected: [94, 147, 152] },
    { name: "BT.709 full at 1", colour: BT709_FULL, alpha: 1, expected: [82, 153, 157] },
    // Halfway from (100, 128, 128); halves round up.
    { name: "BT.601 limited at 0.5", colour: BT601, alpha: 0.5, expected: [97, 138, 140] },
    { name: "BT.709 full at 0.5", colour: BT709_FULL, alpha: 0.5, expected: [91, 141, 143] },
    // 100 − 6·¼ = 98.5, 128 + 19·¼ = 132.75, 128 + 24·¼ = 134.
    { name: "BT.601 limited at 0.25", colour: BT601, alpha: 0.25, expected: [99, 133, 134] },
  ]
) {
  Deno.test(`OverlayBlender.blend() gives the hand-computed road, when ${name}`, () => {
    const [y, u, v] = expected;
    assert.deepEqual(blend2x2({ colour, alpha }, [0, 0, 0, 0]), [y, y, y, y, u, v]);
  });
}

Deno.test("OverlayBlender.blend() gives chroma the mean of its four pixels, when classes meet", () => {
  // Two of four pixels are road, so half of the way to (147, 152) at alpha 1: 137.5 and 140.
  const half = blend2x2({ colour: BT601, alpha: 1 }, [ROAD, IGNORE_LABEL, ROAD, IGNORE_LABEL]);
  assert.deepEqual(half, [94, 100, 94, 100, 138, 140]);
});

Deno.test("OverlayBlender.blend() leaves the frame as it is, when alpha is 0", () => {
  assert.deepEqual(blend2x2({ colour: BT601, alpha: 0 }, [0, 5, 13, 18]), GREY);
});

Deno.test("OverlayBlender.blend() leaves pixels as they are, when they are hidden or of no class", () => {
  const visible = new Set([CAR]);
  assert.deepEqual(blend2x2({ colour: BT601, alpha: 1, visible }, [ROAD, 19, 200, 255]), GREY);
});

Deno.test("OverlayBlender.blend() equals the mask view, when alpha is 1", () => {
  for (const labels of [[0, 0, 0, 0], [0, 1, 10, 13]]) {
    assert.deepEqual(
      blend2x2({ colour: BT709_FULL, alpha: 1 }, labels),
      blend2x2({ colour: BT709_FULL, alpha: 1, view: "mask" }, labels),
    );
  }
});

Deno.test("OverlayBlender.blend() draws dark grey, when a mask's pixel is hidden or of no class", () => {
  const visible = new Set([CAR]);
  const mask = blend2x2({ colour: BT601, alpha: 0.5, view: "mask", visible }, [ROAD, 19, 200, 255]);
  // R'G'B' 24,24,24: 16 + 219/255·24 = 36.6.
  assert.deepEqual(mask, [37, 37, 37, 37, 128, 128]);
});

Deno.test("OverlayBlender.blend() scales the tint by the confidence, when there is one", () => {
  const options = { colour: BT601, alpha: 1 };
  const labels = [0, 0, 0, 0];
  assert.deepEqual(blend2x2(options, labels, [0, 0, 0, 0]), GREY, "0 leaves the source");
  assert.deepEqual(
    blend2x2(options, labels, [255, 255, 255, 255]),
    blend2x2(options, labels),
    "255 is the full tint",
  );
  // weight round(256·51/255) = 51: 100 − 6·51/256 = 98.8; chroma over the four (256, 51, 51, 0 of
  // 1024): 128 + 19·358/1024 = 134.6 and 128 + 24·358/1024 = 136.4.
  assert.deepEqual(blend2x2(options, labels, [255, 51, 51, 0]), [94, 99, 99, 100, 135, 136]);
});

Deno.test("OverlayBlender.blend() shows source and overlay, when the view is side-by-side", () => {
  const size = { width: 8, height: 4 };
  const pixels = Uint8Array.from({ length: 48 }, (_, index) => 50 + 3 * index);
  const original = pixels.slice();
  const labels = new Uint8Array(32).fill(CAR);
  const output = new Uint8Array(96);
  const options = { size, colour: BT601, alpha: 0.5 };
  const sideBySide = new OverlayBlender({ ...options, view: "side-by-side" });
  assert.deepEqual(sideBySide.outputSize, { width: 16, height: 4 });
  assert.equal(sideBySide.blend({ pixels, labels, output }), output);
  assert.deepEqual(pixels, original, "the source stays");

  new OverlayBlender(options).blend({ pixels, labels });
  for (const [from, to, width, rows] of [[0, 0, 8, 4], [32, 64, 4, 2], [40, 80, 4, 2]] as const) {
    for (let row = 0; row < rows; row++) {
      const samples = (frame: Uint8Array, at: number) => [...frame.subarray(at, at + width)];
      const left = to + 2 * row * width;
      assert.deepEqual(samples(output, left), samples(original, from + row * width));
      assert.deepEqual(samples(output, left + width), samples(pixels, from + row * width));
    }
  }
});

Deno.test("OverlayBlender.blend() writes to the output alone, when the overlay has one", () => {
  const pixels = Uint8Array.from(GREY);
  const output = new Uint8Array(6);
  const labels = new Uint8Array(4);
  new OverlayBlender({ size: TWO_BY_TWO, colour: BT601, alpha: 1 }).blend({
    pixels,
    labels,
    output,
  });
  assert.deepEqual([...pixels], GREY);
  assert.deepEqual([...output], [94, 94, 94, 94, 147, 152]);
});

Deno.test("OverlayBlender() tints with the palette, when it is not the classes' own", () => {
  const palette = CITYSCAPES_CLASSES.map(() => [255, 255, 255] as const);
  const pixels = Uint8Array.from(GREY);
  const blender = new OverlayBlender({ size: TWO_BY_TWO, colour: BT601, alpha: 1, palette });
  blender.blend({ pixels, labels: new Uint8Array(4) });
  assert.deepEqual([...pixels.subarray(0, 5)], [235, 235, 235, 235, 128]);
  assert.deepEqual(rgbToYuv([255, 255, 255], BT601), [235, 128, 128]);
});

Deno.test("OverlayBlender() and blend() say what is wrong, when arguments are", () => {
  const options = { size: TWO_BY_TWO, colour: BT601 };
  for (const alpha of [-0.1, 1.1, NaN]) {
    assert.throws(() => new OverlayBlender({ ...options, alpha }), /RangeError.*it must be 0 to 1/);
  }
  assert.throws(
    () => new OverlayBlender({ ...options, view: "heat" as View }),
    /RangeError: Cannot draw the view "heat": choose overlay, mask, side-by-side\./,
  );
  assert.throws(
    () => new OverlayBlender({ ...options, size: { width: 3, height: 2 } }),
    /RangeError.*3x2/,
  );
  const pixels = new Uint8Array(6);
  const labels = new Uint8Array(4);
  const blender = new OverlayBlender(options);
  for (
    const frame of [
      { pixels: new Uint8Array(5), labels },
      { pixels, labels: new Uint8Array(3) },
      { pixels, labels, confidence: new Uint8Array(5) },
      { pixels, labels, output: new Uint8Array(12) },
    ]
  ) {
    assert.throws(() => blender.blend(frame), /RangeError: Cannot blend a 2x2 frame/);
  }
  const sideBySide = new OverlayBlender({ ...options, view: "side-by-side" });
  assert.throws(() => sideBySide.blend({ pixels, labels }), /RangeError.*output buffer/);
});
