import assert from "node:assert/strict";
import { rgbToYuv } from "../../src/frame/colour.ts";
import { i420Layout } from "../../src/frame/geometry.ts";
import { createPreparer } from "../../src/infer/prepare.ts";
import { PlaneResampler } from "../../src/infer/resample.ts";
import type { RgbInput } from "../../src/model/network.ts";

/** The resize in float64, straight from its definition: a triangle around each output's centre. */
function plainResample(
  source: Uint8Array,
  from: { width: number; height: number },
  to: { width: number; height: number },
): number[] {
  const axis = (points: number, pixels: number, i: number) => {
    const factor = points / pixels;
    const radius = factor > 2 ? factor : 1;
    const centre = Math.min(points - 0.5, Math.max(0.5, (i + 0.5) * factor));
    const weights = Array.from(
      { length: points },
      (_, j) => Math.max(0, 1 - Math.abs(j + 0.5 - centre) / radius),
    );
    const sum = weights.reduce((a, b) => a + b);
    return weights.map((weight) => weight / sum);
  };
  const result = [];
  for (let y = 0; y < to.height; y++) {
    const rows = axis(from.height, to.height, y);
    for (let x = 0; x < to.width; x++) {
      const columns = axis(from.width, to.width, x);
      let value = 0;
      rows.forEach((a, j) =>
        columns.forEach((b, i) => value += a * b * source[j * from.width + i]!)
      );
      result.push(value);
    }
  }
  return result;
}

const RESIZES = [
  { name: "copies", from: [16, 8], to: [16, 8] },
  { name: "shrinks by less than 2", from: [24, 18], to: [16, 11] },
  { name: "shrinks by exactly 2", from: [32, 16], to: [16, 8] },
  { name: "averages when it shrinks by more", from: [50, 34], to: [16, 8] },
  { name: "averages rows of whole words", from: [48, 35], to: [13, 9] },
  { name: "enlarges", from: [9, 7], to: [20, 15] },
  { name: "enlarges one sample", from: [1, 1], to: [6, 4] },
] as const;

for (const { name, from, to } of RESIZES) {
  Deno.test(`PlaneResampler ${name}, within 2 codes of the exact triangle filter`, () => {
    const [fromSize, toSize] = [from, to].map(([width, height]) => ({ width, height }));
    const source = Uint8Array.from(
      { length: from[0] * from[1] },
      (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24,
    );
    const target = new Uint8Array(to[0] * to[1]);
    new PlaneResampler(fromSize!, toSize!).run(source, target);
    const exact = plainResample(source, fromSize!, toSize!);
    target.forEach((value, i) =>
      assert.ok(Math.abs(value - exact[i]!) <= 2, `${value} is not ${exact[i]} at ${i}`)
    );
  });

  Deno.test(`PlaneResampler keeps a flat plane flat, when it ${name}`, () => {
    const [fromSize, toSize] = [from, to].map(([width, height]) => ({ width, height }));
    for (const code of [0, 77, 255]) {
      const target = new Uint8Array(to[0] * to[1]);
      new PlaneResampler(fromSize!, toSize!).run(
        new Uint8Array(from[0] * from[1]).fill(code),
        target,
      );
      assert.ok(target.every((value) => value === code));
    }
  });
}

const MEAN = [0.485, 0.456, 0.406] as const;
const STD = [0.229, 0.224, 0.225] as const;
const SIZE = { width: 4, height: 2 };

for (const matrix of ["bt601", "bt709", "bt2020"] as const) {
  for (const range of ["limited", "full"] as const) {
    Deno.test(`createPreparer() feeds the RGB of a ${matrix} ${range} frame, normalised`, () => {
      const colour = { matrix, range };
      const rgb = [200, 90, 40] as const;
      const [y, u, v] = rgbToYuv(rgb, colour);
      const layout = i420Layout(SIZE);
      const pixels = new Uint8Array(layout.byteLength);
      pixels.fill(y, 0, layout.u.offset).fill(u, layout.u.offset, layout.v.offset)
        .fill(v, layout.v.offset);
      const input: RgbInput = {
        kind: "rgb",
        name: "image",
        layout: "nchw",
        type: "float32",
        mean: MEAN,
        std: STD,
      };
      const preparer = createPreparer(input, { source: SIZE, inputSize: SIZE, colour });
      preparer.run(pixels);
      const { data, shape } = preparer.buffers[0]!;
      assert.deepEqual(shape, [1, 3, 2, 4]);
      rgb.forEach((channel, i) => {
        // Rounding Y, Cb and Cr to whole codes moves R, G and B by up to 2.
        const fed = (data[i * 8 + 5]! * STD[i]! + MEAN[i]!) * 255;
        assert.ok(Math.abs(fed - channel) <= 2, `${fed} is not ${channel}`);
      });
    });
  }
}

Deno.test("createPreparer() lays uint8 and float16 out as asked, nhwc and nchw", () => {
  const colour = { matrix: "bt709", range: "full" } as const;
  const pixels = new Uint8Array(12).fill(60, 0, 8).fill(128, 8);
  const base = { kind: "rgb", name: "image", mean: MEAN, std: STD } as const;
  const bytes = createPreparer({ ...base, layout: "nhwc", type: "uint8" }, {
    source: SIZE,
    inputSize: SIZE,
    colour,
  });
  bytes.run(pixels);
  assert.deepEqual(bytes.buffers[0]!.shape, [1, 2, 4, 3]);
  assert.ok((bytes.buffers[0]!.data as Uint8Array).every((value) => value === 60));
  const halves = createPreparer({ ...base, layout: "nchw", type: "float16" }, {
    source: SIZE,
    inputSize: SIZE,
    colour,
  });
  halves.run(pixels);
  const values = new Float16Array((halves.buffers[0]!.data as Uint16Array).buffer);
  assert.ok(Math.abs(values[0]! - (60 / 255 - MEAN[0]) / STD[0]) < 2e-3);
});

Deno.test("createPreparer() feeds the planes as they are, to an I420 network of the same size", () => {
  const pixels = Uint8Array.from({ length: 12 }, (_, i) => 120 + i);
  const preparer = createPreparer({ kind: "i420", luma: "y", chroma: "uv" }, {
    source: SIZE,
    inputSize: SIZE,
    colour: { matrix: "bt709", range: "limited" },
  });
  preparer.run(pixels);
  assert.deepEqual(
    preparer.buffers.map(({ name, shape, data }) => [name, shape, [...data]]),
    [["y", [1, 1, 2, 4], [...pixels.subarray(0, 8)]], ["uv", [1, 2, 1, 2], [128, 129, 130, 131]]],
  );
});
