/** The graphs that users keep must be told from those that another builder writes. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { CITYSCAPES_CLASSES } from "../../../src/frame/classes.ts";
import { buildFastScnn } from "../../../src/model/fast_scnn.ts";
import { LayerWeights } from "../../../src/model/layer_weights.ts";
import { listActivations } from "../../../src/model/quantize/activations.ts";
import { buildInt8Onnx, INT8_BUILDER } from "../../../src/model/quantize/network.ts";
import type { ChannelStatistics } from "../../../src/model/quantize/statistics.ts";
import { createRandom, randomWeights, TRAITS } from "../random_weights.ts";

/** SHA-256 of what each version wrote from random weights; computed by this very test. */
const WRITTEN: Record<number, string> = {
  1: "64faa41d8f4490dd48dd1edc55421be0cad322d411f0e6b486935c6446e27868",
};

Deno.test("INT8_BUILDER is raised when the int8 graph changes", () => {
  const size = { width: 64, height: 32 };
  const colour = { matrix: "bt709", range: "limited" } as const;
  const weights = randomWeights(5);
  const layers = new LayerWeights(weights, { model: "random", epsilon: TRAITS.epsilon });
  const graph = buildFastScnn(layers, TRAITS, { input: "i420", size, colour }).build();
  const random = createRandom(7);
  const statistics = new Map(
    listActivations(graph).map(({ name, shape }) => {
      const values = (low: number, high: number) =>
        Float32Array.from({ length: shape[1]! }, () => low + (high - low) * random());
      const seen: ChannelStatistics = {
        low: values(-2, 0),
        high: values(0, 4),
        mean: values(0, 1),
      };
      return [name, seen] as const;
    }),
  );
  const model = {
    name: "random",
    path: "random.safetensors",
    metadata: new Map<string, string>(),
    traits: TRAITS,
    classes: CITYSCAPES_CLASSES,
    weights,
  };
  const onnx = buildInt8Onnx(model, { statistics, keep: [], fingerprint: "" }, { size, colour });
  assert.equal(
    createHash("sha256").update(onnx).digest("hex"),
    WRITTEN[INT8_BUILDER],
    "The graph has changed: raise INT8_BUILDER and note the new digest here.",
  );
});
