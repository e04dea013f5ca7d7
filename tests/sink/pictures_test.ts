import assert from "node:assert/strict";
import { colourTransform, rgbToYuv } from "../../src/frame/colour.ts";
import { i420Layout } from "../../src/frame/geometry.ts";
import { toRgb } from "../../src/frame/rgb.ts";
import { HEADER_FIELDS } from "../../src/frame/timing.ts";
import { openPictureSink } from "../../src/sink/pictures.ts";
import { PngEncoder } from "../../src/sink/png.ts";
import { ffmpeg } from "../testing/media.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { BT709, namesIn } from "./synthetic.ts";

const SIZE = { width: 4, height: 2 };

const RED = [200, 30, 40] as const;
const BLUE = [20, 60, 220] as const;

/** The left half red, the right half blue. */
function twoColours(): Uint8Array<ArrayBuffer> {
  const [red, blue] = [rgbToYuv(RED, BT709), rgbToYuv(BLUE, BT709)];
  return Uint8Array.of(
    ...[red[0], red[0], blue[0], blue[0]],
    ...[red[0], red[0], blue[0], blue[0]],
    ...[red[1], blue[1], red[2], blue[2]],
  );
}

Deno.test("toRgb() gives back the colours, to the rounding of their codes", () => {
  const rgb = toRgb(twoColours(), SIZE, BT709);
  for (let pixel = 0; pixel < 8; pixel++) {
    const expected = pixel % 4 < 2 ? RED : BLUE;
    for (let channel = 0; channel < 3; channel++) {
      // Half a code of each of Y, Cb and Cr, times the largest factors of the matrix, is below 2.5.
      assert(Math.abs(rgb[3 * pixel + channel]! - expected[channel]!) <= 2.5);
    }
  }
  assert.deepEqual(colourTransform(BT709).offset, [16, 128, 128]);
});

Deno.test("toRgb() keeps to 0–255 what no colour has", () => {
  const frame = new Uint8Array(i420Layout(SIZE).byteLength).fill(255);
  // BT.709: G = 1.1644 (Y − 16) − 0.2132 (Cb − 128) − 0.5329 (Cr − 128); R and B are out of range.
  assert.deepEqual([...toRgb(frame, SIZE, BT709).subarray(0, 3)], [255, 184, 255]);
  assert.deepEqual([...toRgb(frame.fill(0), SIZE, BT709).subarray(0, 3)], [0, 77, 0]);
});

Deno.test("toRgb() refuses buffers of another size", () => {
  assert.throws(() => toRgb(new Uint8Array(11), SIZE, BT709), RangeError);
  assert.throws(
    () => toRgb(twoColours(), SIZE, BT709, new Uint8ClampedArray(23)),
    /they must be 12 and 24/,
  );
});

Deno.test("PngEncoder writes RGB that decodes to the same bytes", async () => {
  await using folder = await temporaryDirectory();
  const rgb = Uint8Array.from({ length: 3 * 5 * 3 }, (_, i) => 37 * i);
  const png = new PngEncoder({ width: 5, height: 3 }, "rgb");
  await Deno.writeFile(folder.join("rgb.png"), png.encode(rgb));
  const decoded = await ffmpeg([
    ...["-i", folder.join("rgb.png"), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
  ]);
  assert.deepEqual(decoded, rgb);
  assert.throws(() => png.encode(new Uint8Array(15)), /5x3 of 3: that has 45/);
});

Deno.test("openPictureSink() writes a numbered picture for each frame", async () => {
  await using folder = await temporaryDirectory();
  const target = folder.join("pictures");
  const sink = await openPictureSink(target, { stream: { size: SIZE, colour: BT709 } });
  const pixels = twoColours();
  for (let index = 0; index < 2; index++) {
    const header = new Float64Array(HEADER_FIELDS);
    header[0] = index;
    await sink.write({ header, pixels, labels: new Uint8Array(0), confidence: undefined });
  }
  const { path } = await sink.close("complete");
  assert.equal(path, target);
  assert.deepEqual(await namesIn(target), ["000000.png", "000001.png"]);
  const decoded = await ffmpeg([
    ...["-i", `${target}/000001.png`, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
  ]);
  assert.deepEqual(decoded, new Uint8Array(toRgb(pixels, SIZE, BT709)));
});
