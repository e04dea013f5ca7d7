import assert from "node:assert/strict";
import { rgbToYuv } from "../../../src/frame/colour.ts";
import { i420Layout } from "../../../src/frame/geometry.ts";
import {
  createPreparer,
  type FramePreparer,
  type InputBuffer,
} from "../../../src/infer/prepare/prepare.ts";
import type { BlockInput, I420Input, NetworkInput, RgbInput } from "../../../src/model/network.ts";
import { sharedMemory } from "../../../src/wasm/memory.ts";
import { createRandom } from "../../model/random_weights.ts";

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

const PLANES: I420Input = { kind: "i420", luma: "y", chroma: "uv" };
const BLOCKS: BlockInput = { kind: "blocks", name: "blocks", outside: [16, 128, 128] };
const RGB: RgbInput = {
  ...{ kind: "rgb", name: "image", layout: "nhwc", type: "uint8" },
  mean: MEAN,
  std: STD,
};
const COLOUR = { matrix: "bt709", range: "limited" } as const;

Deno.test("createPreparer() feeds the planes as they are, to an I420 network of the same size", () => {
  const size = { width: 16, height: 2 };
  const pixels = Uint8Array.from({ length: 48 }, (_, i) => 100 + i);
  const preparer = createPreparer(PLANES, { source: size, inputSize: size, colour: COLOUR });
  preparer.run(pixels);
  assert.deepEqual(
    preparer.buffers.map(({ name, shape, data }) => [name, shape, [...data]]),
    [
      ["y", [1, 1, 2, 16], [...pixels.subarray(0, 32)]],
      ["uv", [1, 2, 1, 8], [...pixels.subarray(32)]],
    ],
  );
});

for (const input of [PLANES, BLOCKS]) {
  Deno.test(`createPreparer() refuses a size that tiles do not cover, for ${input.kind}`, () => {
    for (const inputSize of [{ width: 24, height: 32 }, { width: 32, height: 33 }]) {
      const options = { source: { width: 64, height: 64 }, inputSize, colour: COLOUR };
      assert.throws(() => createPreparer(input, options), RangeError);
    }
  });
}

Deno.test("createPreparer() feeds planes of an odd size, to an RGB network", () => {
  // A code of luma is the same code of RGB here, so that the resize shows: three into two columns.
  const source = { width: 6, height: 2 };
  const colour = { matrix: "bt709", range: "full" } as const;
  const preparer = createPreparer(RGB, { source, inputSize: { width: 3, height: 1 }, colour });
  const luma = [0, 20, 40, 60, 80, 100];
  preparer.run(Uint8Array.from([...luma, ...luma, ...Array(6).fill(128)]));
  const [{ data, shape }] = preparer.buffers as [InputBuffer];
  assert.deepEqual(shape, [1, 1, 3, 3]);
  assert.deepEqual([...data], [10, 50, 90].flatMap((code) => [code, code, code]));
});

const INPUTS: readonly NetworkInput[] = [PLANES, BLOCKS, RGB];
const SOURCES = [
  { name: "of the network's size", source: { width: 32, height: 32 } },
  { name: "that it resizes", source: { width: 54, height: 46 } },
  { name: "that it shrinks by much", source: { width: 134, height: 102 } },
];

for (const input of INPUTS) {
  for (const { name, source } of SOURCES) {
    Deno.test(`createPreparer() feeds a frame ${name} in place as its copy, for ${input.kind}`, () => {
      const random = createRandom(5);
      const pixels = Uint8Array.from(
        { length: i420Layout(source).byteLength },
        () => 256 * random(),
      );
      const frames = sharedMemory(100 + pixels.length);
      const everything = new Uint8Array(frames.buffer);
      const inPlace = everything.subarray(100, 100 + pixels.length);
      inPlace.set(pixels);
      const before = everything.slice();
      const options = { source, inputSize: { width: 32, height: 32 }, colour: COLOUR };
      const feed = (preparer: FramePreparer, frame: Uint8Array) => {
        preparer.run(frame);
        return preparer.buffers.map(({ data }) => [...data]);
      };
      const expected = feed(createPreparer(input, options), pixels);
      const preparer = createPreparer(input, { ...options, frames });
      assert.deepEqual(feed(preparer, inPlace), expected);
      assert.deepEqual(feed(preparer, pixels), expected);
      assert.deepEqual(everything, before);
    });
  }
}
