import assert from "node:assert/strict";
import fc from "fast-check";
import { ModelError } from "../../../src/errors.ts";
import { FileBytes, MemoryBytes } from "../../../src/model/byte_source.ts";
import { Checkpoint } from "../../../src/model/checkpoint/checkpoint.ts";
import type { Tensor } from "../../../src/model/tensor.ts";
import { shared } from "../../testing/shared.ts";
import { temporaryDirectory } from "../../testing/temporary.ts";
import {
  RawPickle,
  Tuple,
  writeLegacy,
  writePickle,
  writeZip,
  WrittenTensor,
  zip,
} from "./pickle_writer.ts";

const FORMATS = { zip: writeZip, legacy: writeLegacy } as const;

function readAll(bytes: Uint8Array): Map<string, Tensor> {
  const checkpoint = new Checkpoint(new MemoryBytes("x.pth", bytes));
  return new Map(
    [...checkpoint.tensors()].map(({ path, tensor }) => [path, checkpoint.read(tensor)]),
  );
}

const floats = (...values: number[]) =>
  new WrittenTensor("Float", Float32Array.from(values), [
    values.length,
  ]);

for (const [format, write] of Object.entries(FORMATS)) {
  Deno.test(`Checkpoint reads tensors in dicts and lists, ${format} format`, () => {
    const state = new Map([["b.weight", floats(1, 2)], ["a", floats(-3)]]);
    const bytes = write({ state_dict: state, epoch: 3, more: [floats(7), "x", null] });
    const checkpoint = new Checkpoint(new MemoryBytes("x.pth", bytes));
    assert.equal(checkpoint.format, format);
    const paths = [...checkpoint.tensors()].map(({ path }) => path);
    assert.deepEqual(paths, ["state_dict.b.weight", "state_dict.a", "more.0"]);
    assert.deepEqual([...readAll(bytes).values()].map(({ data }) => [...data]), [[1, 2], [-3], [
      7,
    ]]);
  });

  Deno.test(`Checkpoint widens every element type, ${format} format`, () => {
    const cases: [type: string, values: WrittenTensor["elements"], expected: unknown][] = [
      ["Float", bytesOf(Float32Array.of(1.5, -2)), Float32Array.of(1.5, -2)],
      ["Double", bytesOf(Float64Array.of(0.1, -2)), Float32Array.of(0.1, -2)],
      // Codes from IEEE 754-2019 table 3.5, and the upper halves of 1 and −2 as float32.
      ["Half", bytesOf(Uint16Array.of(0x3c00, 0xc000)), Float32Array.of(1, -2)],
      ["BFloat16", bytesOf(Uint16Array.of(0x3f80, 0xc000)), Float32Array.of(1, -2)],
      ["Long", bytesOf(BigInt64Array.of(5n, -6n)), BigInt64Array.of(5n, -6n)],
      ["Int", bytesOf(Int32Array.of(5, -6)), BigInt64Array.of(5n, -6n)],
      ["Short", bytesOf(Int16Array.of(5, -6)), BigInt64Array.of(5n, -6n)],
      ["Char", bytesOf(Int8Array.of(5, -6)), Int8Array.of(5, -6)],
      ["Byte", Uint8Array.of(5, 250), Uint8Array.of(5, 250)],
      ["Bool", Uint8Array.of(1, 0), Uint8Array.of(1, 0)],
    ];
    const dict = cases.map(([type, raw]) =>
      new WrittenTensor(type, { buffer: raw.buffer, length: 2 }, [2])
    );
    const data = [...readAll(write(dict)).values()].map((tensor) => tensor.data);
    assert.deepEqual(data, cases.map(([, , expected]) => expected));
  });

  Deno.test(`Checkpoint reads tensors that are views, ${format} format`, () => {
    const values = Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7);
    const view = (shape: number[], strides: number[], offset: number) =>
      new WrittenTensor("Float", values, shape, { strides, offset });
    const read = readAll(write({
      rows: view([2, 3], [3, 1], 1),
      transposed: view([3, 2], [1, 3], 1),
      column: view([3], [2], 1),
      repeated: view([2, 2], [0, 1], 6),
      scalar: view([], [], 5),
      empty: view([0, 4], [4, 1], 0),
      one: view([1, 1, 2], [8, 8, 1], 2),
    }));
    const lists = [...read].map(([name, { shape, data }]) => [name, shape, [...data]]);
    assert.deepEqual(lists, [
      ["rows", [2, 3], [1, 2, 3, 4, 5, 6]],
      ["transposed", [3, 2], [1, 4, 2, 5, 3, 6]],
      ["column", [3], [1, 3, 5]],
      ["repeated", [2, 2], [6, 7, 6, 7]],
      ["scalar", [], [5]],
      ["empty", [0, 4], []],
      ["one", [1, 1, 2], [2, 3]],
    ]);
  });

  Deno.test(`Checkpoint refuses a foreign global by its name, ${format} format`, async () => {
    await using directory = await temporaryDirectory();
    const victim = directory.join("was-run");
    const touch = `touch ${JSON.stringify(victim)}`;
    const pickles: [name: string, code: Uint8Array][] = [
      [
        "posix.system",
        Uint8Array.of(...ascii("cposix\nsystem\n("), ...inner(touch), ...ascii("tR")),
      ],
      ["os.system", Uint8Array.of(...ascii("("), ...inner(touch), ...ascii("ios\nsystem\n"))],
      ["builtins.eval", Uint8Array.of(...inner("builtins"), ...inner("eval"), 0x93)],
      ["torch.nn.modules.conv.Conv2d", ascii("ctorch.nn.modules.conv\nConv2d\n)\x81")],
      ["torch.storage._load_from_bytes", ascii("ctorch.storage\n_load_from_bytes\n")],
      ["numpy.core.multiarray.scalar", ascii("cnumpy.core.multiarray\nscalar\n")],
      ["torch.UntypedStorage", ascii("ctorch\nUntypedStorage\n")],
      ["torch.toStringStorage", ascii("ctorch\ntoStringStorage\n")],
    ];
    for (const [name, code] of pickles) {
      assert.throws(
        () => readAll(write({ weight: floats(1), hook: new RawPickle(code) })),
        (error) => {
          assert.ok(error instanceof ModelError);
          assert.equal(error.actual, name);
          assert.match(error.message, /^Cannot read "x\.pth": it wants to run [^\n]*state_dict/);
          return true;
        },
      );
    }
    await assert.rejects(Deno.stat(victim), Deno.errors.NotFound);
  });
}

