import assert from "node:assert/strict";
import { formatBeside } from "../../src/eval/beside.ts";
import type { Evaluation, ResolutionResult } from "../../src/eval/evaluation.ts";

function evaluation(model: string, width: number, shares: readonly (number | undefined)[]) {
  const [meanIou, meanCategoryIou, pixelAccuracy] = shares;
  const result = {
    resolution: "half",
    networkSize: { width, height: 352 },
    scores: { meanIou, meanCategoryIou, pixelAccuracy },
  } as ResolutionResult;
  return { model, results: [result] } as unknown as Evaluation;
}

Deno.test("formatBeside() puts the means of several models below each other", () => {
  const text = formatBeside([
    evaluation("fast-scnn", 480, [0.581, 0.696, 0.882]),
    evaluation("/tmp/enet.onnx", 512, [0.459, undefined, 0.808]),
  ]);
  assert.deepEqual(text.split("\n").map((line) => line.split(/ {2,}/)), [
    ["side by side, %", "classes", "categories", "pixels"],
    ["fast-scnn, 480x352", "58.1", "69.6", "88.2"],
    ["enet.onnx, 512x352", "45.9", "–", "80.8"],
  ]);
});
