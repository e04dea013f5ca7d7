import assert from "node:assert/strict";
import fc from "fast-check";
import { ModelError } from "../../../src/errors.ts";
import { type ByteSource, MemoryBytes } from "../../../src/model/byte_source.ts";
import { buildOnnx, listLayers, loadModel } from "../../../src/model/model.ts";
import { countMacs } from "../../../src/model/onnx/macs.ts";
import { readOnnxFile } from "../../../src/model/onnx/onnx_file.ts";

const SIZE = { width: 512, height: 256 };
const model = await loadModel();

Deno.test("readOnnxFile() gives inputs, outputs, opset and metadata of an exported file", () => {
  const onnx = buildOnnx(model, { size: SIZE, input: "rgb", head: "prob" });
  const file = readOnnxFile(new MemoryBytes("x.onnx", onnx));
  assert.equal(file.opset, 17);
  assert.equal(file.producer, "segstream");
  assert.deepEqual(file.metadata, model.metadata);
  assert.deepEqual(file.inputs, [{ name: "image", type: "uint8", shape: [1, 256, 512, 3] }]);
  assert.deepEqual(file.outputs, [
    { name: "labels", type: "uint8", shape: [1, 256, 512] },
    { name: "confidence", type: "float32", shape: [1, 256, 512] },
  ]);
  assert.equal(file.hasExternalData, false);
});

Deno.test("countMacs() counts what listLayers() counts, at every resolution", () => {
  for (const scale of [1, 2, 4]) {
    const size = { width: 512 * scale, height: 256 * scale };
    const onnx = buildOnnx(model, { size, input: "rgb" });
    const file = readOnnxFile(new MemoryBytes("x.onnx", onnx));
    const expected = listLayers(model, { size, input: "rgb" })
      .reduce((sum, { macs }) => sum + macs, 0);
    assert.equal(countMacs(file, [1, size.height, size.width, 3]), expected);
  }
});

Deno.test("readOnnxFile() does not read the weights", () => {
  const onnx = buildOnnx(model, { size: SIZE, input: "rgb" });
  const inner = new MemoryBytes("x.onnx", onnx);
  let largest = 0;
  const source: ByteSource = {
    name: "x.onnx",
    size: inner.size,
    read(offset, length) {
      largest = Math.max(largest, length);
      return inner.read(offset, length);
    },
  };
  assert.ok(readOnnxFile(source).parameters > 1e6);
  assert.ok(largest <= 1 << 16, `${largest}`);
});

Deno.test("readOnnxFile() throws nothing but ModelError, whatever bytes are changed", () => {
  const onnx = buildOnnx(model, { size: { width: 32, height: 32 }, input: "rgb" }).slice();
  const edit = fc.tuple(fc.nat(4000), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 4 }), fc.nat(onnx.length), (edits, length) => {
      const undo = edits.map(([index]) => [index, onnx[index]!] as const);
      for (const [index, byte] of edits) onnx[index] = byte;
      for (const bytes of [onnx, onnx.subarray(0, length)]) {
        try {
          readOnnxFile(new MemoryBytes("x.onnx", bytes));
        } catch (error) {
          if (!(error instanceof ModelError)) throw error;
          assert.match(error.message, /^Cannot read "x\.onnx": [^\n]*$/);
        }
      }
      for (const [index, byte] of undo.toReversed()) onnx[index] = byte;
    }),
    { numRuns: 200, seed: 1 },
  );
});

for (
  const [what, bytes] of [
    ["nothing", new Uint8Array()],
    ["text", new TextEncoder().encode("hello, world")],
    ["zeros", new Uint8Array(100)],
  ] as const
) {
  Deno.test(`readOnnxFile() throws a ModelError of one line, for ${what}`, () => {
    assert.throws(() => readOnnxFile(new MemoryBytes("x.onnx", bytes)), {
      name: "ModelError",
      message: /^Cannot read "x\.onnx": it is [^\n]*$/,
    });
  });
}
