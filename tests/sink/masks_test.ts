import assert from "node:assert/strict";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { OutputError } from "../../src/errors.ts";
import { type MaskSinkOptions, openMaskSink } from "../../src/sink/masks.ts";
import { PngEncoder } from "../../src/sink/png.ts";
import { PngDirectory } from "../../src/sink/png_directory.ts";
import { ffmpeg } from "../testing/media.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { frameTimes, namesIn, streamInfo, syntheticFrame, writeFrames } from "./synthetic.ts";

const TIMES_US = [0, 16_683, 100_100, 500_000];

async function openSyntheticMasks(target: string, options: Partial<MaskSinkOptions> = {}) {
  return await openMaskSink(target, {
    binary: await findFfmpeg(),
    stream: streamInfo(),
    ...options,
  });
}

/** The gray pixels of an image or video, one frame after the other, as ffmpeg decodes them. */
async function decodeGray(path: string): Promise<Uint8Array> {
  const input = path.endsWith(".png") ? ["-f", "image2", "-start_number", "0"] : [];
  return await ffmpeg([
    ...input,
    "-i",
    path,
    "-vsync",
    "0",
    "-f",
    "rawvideo",
    "-pix_fmt",
    "gray",
    "-",
  ]);
}

function allLabels(): Uint8Array {
  return Uint8Array.from(
    TIMES_US.flatMap((time, index) => [...syntheticFrame(index, time).labels]),
  );
}

for (const ending of ["/", ""]) {
  Deno.test(`openMaskSink() writes a PNG of the exact ids for each frame to "masks${ending}"`, async () => {
    await using folder = await temporaryDirectory();
    const sink = await openSyntheticMasks(folder.join("masks") + ending);
    await writeFrames(sink, TIMES_US);
    assert.deepEqual(await namesIn(folder.path), ["masks.partial"]);
    const { path, bytes } = await sink.close("complete");
    assert.equal(path, folder.join("masks"));
    assert.deepEqual(await namesIn(folder.path), ["masks"]);
    const names = ["000000.png", "000001.png", "000002.png", "000003.png"];
    assert.deepEqual(await namesIn(path!), names);
    const sizes = await Promise.all(
      names.map(async (name) => (await Deno.stat(`${path}/${name}`)).size),
    );
    assert.equal(bytes, sizes.reduce((total, size) => total + size));
    assert.deepEqual(await decodeGray(`${path}/%06d.png`), allLabels());
  });
}

Deno.test("openMaskSink() writes the exact ids to a video with the times of the source", async () => {
  await using folder = await temporaryDirectory();
  const target = folder.join("masks.mkv");
  const sink = await openSyntheticMasks(target, { startUs: () => 66_000 });
  await writeFrames(sink, TIMES_US);
  assert.deepEqual(await namesIn(folder.path), ["masks.partial.mkv"]);
  assert.equal((await sink.close("complete")).path, target);
  assert.deepEqual(await decodeGray(target), allLabels());
  const times = await frameTimes(target);
  assert.equal(times.length, TIMES_US.length);
  times.forEach((time, index) => {
    assert(Math.abs(time - (TIMES_US[index]! + 66_000) / 1e6) <= 0.001);
  });
});

Deno.test("PngEncoder.encode() keeps noise of every value, at an odd size", async () => {
  await using folder = await temporaryDirectory();
  const size = { width: 37, height: 23 };
  let state = 1;
  const noise = new Uint8Array(size.width * size.height).map(() => {
    state = Math.imul(state, 1664525) + 1013904223 | 0; // Numerical Recipes' linear congruence
    return state >>> 24;
  });
  const encoder = new PngEncoder(size);
  encoder.encode(noise.toReversed()); // what an earlier map left in the buffer does not show
  await Deno.writeFile(folder.join("noise.png"), encoder.encode(noise));
  assert.deepEqual(await decodeGray(folder.join("noise.png")), noise);
  assert.throws(() => encoder.encode(noise.subarray(1)), RangeError);
});

