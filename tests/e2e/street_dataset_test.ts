import assert from "node:assert/strict";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { decodeImage, decodeLabels } from "../../src/ffmpeg/images.ts";
import { i420Layout } from "../../src/frame/geometry.ts";
import { toRgb } from "../../src/frame/rgb.ts";
import { OutputError } from "../../src/errors.ts";
import { runStreetDataset } from "../../src/cli/street_dataset.ts";
import { parseStreet, StreetScene } from "../../src/source/street.ts";
import { STREET_COLOUR } from "../../src/source/street/paint.ts";
import { writeStreetDataset } from "../../src/street_dataset.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

const STREET = parseStreet("street:size=64x32,fps=2,seconds=1.5,seed=9");
const { size } = STREET;

async function namesIn(path: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(path), ({ name }) => name)).sort();
}

Deno.test("writeStreetDataset() writes what the street looks like and what it is", async () => {
  await using folder = await temporaryDirectory();
  const [frames, labels] = [folder.join("frames"), folder.join("labels")];
  const told: number[] = [];
  const dataset = await writeStreetDataset(STREET, {
    frames,
    labels,
    onStart: (count) => told.push(count),
    onProgress: (count) => told.push(count),
  });
  assert.deepEqual(told, [3, 1, 2, 3]);
  assert.equal(dataset.outcome, "complete");
  assert.deepEqual(dataset.paths, { frames, labels });
  const names = ["000000.png", "000001.png", "000002.png"];
  assert.deepEqual(await namesIn(frames), names);
  assert.deepEqual(await namesIn(labels), names);

  const scene = new StreetScene({ size, seed: 9 });
  const pixels = new Uint8Array(i420Layout(size).byteLength);
  const expected = new Uint8Array(size.width * size.height);
  const counts = new Float64Array(19);
  const binary = await findFfmpeg();
  for (const [index, name] of names.entries()) {
    scene.draw(index * 500_000, pixels, expected);
    assert.deepEqual((await decodeLabels(binary, `${labels}/${name}`)).labels, expected);
    const { rgb } = await decodeImage(binary, `${frames}/${name}`);
    assert.deepEqual(rgb, new Uint8Array(toRgb(pixels, size, STREET_COLOUR)));
    for (const label of expected) counts[label]!++;
  }
  assert.deepEqual(dataset.shares, Array.from(counts, (count) => count / (3 * expected.length)));
});

Deno.test("writeStreetDataset() stopped half-way leaves what there is under partial names", async () => {
  await using folder = await temporaryDirectory();
  const stop = new AbortController();
  const dataset = await writeStreetDataset(STREET, {
    frames: folder.join("frames"),
    labels: folder.join("labels"),
    stop: stop.signal,
    onProgress: () => stop.abort(),
  });
  assert.equal(dataset.outcome, "interrupted");
  assert.equal(dataset.frames, 1);
  assert.deepEqual(await namesIn(folder.path), ["frames.partial", "labels.partial"]);
  assert.deepEqual(await namesIn(dataset.paths.labels!), ["000000.png"]);
});

Deno.test("writeStreetDataset() leaves nothing where one of the two cannot be written", async () => {
  await using folder = await temporaryDirectory();
  await Deno.mkdir(folder.join("labels"));
  await Deno.writeTextFile(folder.join("labels/thesis.txt"), "");
  for (const overwrite of [false, true]) {
    const writing = writeStreetDataset(STREET, {
      frames: folder.join("frames"),
      labels: folder.join("labels"),
      overwrite,
    });
    await assert.rejects(writing, (error: unknown) => {
      assert(error instanceof OutputError);
      assert.match(error.message, /^Cannot write labels to .*(not empty|also holds "thesis\.txt")/);
      return true;
    });
    assert.deepEqual(await namesIn(folder.path), ["labels"]);
  }
});

Deno.test("runStreetDataset() refuses what is no street, and half of a data set", async () => {
  const both = { framesOut: "frames", labelsOut: "labels" };
  const cases = [
    ["drive.mp4", both, /only the drawn street has true labels/],
    ["street:", { framesOut: "frames" }, /Add --labels-out DIR/],
    ["street:", { labelsOut: "labels" }, /Add --frames-out DIR/],
    ["street:size=3x3", both, /both sides must be even/],
  ] as const;
  for (const [input, flags, expected] of cases) {
    await assert.rejects(runStreetDataset(input, flags), (error: unknown) => {
      assert(error instanceof TypeError);
      assert.match(error.message, expected);
      return true;
    });
  }
});
