import assert from "node:assert/strict";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { decodeImage, decodeLabels, encodeImage } from "../../src/ffmpeg/images.ts";
import { PngEncoder } from "../../src/sink/png.ts";
import { ffmpeg } from "../testing/media.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

const SIZE = { width: 17, height: 16 };
const RGB = Uint8Array.from({ length: 3 * 17 * 16 }, (_, i) => (i * 37) % 256);

Deno.test("decodeImage() gives back what encodeImage() took, whatever the file is called", async () => {
  await using folder = await temporaryDirectory();
  const binary = await findFfmpeg();
  for (const name of ["a.png", "%d of 'b'.png", "-c d:e.png"]) {
    const path = folder.join(name);
    await Deno.writeFile(path, await encodeImage(binary, { size: SIZE, rgb: RGB }, "png"));
    assert.deepEqual(await decodeImage(binary, path), { size: SIZE, rgb: RGB });
  }
});

Deno.test("encodeImage() writes a JPEG that looks alike", async () => {
  await using folder = await temporaryDirectory();
  const binary = await findFfmpeg();
  const size = { width: 64, height: 48 };
  const rgb = Uint8Array.from({ length: 3 * 64 * 48 }, (_, i) => i % 3 === 0 ? 60 : (i >> 6) + 40);
  const path = folder.join("a.jpg");
  const bytes = await encodeImage(binary, { size, rgb }, "jpeg");
  assert.deepEqual([...bytes.subarray(0, 3)], [0xFF, 0xD8, 0xFF]);
  await Deno.writeFile(path, bytes);
  const decoded = await decodeImage(binary, path);
  const error = decoded.rgb.reduce((sum, value, i) => sum + Math.abs(value - rgb[i]!), 0);
  assert.ok(error / rgb.length < 6, `mean difference ${error / rgb.length}`);
});

Deno.test("decodeLabels() gives all 256 codes as they stand in the file", async () => {
  await using folder = await temporaryDirectory();
  const labels = Uint8Array.from({ length: 272 }, (_, i) => i % 256);
  const path = folder.join("labels.png");
  await Deno.writeFile(path, new PngEncoder(SIZE).encode(labels));
  assert.deepEqual(await decodeLabels(await findFfmpeg(), path), { size: SIZE, labels });
});

Deno.test("decodeLabels() gives the positions in a palette, not its colours", async () => {
  await using folder = await temporaryDirectory();
  const path = folder.join("palette.png");
  // The palette of pal8 is its last 1024 bytes: here all colours are nearly the same grey.
  const palette = Uint8Array.from({ length: 1024 }, (_, i) => i % 4 === 3 ? 255 : 100 + (i >> 8));
  const labels = Uint8Array.from({ length: 272 }, (_, i) => (i * 7) % 256);
  const raw = folder.join("raw");
  await Deno.writeFile(raw, new Uint8Array([...labels, ...palette]));
  await ffmpeg([
    ...["-f", "rawvideo", "-pix_fmt", "pal8", "-video_size", "17x16", "-i", raw],
    ...["-frames:v", "1", path],
  ]);
  assert.deepEqual((await decodeLabels(await findFfmpeg(), path)).labels, labels);
});

Deno.test("decodeImage() and decodeLabels() refuse what is not whole or no such file", async (t) => {
  await using folder = await temporaryDirectory();
  const binary = await findFfmpeg();
  const png = await encodeImage(binary, { size: SIZE, rgb: RGB }, "png");
  await Deno.writeFile(folder.join("cut.png"), png.subarray(0, png.length >> 1));
  await Deno.writeFile(folder.join("colour.png"), png);
  await Deno.writeTextFile(folder.join("text.png"), "no picture at all, only some words");
  const cases = [
    [decodeImage, "nowhere.png", /there is no such file/],
    [decodeImage, "cut.png", /Cannot read image ".*cut\.png"/],
    [decodeImage, "text.png", /Cannot read image ".*text\.png"/],
    [decodeLabels, "nowhere.png", /there is no such file/],
    [decodeLabels, "text.png", /it is no PNG/],
    [decodeLabels, "colour.png", /neither 8-bit grey nor positions in a palette/],
  ] as const;
  for (const [decode, name, pattern] of cases) {
    await t.step(`${decode.name} ${name}`, async () => {
      await assert.rejects(decode(binary, folder.join(name)), {
        name: "InputError",
        message: pattern,
      });
    });
  }
});

Deno.test("decodeImage() ends with the reason of an abort", async () => {
  await using folder = await temporaryDirectory();
  const binary = await findFfmpeg();
  const path = folder.join("a.png");
  await Deno.writeFile(path, await encodeImage(binary, { size: SIZE, rgb: RGB }, "png"));
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(decodeImage(binary, path, { signal }), /enough/);
});
