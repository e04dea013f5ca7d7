import assert from "node:assert/strict";
import { encodeOnnx } from "../../../src/model/onnx/model_proto.ts";
import { NetworkGraph } from "../../../src/model/networks/network_graph.ts";
import {
  averageRegions,
  convolveSame,
  doubleTransposed,
  maxPoolWithPlaces,
  maxUnpool,
  normaliseChannels,
  padChannels,
  sampleGrid,
} from "../../../src/model/networks/operators.ts";
import type { Value } from "../../../src/model/onnx/model_proto.ts";
import { createRandom } from "../random_weights.ts";
import { largestDifference, runOnnx } from "../run_onnx.ts";

const CHANNELS = 3;
const HEIGHT = 6;
const WIDTH = 8;

function randomValues(length: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => 2 * random() - 1);
}

const INPUT = randomValues(CHANNELS * HEIGHT * WIDTH, 1);

/** The input's value, 0 outside. */
function at(channel: number, row: number, column: number): number {
  const isInside = row >= 0 && row < HEIGHT && column >= 0 && column < WIDTH;
  return isInside ? INPUT[(channel * HEIGHT + row) * WIDTH + column]! : 0;
}

/** Runs what `add` adds to a graph and gives its values. */
async function run(
  add: (graph: NetworkGraph, input: Value) => Value,
): Promise<{ dims: readonly number[]; data: Float32Array }> {
  const graph = new NetworkGraph("test");
  const input = graph.input("x", "float32", [1, CHANNELS, HEIGHT, WIDTH]);
  const value = add(graph, input);
  graph.output("y", value);
  const feed = { data: INPUT, shape: [1, CHANNELS, HEIGHT, WIDTH] };
  const { y } = await runOnnx(encodeOnnx(graph.build()), { x: feed });
  assert.deepEqual(y!.dims, value.shape, "the shape that the builder knows");
  return { dims: y!.dims, data: y!.data as Float32Array };
}

/** [channels, height, width] of what `pixel` says. */
function fill(
  [, channels, height, width]: readonly number[],
  pixel: (channel: number, row: number, column: number) => number,
): Float32Array {
  const values: number[] = [];
  for (let channel = 0; channel < channels!; channel++) {
    for (let row = 0; row < height!; row++) {
      for (let column = 0; column < width!; column++) values.push(pixel(channel, row, column));
    }
  }
  return Float32Array.from(values);
}

Deno.test("convolveSame() spreads its kernel by the dilation and keeps the size", async () => {
  const weight = randomValues(2 * CHANNELS * 9, 2);
  const bias = Float32Array.of(0.5, -0.5);
  const { dims, data } = await run((graph, input) =>
    convolveSame(graph, "c", input, { weight, shape: [2, CHANNELS, 3, 3], bias }, { dilation: 2 })
  );
  const expected = fill(dims, (out, row, column) => {
    let sum = bias[out]!;
    for (let channel = 0; channel < CHANNELS; channel++) {
      for (let tap = 0; tap < 9; tap++) {
        const [y, x] = [row + 2 * (Math.floor(tap / 3) - 1), column + 2 * (tap % 3 - 1)];
        sum += weight[(out * CHANNELS + channel) * 9 + tap]! * at(channel, y, x);
      }
    }
    return sum;
  });
  assert.deepEqual(dims, [1, 2, HEIGHT, WIDTH]);
  assert.ok(largestDifference(data, expected) < 1e-5);
});

for (const kernel of [2, 3] as const) {
  Deno.test(`doubleTransposed() spreads each value over a ${kernel}×${kernel} kernel`, async () => {
    const area = kernel * kernel;
    const weight = randomValues(CHANNELS * 2 * area, 3);
    const { dims, data } = await run((graph, input) =>
      doubleTransposed(graph, "d", input, { weight, shape: [CHANNELS, 2, kernel, kernel] })
    );
    const padding = kernel - 2;
    const expected = fill(dims, (out, row, column) => {
      let sum = 0;
      for (let channel = 0; channel < CHANNELS; channel++) {
        for (let tap = 0; tap < area; tap++) {
          // The value at y reaches row 2y + tap − padding (PyTorch's ConvTranspose2d).
          const y = (row + padding - Math.floor(tap / kernel)) / 2;
          const x = (column + padding - tap % kernel) / 2;
          if (!Number.isInteger(y) || !Number.isInteger(x)) continue;
          sum += weight[(channel * 2 + out) * area + tap]! * at(channel, y, x);
        }
      }
      return sum;
    });
    assert.deepEqual(dims, [1, 2, 2 * HEIGHT, 2 * WIDTH]);
    assert.ok(largestDifference(data, expected) < 1e-5);
  });
}