for (const target of ["masks/", "masks.mkv"]) {
  Deno.test(`openMaskSink("${target}") leaves a partial name when interrupted, nothing when aborted`, async () => {
    await using folder = await temporaryDirectory();
    const aborted = await openSyntheticMasks(folder.join(target));
    await writeFrames(aborted, TIMES_US);
    await aborted.abort();
    await aborted.abort();
    assert.deepEqual(await namesIn(folder.path), []);
    const empty = await openSyntheticMasks(folder.join(target));
    assert.equal((await empty.close("complete")).path, undefined);
    assert.deepEqual(await namesIn(folder.path), []);
    const sink = await openSyntheticMasks(folder.join(target));
    await writeFrames(sink, TIMES_US);
    const { path } = await sink.close("interrupted");
    assert.match(path!, /masks\.partial(\.mkv)?$/);
    assert.equal((await namesIn(folder.path)).length, 1);
    await assert.rejects(sink.write(syntheticFrame(0, 0)), /it was closed/);
  });
}

Deno.test("PngDirectory.abort() waits for the file on its way, and leaves nothing, each time it is called", async () => {
  await using folder = await temporaryDirectory();
  // Takes longer to write than a directory to remove.
  const large = new Uint8Array(2 ** 25);
  const sink = await PngDirectory.create(folder.join("masks"), {
    holds: "masks",
    encode: () => large,
    overwrite: false,
  });
  let isWritten = false;
  const writing = sink.write(syntheticFrame(0, 0)).finally(() => isWritten = true);
  const [first, second] = [sink.abort(), sink.abort()];
  await second;
  assert(isWritten);
  assert.deepEqual(await namesIn(folder.path), []);
  await Promise.all([first, writing]);
  await assert.rejects(sink.write(syntheticFrame(1, 0)), /it was closed/);
});

Deno.test("PngDirectory.close() says where the files are, when something else has come to be in their place", async () => {
  await using folder = await temporaryDirectory();
  const target = folder.join("masks");
  const sink = await openSyntheticMasks(target);
  await writeFrames(sink, TIMES_US);
  await Deno.mkdir(target);
  await Deno.writeTextFile(folder.join("masks", "thesis.txt"), "");
  await assert.rejects(sink.close("complete"), (error: unknown) => {
    assert(error instanceof OutputError);
    assert.match(error.message, /not empty\..* finished masks are in ".*masks\.partial"\.$/);
    return true;
  });
  assert.deepEqual(await namesIn(folder.path), ["masks", "masks.partial"]);
  assert.equal((await namesIn(folder.join("masks.partial"))).length, TIMES_US.length);
});

Deno.test("openMaskSink() replaces an empty directory, and masks with overwrite, and nothing else", async () => {
  await using folder = await temporaryDirectory();
  const target = folder.join("masks.v1"); // an existing directory may have an extension
  await Deno.mkdir(target);
  const first = await openSyntheticMasks(target);
  await writeFrames(first, TIMES_US);
  await first.close("complete");
  assert.equal((await namesIn(target)).length, 4);

  await assert.rejects(openSyntheticMasks(target), (error: unknown) => {
    assert(error instanceof OutputError);
    assert.match(error.message, /the directory is not empty\. Add --overwrite/);
    return true;
  });
  const second = await openSyntheticMasks(target, { overwrite: true });
  await writeFrames(second, TIMES_US.slice(0, 2));
  await second.close("complete");
  assert.deepEqual(await namesIn(target), ["000000.png", "000001.png"]);
  assert.deepEqual(await namesIn(folder.path), ["masks.v1"]);

  await Deno.writeTextFile(`${target}/thesis.txt`, "");
  const refused = openSyntheticMasks(target, { overwrite: true });
  await assert.rejects(refused, /also holds "thesis\.txt", which is none of them/);
});

Deno.test("openMaskSink() says what is wrong with a target in one line", async () => {
  await using folder = await temporaryDirectory();
  await Deno.writeTextFile(folder.join("file"), "");
  await Deno.writeTextFile(folder.join("there.mkv"), "somebody's");
  const cases: [string, RegExp][] = [
    [folder.join("masks.mp4"), /"\.mp4" is not lossless here\. Name a directory/],
    [folder.join("file"), /that is a file\. Name a directory/],
    [folder.join("there.mkv"), /it exists\. Add --overwrite/],
    [folder.join("none", "masks/"), /there is no directory/],
  ];
  for (const [target, expected] of cases) {
    const error = await openSyntheticMasks(target).then(() => undefined, (error) => error);
    assert(error instanceof OutputError, String(error));
    assert.match(error.message, expected);
    assert(!error.message.includes("\n"));
  }
  const sink = await openSyntheticMasks(folder.join("masks/"));
  await assert.rejects(sink.write(syntheticFrame(0, 0, { width: 8, height: 8 })), RangeError);
  await sink.abort();
});
