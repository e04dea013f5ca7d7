import assert from "node:assert/strict";
import type { Size } from "../../../src/frame/geometry.ts";
import { countParameters, listLayers, loadModel } from "../../../src/model/model.ts";
import { addDrnD22 } from "../../../src/model/networks/drn.ts";
import {
  DRN_D22_PUBLISHED,
  NETWORK_NAMES,
  type PublishedMacs,
} from "../../../src/model/networks/figures.ts";
import {
  buildCompared,
  type BuiltNetwork,
  type ComparedName,
  PUBLISHED,
} from "../../../src/model/networks/index.ts";
import { Layers } from "../../../src/model/networks/layers.ts";
import { RandomWeights } from "../../../src/model/networks/weights.ts";

/** How far a builder's count may lie from the published one. */
const TOLERANCE = 0.05;

const COMPARED = NETWORK_NAMES.filter((name): name is ComparedName => name !== "fast-scnn");

const FULL = { width: 2048, height: 1024 };

function assertWithin(actual: number, published: number, tolerance: number, what: string): void {
  const deviation = actual / published - 1;
  const message = `${what}: ${actual}, published ${published}: ${(100 * deviation).toFixed(2)}%`;
  assert.ok(Math.abs(deviation) <= tolerance, message);
}

/** A network's operations as the published figure counts them, at the size it states them for. */
function countAsPublished(name: ComparedName, published: PublishedMacs): number {
  const exact = buildable(published.size);
  const built = buildCompared(name, exact);
  const macs = published.transposedAtOutput ? countAtOutput(built) : built.macs;
  return macs * area(published.size) / area(exact);
}

/** The size itself where a network can be built for it, else one to scale the count from. */
function buildable(size: Size): Size {
  return size.width % 32 === 0 && size.height % 32 === 0 ? size : FULL;
}

function area({ width, height }: Size): number {
  return width * height;
}

/** The transposed convolutions have stride 2: four output pixels for each input pixel. */
function countAtOutput({ graph }: BuiltNetwork): number {
  return graph.layers.reduce(
    (sum, { operator, macs }) => sum + (operator === "ConvTranspose" ? 4 * macs : macs),
    0,
  );
}

for (const name of COMPARED) {
  const { parameters, macs } = PUBLISHED[name];
  if (parameters !== undefined) {
    Deno.test(`buildCompared("${name}") has the published parameters, within 5%`, () => {
      const built = buildCompared(name, { width: 256, height: 256 });
      assertWithin(built.parameters, parameters.value, TOLERANCE, parameters.source);
    });
  }
  if (macs !== undefined) {
    Deno.test(`buildCompared("${name}") costs the published operations, within 5%`, () => {
      assertWithin(countAsPublished(name, macs), macs.value, TOLERANCE, macs.source);
    });
  }
}

Deno.test("the shipped Fast-SCNN has the published parameters and operations, within 5%", async () => {
  const { parameters, macs } = PUBLISHED["fast-scnn"];
  const model = await loadModel();
  assertWithin(countParameters(model.weights), parameters!.value, TOLERANCE, parameters!.source);
  const layers = listLayers(model, { size: FULL, input: "rgb", head: "logits" });
  const counted = layers.reduce((sum, layer) => sum + layer.macs, 0);
  assertWithin(counted, macs!.value, TOLERANCE, macs!.source);
});

Deno.test("addDrnD22() with a classifier is exactly the published DRN-D-22", () => {
  const { parameters, macs } = DRN_D22_PUBLISHED;
  const layers = new Layers("drn-d-22", new RandomWeights(1));
  const features = addDrnD22(layers, "drn", layers.image(macs.size));
  assert.deepEqual(features.shape, [1, 512, 28, 28]);
  const classifier = 512 * 1000 + 1000;
  assert.equal(layers.parameters + classifier, parameters.value);
  const counted = layers.graph.layers.reduce((sum, layer) => sum + layer.macs, 512 * 1000);
  assertWithin(counted, macs.value, 0.002, macs.source);
});

Deno.test('buildCompared("contextnet") costs what its paper\'s tables add up to', () => {
  // Operations for each pixel of the image, by hand from the tables in contextnet.ts: kernel area ×
  // channels in and out over the square of the stride so far.
  const shallow = 27 * 32 / 4 +
    (9 * 32 + 32 * 64) / 16 +
    (9 * 64 + 64 * 128) / 64 +
    (9 * 128 + 128 * 128) / 64;
  // The first 1×1 works at `before`, the rest at `after`: squares of the strides so far.
  const bottleneck = (
    [inputs, expansion, channels]: readonly [number, number, number],
    before: number,
    after: number,
  ) => expansion * inputs * (inputs / before + (9 + channels) / after);
  const same = (channels: number, area: number, expansion = 6) =>
    bottleneck([channels, expansion, channels], area, area);
  const deep = 27 * 32 / 64 +
    same(32, 64, 1) + same(32, 64) +
    bottleneck([32, 6, 48], 64, 256) + 2 * same(48, 256) +
    bottleneck([48, 6, 64], 256, 1024) + 2 * same(64, 1024) +
    bottleneck([64, 6, 96], 1024, 1024) + same(96, 1024) +
    bottleneck([96, 6, 128], 1024, 1024) + same(128, 1024) +
    (9 * 128 + 128 * 128) / 1024;
  const fusion = (9 * 128 + 2 * 128 * 128 + 128 * 19) / 64;
  const expected = (shallow + deep + fusion) * area(FULL);
  assert.equal(buildCompared("contextnet", FULL).macs, expected);
});
