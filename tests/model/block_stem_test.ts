import assert from "node:assert/strict";
import { i420Layout, planeOf, type Size } from "../../src/frame/geometry.ts";
import { createPreparer } from "../../src/infer/prepare/prepare.ts";
import { addBlockStem, BLOCK, blockGrid } from "../../src/model/block_stem.ts";
import { foldBatchNorm } from "../../src/model/layer_weights.ts";
import { GraphBuilder } from "../../src/model/onnx/graph_builder.ts";
import { encodeOnnx } from "../../src/model/onnx/model_proto.ts";
import { addI420Stem, type Stem } from "../../src/model/stem.ts";
import { createRandom, TRAITS } from "./random_weights.ts";
import { relativeDifference, runOnnx } from "./run_onnx.ts";

const COLOUR = { matrix: "bt709", range: "limited" } as const;
const SIZE = { width: 32, height: 64 };

/** A grey whose code in limited range is whole, 110: so what lies outside the frame is exact. */
const GREY = [94 / 219, 94 / 219, 94 / 219] as const;
const OUTSIDE = [110, 128, 128] as const;

function randomStem(): Stem {
  const random = createRandom(3);
  const values = (length: number) => Float32Array.from({ length }, () => 2 * random() - 1);
  const norm = { scale: values(32), shift: values(32), mean: values(32), epsilon: 1e-5 };
  const variance = values(32).map((value) => value + 2);
  const convolution = { weight: values(32 * 27), shape: [32, 3, 3, 3] } as const;
  return {
    ...TRAITS,
    name: "stem",
    padding: 1,
    mean: GREY,
    convolution: foldBatchNorm(convolution, { ...norm, variance }),
  };
}

function randomFrame(size: Size, seed: number): Uint8Array {
  const random = createRandom(seed);
  return Uint8Array.from({ length: i420Layout(size).byteLength }, () => 256 * random());
}

Deno.test("addBlockStem() computes what addI420Stem() computes", async () => {
  const stem = randomStem();
  const pixels = randomFrame(SIZE, 4);
  const results = [];
  for (const kind of ["i420", "blocks"] as const) {
    const graph = new GraphBuilder(kind);
    const add = kind === "i420" ? addI420Stem : addBlockStem;
    graph.output("features", add(graph, stem, SIZE, COLOUR));
    const input = kind === "i420"
      ? { kind, luma: "y", chroma: "uv" }
      : { kind, name: "blocks", outside: OUTSIDE };
    const preparer = createPreparer(input, { source: SIZE, inputSize: SIZE, colour: COLOUR });
    preparer.run(pixels);
    const feeds = Object.fromEntries(
      preparer.buffers.map(({ name, data, shape }) => [name, { data: data as Uint8Array, shape }]),
    );
    const { features } = await runOnnx(encodeOnnx(graph.build()), feeds);
    results.push(features!.data as Float32Array);
  }
  const difference = relativeDifference(results[1]!, results[0]!);
  assert.ok(difference < 1e-5, `features differ by ${difference}`);
});

Deno.test("addBlockStem() refuses a first convolution without padding", () => {
  const stem: Stem = { ...randomStem(), padding: 0 };
  assert.throws(() => addBlockStem(new GraphBuilder("x"), stem, SIZE, COLOUR), RangeError);
});

for (
  const { name, source } of [
    { name: "of its size", source: SIZE },
    { name: "that it resizes", source: { width: 70, height: 100 } },
  ]
) {
  Deno.test(`the preparer for blocks packs a frame ${name} as block_stem.ts says`, () => {
    const pixels = randomFrame(source, 6);
    const options = { source, inputSize: SIZE, colour: COLOUR };
    const outside = [1, 2, 3] as const;
    const preparer = createPreparer({ kind: "blocks", name: "blocks", outside }, options);
    preparer.run(pixels);
    const [{ data, shape }] = preparer.buffers as [typeof preparer.buffers[0]];
    const grid = blockGrid(SIZE);
    assert.deepEqual(shape, [1, grid.height, grid.width, 16]);

    const planes = createPreparer({ kind: "i420", luma: "y", chroma: "uv" }, options);
    planes.run(pixels);
    const [y, uv] = planes.buffers.map((buffer) => buffer.data as Uint8Array);
    const { u, v } = i420Layout(SIZE);
    const chroma = [
      planeOf(uv!, { ...u, offset: 0 }),
      planeOf(uv!, { ...v, offset: v.offset - u.offset }),
    ];
    const sample = (plane: number, row: number, column: number) => {
      if (row < 0 || column < 0) return outside[plane];
      return plane === 0
        ? y![row * SIZE.width + column]
        : chroma[plane - 1]![row * u.width + column];
    };
    const expected = [];
    for (let row = -1; row < SIZE.height / 2; row++) {
      for (let block = 0; block < grid.width; block++) {
        for (let i = -1; i < 2; i++) {
          expected.push(sample(1, row, 2 * block + i), sample(2, row, 2 * block + i));
        }
        for (const line of [2 * row, 2 * row + 1]) {
          for (let i = -1; i < 4; i++) expected.push(sample(0, line, BLOCK.columns * block + i));
        }
      }
    }
    assert.deepEqual([...data], expected);
  });
}