Deno.test("Checkpoint reads views of a storage as the legacy format writes them", () => {
  const values = Float32Array.of(0, 1, 2, 3, 4);
  const tensor = new WrittenTensor("Float", values, [2], { viewStart: 2, offset: 1 });
  assert.deepEqual([...readAll(writeLegacy([tensor])).values()][0]!.data, Float32Array.of(3, 4));
});

Deno.test("Checkpoint reads ZIP64 archives and big-endian storages", () => {
  const big = new DataView(new ArrayBuffer(8));
  big.setFloat32(0, 1.5);
  big.setFloat32(4, -2);
  const tensor = new WrittenTensor("Float", { buffer: big.buffer, length: 2 }, [2]);
  const bytes = writeZip([tensor], { wide: true, extra: { byteorder: "big" } });
  assert.deepEqual([...readAll(bytes).values()][0]!.data, Float32Array.of(1.5, -2));
});

Deno.test("Checkpoint lists a dict once, when it is reached by several ways or contains itself", () => {
  const shareable = new RawPickle(
    Uint8Array.of(0x5d, 0x71, 9, 0x68, 9, 0x61, 0x68, 9, 0x61), // a list that holds itself twice
  );
  const deep = new RawPickle("(".repeat(5000) + "t".repeat(5000));
  const bytes = writeZip({ shareable, deep, weight: floats(1) });
  assert.deepEqual([...readAll(bytes).keys()], ["weight"]);
});

Deno.test("Checkpoint reads a tensor's bytes once, and nothing of those that nobody asks for", () => {
  const wanted = new WrittenTensor("Float", new Float32Array(50_000), [50_000]);
  const unwanted = new WrittenTensor("Float", new Float32Array(500_000), [500_000]);
  for (const write of [writeZip, writeLegacy]) {
    const inner = new MemoryBytes("x.pth", write({ optimizer: unwanted, net: wanted }));
    let bytesRead = 0;
    const checkpoint = new Checkpoint({
      name: inner.name,
      size: inner.size,
      read(offset, length) {
        bytesRead += length;
        return inner.read(offset, length);
      },
    });
    const [, net] = [...checkpoint.tensors()];
    checkpoint.read(net!.tensor);
    // The 200 kB of the tensor, and a few chunks of 64 KiB for what is around the storages.
    assert.ok(bytesRead < 200_000 + 8 * 65_536, `${bytesRead} of ${inner.size}`);
  }
});

