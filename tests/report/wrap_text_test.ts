import assert from "node:assert/strict";
import { wrapText } from "../../src/report/wrap_text.ts";

const cases: readonly [text: string, width: number, lines: readonly string[]][] = [
  ["", 10, [""]],
  ["one two three", 20, ["one two three"]],
  ["one two three", 7, ["one two", "three"]],
  ["one two three", 3, ["one", "two", "three"]],
  ["incomprehensible it is", 8, ["incomprehensible", "it is"]],
  ["at /usr/share/long/path", 12, ["at /usr/", "share/long/", "path"]],
  ["a /short b", 12, ["a /short b"]],
];

for (const [text, width, lines] of cases) {
  Deno.test(`wrapText() breaks ${JSON.stringify(text)} at ${width} columns`, () => {
    assert.deepEqual(wrapText(text, width), lines);
  });
}
