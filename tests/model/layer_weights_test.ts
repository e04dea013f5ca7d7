import assert from "node:assert/strict";
import { foldBatchNorm } from "../../src/model/layer_weights.ts";

Deno.test("foldBatchNorm() scales each output channel and moves its bias", () => {
  // By hand: channel 0 has γ/√(σ²+ε) = 3/√(3.75+0.25) = 1.5, channel 1 has −1/√(0+0.25) = −2.
  const norm = {
    scale: Float32Array.of(3, -1),
    shift: Float32Array.of(0.5, 10),
    mean: Float32Array.of(2, 4),
    variance: Float32Array.of(3.75, 0),
    epsilon: 0.25,
  };
  const convolution = {
    weight: Float32Array.of(1, 2, -4, 8),
    shape: [2, 2, 1, 1],
    bias: Float32Array.of(1, 5),
  } as const;
  const folded = foldBatchNorm(convolution, norm);
  assert.deepEqual([...folded.weight], [1.5, 3, 8, -16]);
  assert.deepEqual([...folded.bias], [0.5 + (1 - 2) * 1.5, 10 + (5 - 4) * -2]);
  const { bias: _, ...withoutBias } = convolution;
  assert.deepEqual([...foldBatchNorm(withoutBias, norm).bias], [0.5 - 2 * 1.5, 10 - 4 * -2]);
});
