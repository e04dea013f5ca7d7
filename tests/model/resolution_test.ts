import assert from "node:assert/strict";
import { modelSize, type Resolution } from "../../src/model/resolution.ts";

// [source, resolution, expected]; the first three are the paper's input sizes.
const CASES: [source: string, resolution: Resolution, expected: string][] = [
  ["2048x1024", "full", "2048x1024"],
  ["2048x1024", "half", "1024x512"],
  ["2048x1024", "quarter", "512x256"],
  ["4096x2048", "full", "2048x1024"],
  ["4096x2048", "half", "1024x512"],
  ["4096x2048", "quarter", "512x256"],
  ["1024x512", "full", "1024x512"],
  // 1088 is 1080 rounded to a multiple of 32.
  ["1920x1080", "full", "1920x1088"],
  ["1920x1080", "half", "1024x576"],
  ["1920x1080", "quarter", "512x288"],
  ["1080x1920", "half", "576x1024"],
  ["3840x2160", "full", "2048x1152"],
  // Nothing is enlarged: 360 goes to the nearest multiple, 352.
  ["480x360", "full", "480x352"],
  ["480x360", "half", "480x352"],
  ["480x360", "quarter", "480x352"],
  ["96x64", "full", "96x64"],
  // Extremes stay within what the network can take.
  ["2x2", "full", "32x32"],
  ["4000x20", "half", "1024x32"],
  // A size of one's own is only rounded.
  ["480x360", { width: 960, height: 704 }, "960x704"],
  ["1920x1080", { width: 900, height: 500 }, "896x512"],
];

for (const [source, resolution, expected] of CASES) {
  const label = typeof resolution === "string" ? resolution : Object.values(resolution).join("x");
  Deno.test(`modelSize() gives ${expected}, for ${source} at ${label}`, () => {
    assert.deepEqual(modelSize(parse(source), resolution), parse(expected));
  });
}

Deno.test("modelSize() throws a RangeError, for sides that are not positive integers", () => {
  for (
    const size of [{ width: 0, height: 64 }, { width: 64, height: 1.5 }, { width: NaN, height: 1 }]
  ) {
    assert.throws(() => modelSize(size, "full"), RangeError);
    assert.throws(() => modelSize({ width: 64, height: 64 }, size), RangeError);
  }
});

function parse(text: string) {
  const [width, height] = text.split("x").map(Number) as [number, number];
  return { width, height };
}
