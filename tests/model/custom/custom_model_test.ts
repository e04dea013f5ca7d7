import assert from "node:assert/strict";
import { ModelError } from "../../../src/errors.ts";
import { CITYSCAPES_CLASSES } from "../../../src/frame/classes.ts";
import { openModel } from "../../../src/model/any_model.ts";
import { describeCustomModel } from "../../../src/model/custom/custom_model.ts";
import type { CustomFacts } from "../../../src/model/custom/sidecar.ts";
import { summariseModel } from "../../../src/model/summary.ts";
import { temporaryDirectory } from "../../testing/temporary.ts";
import { TINY_CLASSES, type TinyNetwork, tinyNetwork } from "../../testing/tiny_network.ts";

async function describe(
  network: TinyNetwork | Uint8Array<ArrayBuffer>,
  sidecar?: unknown,
  facts?: CustomFacts,
) {
  await using directory = await temporaryDirectory();
  const path = directory.join("net.onnx");
  const bytes = network instanceof Uint8Array ? network : tinyNetwork(network);
  await Deno.writeFile(path, bytes);
  if (sidecar !== undefined) {
    const text = typeof sidecar === "string" ? sidecar : JSON.stringify(sidecar);
    await Deno.writeTextFile(directory.join("net.json"), text);
  }
  try {
    return await describeCustomModel(path, facts);
  } catch (error) {
    // Without the folder's name, so that tests can state whole messages.
    if (error instanceof Error) error.message = error.message.replaceAll(`${directory.path}/`, "");
    throw error;
  }
}

const CLASSES = { classes: [...TINY_CLASSES] };

Deno.test("describeCustomModel() takes ImageNet's normalisation and Cityscapes' 19 by default", async () => {
  const model = await describe({ classes: 19 });
  assert.deepEqual(model.classes, CITYSCAPES_CLASSES);
  assert.deepEqual(model.input, {
    kind: "rgb",
    name: "image",
    layout: "nchw",
    type: "float32",
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  });
  assert.deepEqual(model.fixedSize, {});
  assert.deepEqual(model.output, { kind: "scores", name: "map", alignCorners: false });
  const said = model.assumptions.map(({ what, from }) => `${what} from ${from}`);
  assert.deepEqual(said, [
    "layout from the file",
    "normalisation from the default",
    "output holds from the file",
    "classes from the default",
  ]);
});

Deno.test("describeCustomModel() believes options, then the sidecar", async () => {
  const sidecar = { ...CLASSES, mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] };
  const model = await describe({ size: { width: 64, height: 32 } }, sidecar);
  assert.deepEqual(model.classes.map(({ name }) => name), TINY_CLASSES);
  assert.deepEqual([model.input.mean, model.input.std], [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]);
  assert.deepEqual(model.fixedSize, { width: 64, height: 32 });
  const other = await describe({}, sidecar, { mean: [0, 0, 0], std: [1, 1, 1] });
  assert.deepEqual([other.input.mean, other.input.std], [[0, 0, 0], [1, 1, 1]]);
});

Deno.test("describeCustomModel() gives classes colours that differ", async () => {
  const classes = Array.from({ length: 150 }, (_, id) => `class ${id}`);
  const model = await describe({ classes: 150 }, { classes });
  const colours = model.classes.map(({ colour }) => colour.join());
  assert.equal(new Set(colours).size, 150);
});

Deno.test("summariseModel() tells inputs, outputs, cost and what is assumed", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("net.onnx");
  await Deno.writeFile(path, tinyNetwork({ stride: 2, classes: 19 }));
  const facts = summariseModel(await openModel(path));
  const of = (label: string) => facts.filter(([name]) => name === label).map(([, text]) => text);
  assert.deepEqual(of("input"), ["image: float32 [1, 3, ?, ?]"]);
  assert.deepEqual(of("output"), ["map: float32 [1, 19, ?, ?]"]);
  assert.deepEqual(of("parameters"), ["76 stored values"]); // 19 · 3 weights and 19 biases
  // 3 · 19 multiplications at a quarter of the pixels: 0.0299 at full size.
  assert.deepEqual(of("GMACs"), ["0.03 at 2048x1024, 0.01 at 1024x512, 0.00 at 512x256"]);
  assert.match(of("assumed").join("; "), /normalisation: ImageNet's, .* \(from the default\)/);
  assert.match(of("classes")[0]!, /^19: road, sidewalk/);
});

const REFUSED: [
  what: string,
  network: TinyNetwork | Uint8Array<ArrayBuffer>,
  sidecar: unknown,
  message: string | RegExp,
][] = [
  [
    "two inputs",
    { extra: "input" },
    CLASSES,
    'Cannot use "net.onnx": it has 2 inputs ("image", "mask"); segstream feeds one, the image. ' +
    "Export it with one input.",
  ],
  [
    "two outputs",
    { extra: "output" },
    CLASSES,
    'Cannot use "net.onnx": it has 2 outputs ("map", "aside"). Name one in "net.json", as in ' +
    '{"output": "map"}.',
  ],
  [
    "an output that is not there",
    {},
    { ...CLASSES, output: "out" },
    'Cannot use "net.onnx": it has no output "out", only "map". Name one in "net.json", as in ' +
    '{"output": "map"}.',
  ],
  [
    "a missing sidecar",
    { size: { width: 64, height: 32 } },
    undefined,
    'Cannot use "net.onnx": its output "map" is [1, 3, 32, 64], and 19 classes are named. Name as ' +
    'many as it has in "net.json": {"classes": ["background", "road"]}.',
  ],
  ["no ONNX file", new TextEncoder().encode("hello"), undefined, /^Cannot read "net\.onnx": /],
  [
    "a cut ONNX file",
    tinyNetwork().slice(0, -9),
    CLASSES,
    /^Cannot read "net\.onnx": it is (truncated|damaged)/,
  ],
  ["a sidecar that is no JSON", {}, "{", /^Cannot read the sidecar "net\.json": /],
  ["a sidecar that is a list", {}, "[]", /"net\.json": it is no JSON object\. Write one/],
  ["a misspelt key", {}, { class: [] }, /"net\.json": it has "class"; segstream knows layout, /],
  ["a wrong layout", {}, { layout: "chw" }, /layout is "chw"; it must be "nchw" or "nhwc"\./],
  ["a mean alone", {}, { mean: [0, 0, 0] }, /mean and std go together/],
  ["a mean of one", {}, { mean: [0], std: [1, 1, 1] }, /mean must be three numbers/],
  ["a class twice", {}, { classes: ["a", "b", "a"] }, /classes has "a" twice/],
  ["a bad colour", {}, { classes: [{ name: "a", colour: "red" }] }, /"red" is no colour for "a"/],
];

for (const [what, network, sidecar, message] of REFUSED) {
  Deno.test(`describeCustomModel() throws a ModelError of one line, for ${what}`, async () => {
    await assert.rejects(describe(network, sidecar), (error) => {
      assert.ok(error instanceof ModelError, String(error));
      if (typeof message === "string") assert.equal(error.message, message);
      else assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  });
}

Deno.test("describeCustomModel() takes the output that is named, of several", async () => {
  const model = await describe({ extra: "output" }, { ...CLASSES, output: "map" });
  assert.equal(model.output.name, "map");
});
