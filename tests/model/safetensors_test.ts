import assert from "node:assert/strict";
import fc from "fast-check";
import { ModelError } from "../../src/errors.ts";
import { decodeSafetensors, readSafetensors } from "../../src/model/safetensors.ts";
import { encodeSafetensors } from "../../src/model/safetensors_writer.ts";
import type { Tensor } from "../../src/model/tensor.ts";

/** A file whose header says what the test wants, whatever its data. */
function fileOf(header: unknown, dataBytes: number | Uint8Array = 0): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const data = typeof dataBytes === "number" ? new Uint8Array(dataBytes) : dataBytes;
  const file = new Uint8Array(8 + json.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  file.set(data, 8 + json.length);
  return file;
}

const floats = (begin: number, end: number) => ({
  dtype: "F32",
  shape: [(end - begin) / 4],
  data_offsets: [begin, end],
});

Deno.test("encodeSafetensors() writes what decodeSafetensors() reads, metadata included", () => {
  const tensors = new Map<string, Tensor>([
    ["labels", { shape: [3], data: Uint8Array.of(1, 2, 3) }],
    ["weight", { shape: [2, 1], data: Float32Array.of(-1.5, 3e-40) }],
    ["count", { shape: [], data: BigInt64Array.of(-(2n ** 62n)) }],
    ["empty", { shape: [0, 4], data: new Float32Array() }],
  ]);
  const metadata = new Map([["classes", "19"], ["name", "Straße"]]);
  const decoded = decodeSafetensors(encodeSafetensors(tensors, metadata), "x");
  assert.deepEqual(decoded.metadata, metadata);
  assert.deepEqual(new Map([...decoded.tensors].sort()), new Map([...tensors].sort()));
});

Deno.test("encodeSafetensors() refuses what it cannot write", () => {
  const int8 = new Map([["q", { shape: [1], data: Int8Array.of(1) }]]);
  assert.throws(() => encodeSafetensors(int8), TypeError);
  const short = new Map([["w", { shape: [2, 2], data: new Float32Array(3) }]]);
  assert.throws(() => encodeSafetensors(short), RangeError);
});

Deno.test("decodeSafetensors() widens F16 and BF16 exactly", () => {
  // Codes and values from IEEE 754-2019 table 3.5 and from float32's upper half.
  const half = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x8000, 0x7c00, 0xfc00, 0x3555];
  const brain = [0x3f80, 0xc000, 0x0001, 0x7f80];
  const data = new Uint8Array(Uint16Array.from([...half, ...brain]).buffer);
  const { tensors } = decodeSafetensors(
    fileOf({
      half: { dtype: "F16", shape: [9], data_offsets: [0, 18] },
      brain: { dtype: "BF16", shape: [4], data_offsets: [18, 26] },
    }, data),
    "x",
  );
  assert.deepEqual(
    [...tensors.get("half")!.data],
    [1, -2, 65504, 2 ** -24, 2 ** -14, -0, Infinity, -Infinity, 0.333251953125],
  );
  assert.deepEqual([...tensors.get("brain")!.data], [1, -2, 2 ** -133, Infinity]);
});

Deno.test("decodeSafetensors() reads tensors that lie unaligned in the file", () => {
  for (let padding = 0; padding < 4; padding++) {
    const data = new Uint8Array(Float32Array.of(0.5, -7).buffer);
    const header = JSON.stringify({ weight: floats(0, 8) }) + " ".repeat(padding);
    const { tensors } = decodeSafetensors(fileOf(header, data), "x");
    assert.deepEqual(tensors.get("weight"), { shape: [2], data: Float32Array.of(0.5, -7) });
  }
});

const terabyte = new Uint8Array(16);
new DataView(terabyte.buffer).setBigUint64(0, 2n ** 40n, true);

