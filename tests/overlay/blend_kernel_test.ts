/** The blend's kernels beside a plain blend, on maps of every kind, wherever the buffers lie. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Colour, Rgb } from "../../src/frame/colour.ts";
import {
  OverlayBlender,
  type OverlayFrame,
  type View,
  VIEWS,
  viewSize,
} from "../../src/overlay/blend.ts";
import { sharedMemory } from "../../src/wasm/memory.ts";
import { blendPlainly } from "./plain_blend.ts";

const colour = fc.record({
  matrix: fc.constantFrom("bt601", "bt709", "bt2020"),
  range: fc.constantFrom("limited", "full"),
}) as fc.Arbitrary<Colour>;

/** What to draw, and what of: a seed stands for the bytes. */
const drawing = fc.record({
  size: fc.record({
    // Blocks are 16 columns wide, two of them go together, and any even number may be left.
    width: fc.oneof(fc.integer({ min: 1, max: 50 }).map(double), fc.constantFrom(16, 32, 48, 96)),
    height: fc.integer({ min: 1, max: 8 }).map(double),
  }),
  colour,
  palette: fc.oneof(fc.constant(19), fc.nat(256)).map(makePalette),
  view: fc.constantFrom<View>(...VIEWS),
  alpha: fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true })),
  visible: fc.oneof(
    fc.constant(new Set(Array(256).keys())),
    fc.uniqueArray(fc.nat(255)).map((ids) => new Set(ids)),
  ),
  /** Of one label, at most: runs of one pixel are the worst case. */
  runLength: fc.constantFrom(1, 2, 8, 60, 400, 10_000),
  isCertain: fc.boolean(),
  seed: fc.integer(),
});
type Drawing = typeof drawing extends fc.Arbitrary<infer T> ? T : never;

Deno.test("OverlayBlender.blend() equals a plain blend, for any map, palette, size and view", () => {
  fc.assert(
    fc.property(drawing, (drawing) => {
      const frame = makeFrame(drawing);
      const expected = blendPlainly(drawing, frame.pixels, frame.labels, frame.confidence);
      const blended = new OverlayBlender(drawing).blend(frame);
      assert.deepEqual(differences(blended, expected), []);
    }),
    { numRuns: 400 },
  );
});

Deno.test("OverlayBlender.blend() does the same in the memory of frames, and writes nothing beside", () => {
  const frames = sharedMemory(1);
  const bytes = new Uint8Array(frames.buffer);
  fc.assert(
    fc.property(drawing, fc.array(fc.nat(40), { minLength: 4, maxLength: 4 }), (drawing, gaps) => {
      const { pixels, labels, confidence, output } = makeFrame(drawing);
      const expected = blendPlainly(drawing, pixels, labels, confidence);
      bytes.fill(0xa5);
      // From the memory's end, to which a kernel may come as near as a vector.
      let end = bytes.length - 16;
      const place = (buffer: Uint8Array, gap: number) => {
        const placed = bytes.subarray(end - buffer.length, end);
        placed.set(buffer);
        end -= buffer.length + gap;
        return placed;
      };
      const placed = {
        output: output && place(output, gaps[0]!),
        pixels: place(pixels, gaps[1]!),
        labels: place(labels, gaps[2]!),
        confidence: confidence && place(confidence, gaps[3]!),
      };
      const after = bytes.slice();
      const drawn = placed.output ?? placed.pixels;
      after.set(expected, drawn.byteOffset);
      assert.equal(new OverlayBlender({ ...drawing, frames }).blend(placed), drawn);
      assert.deepEqual(differences(bytes, after), []);
    }),
    { numRuns: 400 },
  );
});

Deno.test("OverlayBlender.blend() does the same beyond 2 GiB of the memory of frames", () => {
  const frames = sharedMemory(2 ** 32 - 2 ** 16);
  const size = { width: 70, height: 6 };
  const area = size.width * size.height;
  for (const isCertain of [true, false]) {
    const drawing: Drawing = {
      ...{ size, colour: { matrix: "bt709", range: "limited" }, palette: makePalette(19) },
      ...{ view: "overlay", alpha: 0.5, visible: new Set(Array(19).keys()) },
      ...{ runLength: 60, isCertain, seed: 5 },
    };
    const { pixels, labels, confidence } = makeFrame(drawing);
    const expected = blendPlainly(drawing, pixels, labels, confidence);
    // A row of labels lies across the middle, or the confidence ends where the memory does.
    for (const start of [2 ** 31 - area * 2 + 40, 2 ** 32 - 2 ** 16 - area * 3.5]) {
      let end = start;
      const place = (buffer: Uint8Array) => {
        const placed = new Uint8Array(frames.buffer, end, buffer.length);
        end += buffer.length;
        placed.set(buffer);
        return placed;
      };
      const placed = {
        pixels: place(pixels),
        labels: place(labels),
        confidence: confidence && place(confidence),
      };
      new OverlayBlender({ ...drawing, frames }).blend(placed);
      assert.deepEqual(differences(placed.pixels, expected), []);
    }
  }
});

Deno.test("OverlayBlender.blend() fades every weight by every confidence to the nearest weight", () => {
  const size = { width: 256, height: 2 };
  const labels = new Uint8Array(512);
  const confidence = Uint8Array.from(labels, (_, at) => at % 256);
  for (let weight = 0; weight <= 256; weight++) {
    // White on black, at full range: 255 · weight / 256, rounded, is the luma.
    const options = {
      size,
      colour: { matrix: "bt709", range: "full" } as const,
      palette: [[255, 255, 255]] as const,
      alpha: weight / 256,
    };
    const pixels = new Uint8Array(768);
    new OverlayBlender(options).blend({ pixels, labels, confidence });
    const expected = Array.from(labels, (_, at) => {
      const faded = Math.round(weight * (at % 256) / 255);
      return 255 * faded + 128 >> 8;
    });
    assert.deepEqual([...pixels.subarray(0, 512)], expected, `weight ${weight}`);
  }
});

/** Random pixels and confidences, and a map of runs; an output where the view needs one. */
function makeFrame({ size, palette, view, runLength, isCertain, seed }: Drawing): OverlayFrame {
  const random = randomBytes(seed);
  const area = size.width * size.height;
  const labels = new Uint8Array(area);
  for (let at = 0; at < area;) {
    // Ids that are not classes come too, and 255.
    const label = random() < 12 ? 255 : random() % (palette.length + 2);
    const end = at + 1 + (random() << 8 | random()) % runLength;
    labels.fill(label, at, end);
    at = end;
  }
  const drawn = viewSize(view, size);
  return {
    pixels: new Uint8Array(area * 1.5).map(random),
    labels,
    confidence: isCertain ? undefined : new Uint8Array(area).map(random),
    output: view === "side-by-side"
      ? new Uint8Array(drawn.width * drawn.height * 1.5).map(random)
      : undefined,
  };
}

/** So many colours, no two of them alike. */
function makePalette(classes: number): Rgb[] {
  return Array.from({ length: classes }, (_, id) => [id, id * 7 & 255, 255 - id]);
}

function double(half: number): number {
  return 2 * half;
}

/** Where two buffers differ. */
function differences(actual: Uint8Array, expected: Uint8Array): number[] {
  assert.equal(actual.length, expected.length);
  return [...expected.keys()].filter((at) => actual[at] !== expected[at]);
}

/** A byte at each call, the same ones for a seed (a linear congruential generator). */
function randomBytes(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    return state >>> 24;
  };
}