Deno.test("maxUnpool() puts maxima back where they stood, and zeros elsewhere", async () => {
  const { dims, data } = await run((graph, input) => {
    const pooled = maxPoolWithPlaces(graph, "p", input);
    return maxUnpool(graph, "u", pooled.maxima, pooled);
  });
  const expected = fill(dims, (channel, row, column) => {
    const [y, x] = [row - row % 2, column - column % 2];
    const window = [at(channel, y, x), at(channel, y, x + 1), at(channel, y + 1, x)];
    const most = Math.max(...window, at(channel, y + 1, x + 1));
    return at(channel, row, column) === most ? most : 0;
  });
  assert.deepEqual([...data], [...expected]);
});

Deno.test("normaliseChannels() uses the statistics of the image at hand", async () => {
  const norm = {
    scale: Float32Array.of(1, 2, 3),
    shift: Float32Array.of(0, 1, -1),
    epsilon: 0.1,
  };
  const { dims, data } = await run((graph, input) => normaliseChannels(graph, "n", input, norm));
  const area = HEIGHT * WIDTH;
  const expected = fill(dims, (channel, row, column) => {
    const values = INPUT.subarray(channel * area, (channel + 1) * area);
    const mean = values.reduce((sum, value) => sum + value) / area;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / area;
    const unit = (at(channel, row, column) - mean) / Math.sqrt(variance + norm.epsilon);
    return unit * norm.scale[channel]! + norm.shift[channel]!;
  });
  assert.ok(largestDifference(data, expected) < 1e-5);
});

Deno.test("averageRegions() averages overlapping regions as adaptive pooling does", async () => {
  const bins = 4;
  const { dims, data } = await run((graph, input) => averageRegions(graph, "a", input, bins));
  const expected = fill(dims, (channel, row, column) => {
    let [sum, count] = [0, 0];
    for (let y = Math.floor(row * HEIGHT / bins); y < Math.ceil((row + 1) * HEIGHT / bins); y++) {
      for (let x = column * WIDTH / bins; x < (column + 1) * WIDTH / bins; x++) {
        sum += at(channel, y, x);
        count++;
      }
    }
    return sum / count;
  });
  assert.deepEqual(dims, [1, CHANNELS, bins, bins]);
  assert.ok(largestDifference(data, expected) < 1e-6);
});

Deno.test("padChannels() adds channels of zeros behind", async () => {
  const { dims, data } = await run((graph, input) => padChannels(graph, "z", input, 5));
  assert.deepEqual(dims, [1, 5, HEIGHT, WIDTH]);
  assert.deepEqual([...data], [...INPUT, ...new Float32Array(2 * HEIGHT * WIDTH)]);
});

Deno.test("sampleGrid() takes places between the corner pixels' centres", async () => {
  // (x, y): the corners, the middle of the upper edge, and a place outside, which takes the border.
  const places = Float32Array.of(-1, -1, 1, 1, 0, -1, 9, -9);
  const { dims, data } = await run((graph, input) =>
    sampleGrid(graph, "s", input, graph.constant("grid", places, [1, 1, 4, 2]))
  );
  const expected = fill(dims, (channel, _, place) => {
    const top = (at(channel, 0, 3) + at(channel, 0, 4)) / 2;
    return [at(channel, 0, 0), at(channel, HEIGHT - 1, WIDTH - 1), top, at(channel, 0, WIDTH - 1)][
      place
    ]!;
  });
  assert.ok(largestDifference(data, expected) < 1e-6);
});
