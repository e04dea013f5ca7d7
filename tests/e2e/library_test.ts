import assert from "node:assert/strict";
import { join } from "node:path";
import { CITYSCAPES_CLASSES, InputError, segment, segmentVideo } from "../../mod.ts";
import { parseStreet, StreetScene } from "../../src/source/street.ts";
import { frameTimes } from "../testing/media.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

const CPU = { resolution: "quarter", provider: "cpu" } as const;

/** Streets that the drawing was not tuned on; see src/source/street.ts. */
const SEEDS = [11, 12];

for (const seed of SEEDS) {
  Deno.test(`segment() labels at least 80% of the pixels of street ${seed} as they were drawn`, async () => {
    const street = `street:size=1024x512,fps=1,seconds=4,seed=${seed}`;
    const options = parseStreet(street);
    const scene = new StreetScene(options);
    const { width, height } = options.size;
    const pixels = new Uint8Array(width * height * 3 / 2);
    const truth = new Uint8Array(width * height);
    let right = 0;
    let frames = 0;
    for await (const frame of segment(street, { provider: "cpu", resolution: "half" })) {
      assert.equal(frame.index, frames++);
      assert.equal(frame.ptsUs, frame.index * 1_000_000);
      assert.deepEqual(frame.size, options.size);
      assert.equal(frame.classes, CITYSCAPES_CLASSES);
      scene.draw(frame.ptsUs, pixels, truth);
      assert.deepEqual(new Uint8Array(frame.pixels), pixels, "the frame is left as it was drawn");
      frame.labels.forEach((label, i) => right += label === truth[i] ? 1 : 0);
    }
    assert.equal(frames, 4);
    const share = right / (frames * truth.length);
    assert.ok(share >= 0.8, `${(100 * share).toFixed(1)}% agree`);
  });
}

Deno.test("segment() gives a confidence for each pixel, with the prob head", async () => {
  for await (
    const { confidence, labels } of segment("street:fps=1,seconds=1", { ...CPU, head: "prob" })
  ) {
    assert.equal(confidence?.length, labels.length);
    const mean = confidence.reduce((sum, value) => sum + value, 0) / confidence.length / 255;
    assert.ok(mean > 0.5 && mean < 1, `mean confidence ${mean}`);
  }
});

Deno.test("segment() ends everything, when the loop is left", async () => {
  let frames = 0;
  for await (const _ of segment("street:size=256x128,seconds=3600", CPU)) {
    if (++frames === 5) break;
  }
  assert.equal(frames, 5);
});

Deno.test("segment() rejects with the signal's reason, when it is aborted", async () => {
  const abort = new AbortController();
  let frames = 0;
  await assert.rejects(async () => {
    for await (
      const _ of segment("street:size=256x128,seconds=3600", { ...CPU, signal: abort.signal })
    ) {
      if (++frames === 3) abort.abort(new Error("enough"));
    }
  }, /enough/);
  assert.equal(frames, 3);
});

Deno.test("segment() rejects with InputError, on a file that is not there", async () => {
  await assert.rejects(async () => {
    for await (const _ of segment("nowhere.mp4", CPU));
  }, InputError);
});

Deno.test("segmentVideo() reports what it did, and leaves nothing when it is aborted", async () => {
  await using folder = await temporaryDirectory();
  const output = join(folder.path, "out.mp4");
  const { outcome, report, paths } = await segmentVideo(
    "street:size=256x128,seconds=0.5",
    output,
    CPU,
  );
  assert.equal(outcome, "complete");
  assert.equal(paths.video, output);
  assert.equal(report.frames, 15);
  assert.ok(report.firstFrameMs! > 0 && report.fps > 0 && report.peakRssBytes > 0);
  assert.equal((await frameTimes(output)).length, 15);
  const abort = new AbortController();
  const aborted = segmentVideo("street:size=256x128,seconds=3600", join(folder.path, "b.mp4"), {
    ...CPU,
    signal: abort.signal,
    onProgress: ({ frames }) => frames === 3 && abort.abort(new Error("enough")),
  });
  await assert.rejects(aborted, /enough/);
  assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["out.mp4"]);
});
