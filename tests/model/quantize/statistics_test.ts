import assert from "node:assert/strict";
import { ChannelExtremes, ChannelHistograms } from "../../../src/model/quantize/statistics.ts";

function collect(rare: number, ...images: Float32Array[]) {
  const extremes = new ChannelExtremes(2);
  for (const image of images) extremes.add(image);
  const histograms = new ChannelHistograms(extremes);
  for (const image of images) histograms.add(image);
  return histograms.finish(rare);
}

Deno.test("ChannelHistograms give extremes and mean of each channel over all images", () => {
  const seen = collect(0, Float32Array.of(1, 3, -2, 0), Float32Array.of(2, 6, 4, 0));
  assert.deepEqual([...seen.low], [0, -2]);
  assert.deepEqual([...seen.high], [6, 4]);
  assert.deepEqual([...seen.mean], [3, 0.5]);
});

Deno.test("ChannelHistograms leave out what is rarer than allowed, at either end", () => {
  const image = new Float32Array(2 * 1000).fill(1);
  image[0] = 100; // one in a thousand of channel 0
  image[1000] = -100; // and of channel 1
  const kept = collect(0.0005, image);
  assert.deepEqual([kept.high[0], kept.low[1]], [100, -100]);
  const clipped = collect(0.001, image);
  // To the next edge of a bin, which is a 512th of the extremes' distance.
  assert.ok(clipped.high[0]! >= 1 && clipped.high[0]! <= 1 + 100 / 512);
  assert.equal(clipped.low[1], 0);
  assert.equal(clipped.high[1], 1);
});

Deno.test("ChannelHistograms stand a channel that is always 0", () => {
  const seen = collect(1e-5, Float32Array.of(0, 0, 1, 1));
  assert.deepEqual([seen.low[0], seen.high[0], seen.mean[0]], [0, 0, 0]);
});