/** A tensor of a storage "0" of `count` elements, whatever the file holds. */
function claim(shape: number[], strides: number[], count = 2 ** 40): RawPickle {
  return new RawPickle(Uint8Array.of(
    ...ascii("ctorch._utils\n_rebuild_tensor_v2\n(("),
    ...inner("storage"),
    ...ascii("ctorch\nFloatStorage\n"),
    ...["0", "cpu", count].flatMap((value) => [...inner(value)]),
    ...ascii("tQ"),
    ...[0, new Tuple(...shape), new Tuple(...strides)].flatMap((value) => [...inner(value)]),
    ...ascii("tR"),
  ));
}

const BROKEN: [state: string, bytes: Uint8Array, message: RegExp][] = [
  ["it is empty", new Uint8Array(), /truncated/],
  ["it is text", bytesOf(ascii("hello, world")), /damaged or no checkpoint/],
  ["an opcode is unknown", writeZip(new RawPickle("I1\n")), /0x49, which PyTorch does not write/],
  ["it is another pickle", writePickle({ a: 1 }), /no PyTorch checkpoint in either/],
  ["it is another ZIP", zip(new Map([["a.txt", Uint8Array.of(1)]])), /no data\.pkl/],
  ["a ZIP is cut", writeZip([floats(1, 2)]).subarray(0, 200), /truncated/],
  ["a stream is cut", writeLegacy([floats(1, 2)]).slice(0, -3), /truncated/],
  ["a storage claims a terabyte", writeZip([claim([4], [1])]), /claims 1099511627776 Float/],
  ["a shape claims a terabyte", writeZip([claim([2 ** 40], [1])]), /claims more values than/],
  ["a repetition claims a terabyte", writeZip([claim([2 ** 40], [0], 1)]), /claims more values/],
  ["a tensor leaves its storage", writeZip([claim([3], [1], 2)]), /\[3\] that leaves its storage/],
  ["a text claims 2 GB", writeZip(new RawPickle(ascii("X\xff\xff\xff\x7f"))), /text of \d+ bytes/],
  ["the stack is empty", writeZip(new RawPickle("R")), /takes from an empty stack/],
  ["a mark is missing", writeZip(new RawPickle("t")), /mark that it never set/],
  ["the memo is empty", writeZip(new RawPickle("h\x05")), /never remembered/],
  ["it sets items of a list", writeZip(new RawPickle("](NNu")), /no dict/],
];

for (const [state, bytes, message] of BROKEN) {
  Deno.test(`Checkpoint throws a ModelError of one line, when ${state}`, () => {
    assert.throws(() => readAll(bytes), (error) => {
      assert.ok(error instanceof ModelError, String(error));
      assert.match(error.message, message);
      assert.match(error.message, /^Cannot read "x\.pth": [^\n]*$/);
      return true;
    });
  });
}

Deno.test("Checkpoint throws nothing but ModelError, whatever bytes are changed", () => {
  const object = { state_dict: new Map([["a", floats(1, 2, 3)]]), n: [1, 2.5, -(2n ** 60n)] };
  const files = [writeZip(object), writeLegacy(object)];
  const longest = Math.max(...files.map(({ length }) => length));
  const edit = fc.tuple(fc.nat(longest - 1), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      fc.array(edit, { maxLength: 4 }),
      fc.nat(longest),
      (file, edits, length) => {
        const changed = file.slice();
        for (const [index, byte] of edits) changed[index % file.length] = byte;
        for (const bytes of [changed, changed.subarray(0, length)]) {
          try {
            readAll(bytes);
          } catch (error) {
            if (!(error instanceof ModelError)) throw error;
          }
        }
      },
    ),
    { numRuns: 3000, seed: 1 },
  );
});

const foreign = shared("data/checkpoints/enet_camvid.pth");

Deno.test({
  name: foreign.name("Checkpoint reads a published checkpoint of another network"),
  ignore: foreign.ignore,
  async fn() {
    // Made by PyTorch itself: path, type and shape of every tensor.
    const list = await Deno.readTextFile(foreign.path.replace(".pth", ".tensors.txt"));
    const expected = list.split("\n").filter((line) => line.includes("Storage"));
    using file = FileBytes.open(foreign.path);
    const checkpoint = new Checkpoint(file);
    const actual = [...checkpoint.tensors()].map(({ path, tensor }) => {
      assert.ok(checkpoint.read(tensor).data.every((value) => Number.isFinite(Number(value))));
      return `${path}\t${tensor.storage.type}Storage\t[${tensor.shape.join(", ")}]`;
    });
    assert.deepEqual(actual, expected);
  },
});

function ascii(code: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(code, (letter) => letter.charCodeAt(0));
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** The opcodes of a value, without those that begin and end a pickle. */
function inner(value: unknown): Uint8Array {
  return writePickle(value).slice(2, -1);
}
