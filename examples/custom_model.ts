/**
 * Runs your own ONNX file on a video and counts what it sees.
 *
 *     deno run -P examples/custom_model.ts net.onnx drive.mp4 background,road,lane
 *
 * The network has one image input and gives logits or labels. Where it wants another normalisation
 * than ImageNet's, say so below or in net.json beside net.onnx.
 */
import { parseClasses, segment } from "../mod.ts";

const [model, input, names] = Deno.args;
if (model === undefined || input === undefined || names === undefined) {
  console.error("Usage: custom_model.ts NET.onnx VIDEO CLASS,CLASS,…");
  Deno.exit(2);
}

const classes = parseClasses(names.split(","));
const modelFacts = { classes, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

for await (const { ptsUs, labels } of segment(input, { model, modelFacts })) {
  const counts = new Float64Array(256);
  for (const label of labels) counts[label]!++;
  const shares = classes.map(({ name }, id) => {
    return `${name} ${(100 * counts[id]! / labels.length).toFixed(1)}%`;
  });
  console.log(`${(ptsUs / 1e6).toFixed(3)} s: ${shares.join(", ")}`);
}
