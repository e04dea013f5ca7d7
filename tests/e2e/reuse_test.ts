/** Frames that have an earlier frame's class map: --every and --skip-still. */
import assert from "node:assert/strict";
import { segment, type SegmentOptions } from "../../mod.ts";
import { REUSED } from "../../src/frame/timing.ts";
import { parseStreet, StreetScene } from "../../src/source/street.ts";
import { ffmpeg } from "../testing/media.ts";
import { runSegstream } from "../testing/segstream.ts";
import { shared } from "../testing/shared.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary.ts";

const CPU = { resolution: "quarter", provider: "cpu" } as const;

interface Frame {
  readonly labels: Uint8Array;
  readonly reused: number;
}

async function framesOf(input: string, options: SegmentOptions = {}): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const { labels, timing } of segment(input, { ...CPU, ...options })) {
    frames.push({ labels: new Uint8Array(labels), reused: timing.reused });
  }
  return frames;
}

/** The share of pixels whose class differs. */
function difference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((count, label, i) => count + (label === b[i] ? 0 : 1), 0) / a.length;
}

Deno.test("segment() gives each frame its group's map, with every: 3 and two workers", async () => {
  const street = "street:size=256x128,fps=10,seconds=2";
  const own = await framesOf(street);
  const shared = await framesOf(street, { every: 3, workers: 2 });
  assert.equal(shared.length, 20);
  for (const [index, { labels, reused }] of shared.entries()) {
    assert.equal(reused, index % 3 === 0 ? REUSED.no : REUSED.every, `frame ${index}`);
    assert.deepEqual(labels, own[index - index % 3]!.labels, `frame ${index}`);
  }
});

Deno.test("segstream --every and --skip-still say how many frames reused a map", async () => {
  await using folder = await temporaryDirectory();
  const stats = folder.join("frames.csv");
  const run = (args: string[]) =>
    runSegstream([
      ...["street:size=256x128,fps=10,seconds=1", "--no-video", "--stats", stats, "--overwrite"],
      ...["--resolution", "quarter", "--provider", "cpu", ...args],
    ]);
  const { code, stderr } = await run(["--every", "5"]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^8 of 10 frames between: map reused$/m);
  const rows = (await Deno.readTextFile(stats)).trim().split("\n").map((row) => row.split(","));
  const column = rows[0]!.indexOf("reused");
  assert.equal(rows.slice(1).map((row) => row[column]).join(""), "0111101111");

  const clip = await makeStreetClip(folder, Array(6).fill(undefined));
  const still = await runSegstream([
    ...[clip, "--no-video", "--stats", stats, "--overwrite", "--workers", "1", "--skip-still"],
    ...["--resolution", "quarter", "--provider", "cpu"],
  ]);
  assert.equal(still.code, 0, still.stderr);
  assert.match(still.stderr, /^5 of 6 frames still: map reused$/m);
});

Deno.test("segstream refuses --every 0", async () => {
  const { code, stderr } = await runSegstream(["street:", "--every", "0"]);
  assert.equal(code, 2);
  assert.match(stderr, /--every/);
});

Deno.test("segment() rejects with RangeError, with every: 0", async () => {
  await assert.rejects(framesOf("street:size=256x128", { every: 0 }), RangeError);
});

const CLIP_SIZE = { width: 512, height: 256 };
/** About a person at thirty metres. */
const OBJECT = { width: 8, height: 16, top: 150, contrast: 60 };

/**
 * A lossless clip of one drawn picture with noise of ±2 codes. Where `lefts` has a number, a small
 * bright object stands there.
 */
async function makeStreetClip(
  folder: TemporaryDirectory,
  lefts: readonly (number | undefined)[],
): Promise<string> {
  const { width, height } = CLIP_SIZE;
  const pixels = new Uint8Array(width * height * 3 / 2);
  const scene = new StreetScene(parseStreet(`street:size=${width}x${height}`));
  scene.draw(0, pixels, new Uint8Array(width * height));
  const raw = new Uint8Array(lefts.length * pixels.length);
  let state = 1;
  for (const [index, left] of lefts.entries()) {
    const frame = raw.subarray(index * pixels.length, (index + 1) * pixels.length);
    frame.set(pixels);
    const rows = left === undefined ? 0 : OBJECT.height;
    for (let y = OBJECT.top; y < OBJECT.top + rows; y++) {
      const at = y * width + left!;
      for (let i = at; i < at + OBJECT.width; i++) frame[i]! += OBJECT.contrast;
    }
    for (let i = 0; i < width * height; i++) {
      state = Math.imul(state, 0x5deece6d) + 11 >>> 0;
      frame[i]! += (state >>> 16) % 5 - 2;
    }
  }
  await Deno.writeFile(folder.join("frames.yuv"), raw);
  const clip = folder.join("clip.mkv");
  await ffmpeg([
    ...["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", `${width}x${height}`, "-r", "25"],
    ...["-i", folder.join("frames.yuv"), "-c:v", "ffv1", clip],
  ]);
  return clip;
}

Deno.test("skipStill skips what stands still and misses no small object that moves", async () => {
  await using folder = await temporaryDirectory();
  const before = Array(5).fill(undefined);
  const moving = [200, 203, 206, 209, 212, 215];
  const standing = Array(4).fill(215);
  const clip = await makeStreetClip(folder, [...before, ...moving, ...standing]);
  const own = await framesOf(clip, { workers: 1 });
  const skipping = await framesOf(clip, { workers: 1, skipStill: true });
  const expected = [0, 2, 2, 2, 2, ...moving.map(() => 0), 2, 2, 2, 2];
  assert.deepEqual(skipping.map(({ reused }) => reused), expected);
  for (const [index, { reused, labels }] of skipping.entries()) {
    if (reused === REUSED.no) assert.deepEqual(labels, own[index]!.labels, `frame ${index}`);
  }
});

const footage = shared("data/videos/carnd_vehicle_test_video_1280x720.mp4");

Deno.test({
  name: footage.name("skipStill changes the class of at most 2% of the pixels of a noisy street"),
  ignore: footage.ignore,
  async fn() {
    await using folder = await temporaryDirectory();
    const clip = folder.join("still.mp4");
    // One real picture with a dim camera's noise (σ = 4/√3), as an encoder leaves it.
    const filters = "select=eq(n\\,0),loop=loop=9:size=1:start=0,setpts=N/25/TB,noise=c0s=4:c0f=t";
    await ffmpeg([
      ...["-i", footage.path, "-vf", filters, "-frames:v", "10", "-r", "25", "-an"],
      ...["-c:v", "libx264", "-crf", "23", "-preset", "veryfast", clip],
    ]);
    const options = { workers: 1, resolution: "half" } as const;
    const own = await framesOf(clip, options);
    const skipping = await framesOf(clip, { ...options, skipStill: true });
    assert.deepEqual(skipping.map(({ reused }) => reused), [0, ...Array(9).fill(2)]);
    // Measured on 40 frames of four such clips: 0.5% to 1.5%; from frame to frame the network itself
    // changes 0.3% to 0.9% of them.
    for (const [index, { labels }] of skipping.entries()) {
      const share = difference(labels, own[index]!.labels);
      assert.ok(share <= 0.02, `frame ${index}: ${(100 * share).toFixed(2)}%`);
    }
  },
});
