import assert from "node:assert/strict";
import { CAMVID_LAYOUT } from "../../src/eval/camvid.ts";
import { I420_COLOUR, toI420 } from "../../src/eval/i420.ts";
import { PicturePreparer } from "../../src/eval/picture_preparer.ts";
import { readPicture } from "../../src/eval/picture.ts";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { IGNORE_LABEL } from "../../src/frame/classes.ts";
import { rgbToYuv } from "../../src/frame/colour.ts";
import type { RgbInput } from "../../src/model/network.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { writeLabels, writePicture } from "./drawn_dataset.ts";

const SIZE = { width: 3, height: 2 };

Deno.test("readPicture() gives the picture and the classes of its labels", async () => {
  await using folder = await temporaryDirectory();
  const rgb = Uint8Array.from({ length: 18 }, (_, i) => 14 * i);
  await writePicture(folder.join("test", "a.png"), SIZE, rgb);
  await writeLabels(folder.join("testannot", "a.png"), SIZE, Uint8Array.of(0, 3, 11, 10, 8, 11));
  const [sample] = await CAMVID_LAYOUT.listSamples(folder.path, "test");
  const picture = await readPicture(await findFfmpeg(), sample!);
  assert.deepEqual(picture.size, SIZE);
  assert.deepEqual(picture.rgb, rgb);
  assert.deepEqual([...picture.truth], [0, 3, IGNORE_LABEL, 10, 8, IGNORE_LABEL]);
});

Deno.test("readPicture() says where a label is unknown, and when the sizes differ", async () => {
  await using folder = await temporaryDirectory();
  await writePicture(folder.join("test", "a.png"), SIZE, new Uint8Array(18));
  const [sample] = await CAMVID_LAYOUT.listSamples(folder.path, "test");
  const binary = await findFfmpeg();
  await writeLabels(folder.join("testannot", "a.png"), SIZE, Uint8Array.of(0, 3, 11, 10, 77, 0));
  await assert.rejects(
    readPicture(binary, sample!),
    /label 77 at column 1, row 1 is none of CamVid's labels \(0–11\)/,
  );
  await writeLabels(folder.join("testannot", "a.png"), { width: 2, height: 2 }, new Uint8Array(4));
  await assert.rejects(readPicture(binary, sample!), /the picture is 3x2 and its annotation .*2x2/);
});

Deno.test("PicturePreparer feeds a picture of the network's size as it is", () => {
  const rgb = Uint8Array.from({ length: 18 }, (_, i) => i * i);
  const bytes = new PicturePreparer(input("nhwc", "uint8"), SIZE, SIZE);
  bytes.run(rgb);
  assert.deepEqual(bytes.buffers[0].shape, [1, 2, 3, 3]);
  assert.deepEqual(bytes.buffers[0].data, rgb);

  const planes = new PicturePreparer(input("nchw", "float32"), SIZE, SIZE);
  planes.run(rgb);
  assert.deepEqual(planes.buffers[0].shape, [1, 3, 2, 3]);
  for (let pixel = 0; pixel < 6; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const expected = (rgb[3 * pixel + channel]! / 255 - MEAN[channel]!) / STD[channel]!;
      assert.equal(planes.buffers[0].data[6 * channel + pixel], Math.fround(expected));
    }
  }
  assert.throws(() => bytes.run(new Uint8Array(17)), RangeError);
});

Deno.test("PicturePreparer enlarges bilinearly with half-pixel centres", () => {
  const preparer = new PicturePreparer(
    input("nhwc", "uint8"),
    { width: 2, height: 1 },
    { width: 4, height: 1 },
  );
  preparer.run(Uint8Array.of(0, 100, 200, 80, 20, 200));
  // Worked by hand: the new pixels lie at 0, ¼, ¾ and 1 of the way from the first to the second.
  const expected = [0, 100, 200, 20, 80, 200, 60, 40, 200, 80, 20, 200];
  assert.deepEqual([...preparer.buffers[0].data], expected);
});

Deno.test("toI420() keeps flat colours, and pads odd sides with the last pixels", () => {
  const size = { width: 3, height: 3 };
  const colour = [200, 40, 90] as const;
  const rgb = Uint8Array.from({ length: 27 }, (_, i) => colour[i % 3]!);
  const [y, u, v] = rgbToYuv(colour, I420_COLOUR);
  assert.deepEqual([...toI420(rgb, size)], [
    ...new Array(16).fill(y),
    ...new Array(4).fill(u),
    ...new Array(4).fill(v),
  ]);
});

Deno.test("toI420() takes the mean of the chroma of 2×2 pixels", () => {
  // Red and blue side by side; their mean is [127.5, 0, 127.5].
  const rgb = Uint8Array.of(255, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 255);
  const frame = toI420(rgb, { width: 2, height: 2 });
  const [redLuma] = rgbToYuv([255, 0, 0], I420_COLOUR);
  const [blueLuma] = rgbToYuv([0, 0, 255], I420_COLOUR);
  const [, u, v] = rgbToYuv([127.5, 0, 127.5], I420_COLOUR);
  assert.deepEqual([...frame], [redLuma, blueLuma, redLuma, blueLuma, u, v]);
});

const MEAN = [0.485, 0.456, 0.406] as const;
const STD = [0.229, 0.224, 0.225] as const;

function input(layout: RgbInput["layout"], type: RgbInput["type"]): RgbInput {
  return { kind: "rgb", name: "image", layout, type, mean: MEAN, std: STD };
}
