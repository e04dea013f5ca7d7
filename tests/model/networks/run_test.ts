import assert from "node:assert/strict";
import { encodeOnnx } from "../../../src/model/onnx/model_proto.ts";
import { NETWORK_NAMES } from "../../../src/model/networks/figures.ts";
import { buildCompared, type ComparedName } from "../../../src/model/networks/index.ts";
import { createRandom } from "../random_weights.ts";
import { runOnnx } from "../run_onnx.ts";

const SIZE = { width: 512, height: 256 };

/** How much smaller than the input the logits are, from each network's own layer table. */
const STRIDES: Readonly<Record<ComparedName, number>> = {
  contextnet: 8,
  enet: 1,
  icnet: 4,
  bisenet: 8,
  "bisenet-resnet18": 8,
  gun: 2,
};

function randomImage(): Uint8Array {
  const random = createRandom(7);
  return Uint8Array.from({ length: SIZE.width * SIZE.height * 3 }, () => 256 * random());
}

for (const name of NETWORK_NAMES) {
  if (name === "fast-scnn") continue;
  Deno.test(`buildCompared("${name}") gives a graph that runs`, async () => {
    const built = buildCompared(name, SIZE);
    const grid = { width: SIZE.width / STRIDES[name], height: SIZE.height / STRIDES[name] };
    assert.deepEqual(built.grid, grid);
    const image = { data: randomImage(), shape: [1, SIZE.height, SIZE.width, 3] };
    const { logits } = await runOnnx(encodeOnnx(built.graph.build()), { image });
    assert.ok(logits);
    assert.deepEqual(logits.dims, [1, 19, grid.height, grid.width]);
    const values = logits.data as Float32Array;
    assert.ok(values.every(Number.isFinite));
    const [low, high] = values.reduce(
      ([low, high], value) => [Math.min(low, value), Math.max(high, value)] as const,
      [Infinity, -Infinity] as const,
    );
    assert.ok(high - low > 1e-3 && high - low < 1e4, `logits from ${low} to ${high}`);
  });
}

Deno.test("buildCompared() rejects sizes that a network cannot take", () => {
  for (const name of NETWORK_NAMES) {
    if (name === "fast-scnn") continue;
    assert.throws(() => buildCompared(name, { width: 500, height: 256 }), RangeError);
  }
});
