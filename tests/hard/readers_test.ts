/**
 * Small files that people write or download, with anything in them. (Weights, checkpoints and ONNX
 * files are damaged in tests/model.)
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ModelError } from "../../src/errors.ts";
import { readSidecar } from "../../src/model/custom/sidecar.ts";
import { decodeCalibration, encodeCalibration } from "../../src/model/quantize/calibration.ts";
import { parsePalette } from "../../src/overlay/palette.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

/** Objects with the keys that a reader looks for, and anything behind them. */
function objectsOf(...keys: string[]): fc.Arbitrary<string> {
  return fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), fc.jsonValue(), {
    maxKeys: 5,
  }).map((value) => JSON.stringify(value));
}

Deno.test("readSidecar() gives facts or throws a ModelError, whatever is in the file", async () => {
  await using folder = await temporaryDirectory();
  const text = fc.oneof(
    objectsOf("layout", "mean", "std", "output", "kind", "alignCorners", "classes", "__proto__"),
    fc.string(),
    fc.json(),
  );
  await fc.assert(
    fc.asyncProperty(text, async (each) => {
      await Deno.writeTextFile(folder.join("net.json"), each);
      try {
        assert.equal(typeof await readSidecar(folder.join("net.onnx")), "object");
      } catch (error) {
        assert.ok(error instanceof ModelError, String(error));
        assert.doesNotMatch(error.message, /TypeError|undefined is not|Cannot read prop/);
      }
    }),
    { numRuns: 500, seed: 1 },
  );
});

Deno.test("parsePalette() gives a colour for each class or throws RangeError or SyntaxError, for any text", () => {
  const line = fc.tuple(
    fc.constantFrom("road", "vehicle", "3", "#", "no such class"),
    fc.oneof(
      fc.string(),
      fc.tuple(fc.nat(300), fc.nat(300), fc.nat(300)).map((rgb) => rgb.join(" ")),
    ),
  ).map((parts) => parts.join(" "));
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    objectsOf("road", "vehicle", "3"),
    fc.array(line, { maxLength: 4 }).map((lines) => lines.join("\n")),
  );
  fc.assert(
    fc.property(text, (each) => {
      try {
        const palette = parsePalette(each);
        assert.equal(palette.length, 19); // the classes of Cityscapes
        for (const colour of palette) {
          assert.equal(colour.length, 3);
          for (const value of colour) assert.ok(value >= 0 && value <= 255);
        }
      } catch (error) {
        assert.ok(error instanceof RangeError || error instanceof SyntaxError, String(error));
      }
    }),
    { numRuns: 2000, seed: 1 },
  );
});

Deno.test("decodeCalibration() throws nothing but ModelError, whatever bytes are changed", () => {
  const channels = {
    low: Float32Array.of(0),
    high: Float32Array.of(1),
    mean: Float32Array.of(0.5),
  };
  const good = encodeCalibration({
    statistics: new Map([["some.relu", channels]]),
    keep: ["x"],
    fingerprint: "00ff",
  });
  const edit = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 4 }), fc.nat(good.length), (edits, length) => {
      const changed = good.slice();
      for (const [at, byte] of edits) changed[at] = byte;
      for (const bytes of [changed, changed.subarray(0, length)]) {
        try {
          decodeCalibration(bytes, "x.int8");
        } catch (error) {
          assert.ok(error instanceof ModelError, String(error));
        }
      }
    }),
    { numRuns: 2000, seed: 1 },
  );
});