const BROKEN: [state: string, file: Uint8Array, message: RegExp][] = [
  ["it is empty", new Uint8Array(), /it has 0 bytes/],
  ["its header claims a terabyte", terabyte, /header of 1099511627776 bytes and has 8/],
  ["its header is cut", fileOf({ weight: floats(0, 8) }, 8).subarray(0, 20), /truncated/],
  ["its header is not JSON", fileOf("{weight", 8), /not JSON/],
  ["its header is not UTF-8", fileOf("{}").map((byte, i) => i === 8 ? 0xff : byte), /not JSON/],
  ["its header is a list", fileOf("[]"), /not a JSON object/],
  ["its data is cut", fileOf({ weight: floats(0, 8) }, 7), /"weight" ends at byte 8 of 7/],
  ["it has bytes left over", fileOf({ weight: floats(0, 8) }, 12), /last 4 bytes/],
  ["tensors overlap", fileOf({ a: floats(0, 8), b: floats(4, 12) }, 12), /"b" overlaps/],
  [
    "tensors leave a gap",
    fileOf({ a: floats(0, 4), b: floats(8, 12) }, 12),
    /4 bytes before .*"b"/,
  ],
  [
    "a type is unknown",
    fileOf({ weight: { ...floats(0, 8), dtype: "F8_E4M3" } }, 8),
    /type "F8_E4M3"; segstream reads F32/,
  ],
  ["a type is a trap", fileOf({ weight: { ...floats(0, 8), dtype: "toString" } }, 8), /"toString"/],
  [
    "a size is wrong",
    fileOf({ weight: { ...floats(0, 8), shape: [3] } }, 8),
    /F32 \[3\], 12 bytes, but its range holds 8/,
  ],
  [
    "a shape overflows",
    fileOf({ weight: { ...floats(0, 8), shape: [2 ** 52, 2 ** 52] } }, 8),
    /but its range holds 8/,
  ],
  ["a shape is negative", fileOf({ weight: { ...floats(0, 8), shape: [-2] } }, 8), /valid shape/],
  [
    "a range is reversed",
    fileOf({ weight: { ...floats(0, 0), data_offsets: [8, 0] } }, 8),
    /range/,
  ],
  ["a tensor is a number", fileOf({ weight: 3 }), /"weight" is not described/],
  ["a name has a line break", fileOf({ "a\nb": 3 }), /"a\\nb" is not described/],
  ["metadata is not text", fileOf({ __metadata__: { classes: 19 } }), /"classes" is not a string/],
];

for (const [state, file, message] of BROKEN) {
  Deno.test(`decodeSafetensors() throws a ModelError of one line, when ${state}`, () => {
    assert.throws(() => decodeSafetensors(file, "street"), (error) => {
      assert.ok(error instanceof ModelError);
      assert.match(error.message, message);
      assert.match(error.message, /^Cannot read "street": [^\n]*$/);
      return true;
    });
  });
}

Deno.test("decodeSafetensors() throws nothing but ModelError, whatever bytes are changed", () => {
  const file = encodeSafetensors(
    new Map<string, Tensor>([
      ["a", { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
      ["b", { shape: [2], data: BigInt64Array.of(1n, 2n) }],
    ]),
    new Map([["k", "v"]]),
  );
  const edit = fc.tuple(fc.nat(file.length - 1), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 4 }), fc.nat(file.length), (edits, length) => {
      const changed = file.slice();
      for (const [index, byte] of edits) changed[index] = byte;
      for (const bytes of [changed, changed.subarray(0, length)]) {
        try {
          decodeSafetensors(bytes, "x");
        } catch (error) {
          if (!(error instanceof ModelError)) throw error;
        }
      }
    }),
    { numRuns: 2000, seed: 1 },
  );
});

Deno.test("readSafetensors() reads a file, and says which is missing", async () => {
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    await Deno.writeFile(path, fileOf({ weight: floats(0, 8) }, 8));
    const { tensors } = await readSafetensors(path);
    assert.deepEqual([...tensors.keys()], ["weight"]);
    await Deno.writeFile(path, terabyte);
    await assert.rejects(readSafetensors(path), { name: "ModelError", message: /1099511627776/ });
  } finally {
    await Deno.remove(path);
  }
  await assert.rejects(readSafetensors(path), { name: "ModelError", message: /no such file/ });
});
