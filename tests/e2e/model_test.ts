/** `segstream model …` and `--model …` as a user runs them. */
import assert from "node:assert/strict";
import { loadModel } from "../../src/model/model.ts";
import { writeLegacy, writeZip, WrittenTensor } from "../model/checkpoint/pickle_writer.ts";
import { RawPickle } from "../model/checkpoint/pickle_writer.ts";
import { randomWeights } from "../model/random_weights.ts";
import { largestDifference, runOnnx } from "../model/run_onnx.ts";
import { runCommand } from "../testing/command.ts";
import { readGolden } from "../testing/golden.ts";
import { probeFile } from "../testing/media.ts";
import { runSegstream } from "../testing/segstream.ts";
import { shared } from "../testing/shared.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary.ts";
import { TINY_CLASSES, tinyNetwork } from "../testing/tiny_network.ts";

const WEIGHTS = new Map(
  [...randomWeights(3)].map(([name, { data, shape }]) =>
    [name, new WrittenTensor("Float", data as Float32Array, shape)] as const
  ),
);

const text = new TextDecoder();

function filesIn(directory: TemporaryDirectory): string[] {
  return [...Deno.readDirSync(directory.path)].map(({ name }) => name).sort();
}

async function run(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runSegstream(args);
  assert.equal(code, 0, stderr);
  return text.decode(stdout);
}

/** Runs it, expects exit code 1 and one line. */
async function fail(...args: string[]): Promise<string> {
  const { code, stderr } = await runSegstream(args);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /^segstream: [^\n]*\n$/);
  return stderr.slice("segstream: ".length, -1);
}

const golden = shared("golden/public_layout_random.legacy.pth");

Deno.test({
  name: golden.name("model import, then export: PyTorch's logits from the ONNX file"),
  ignore: golden.ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const weights = directory.join("net.safetensors");
    assert.equal(
      await run("model", "import", golden.path, "-o", weights),
      `wrote ${weights}: layout public, 19 classes, padding 0, align_corners true\n`,
    );
    const onnx = directory.join("net.onnx");
    await run("model", "export", weights, "-o", onnx, "--resolution", "quarter");
    assert.deepEqual(filesIn(directory), ["net.onnx", "net.safetensors"]);
    const { image, logits } = await readGolden("public_layout_random.256x512.safetensors");
    const outputs = await runOnnx(await Deno.readFile(onnx), {
      image: { data: image, shape: [1, 256, 512, 3] },
    });
    const difference = largestDifference(outputs["logits"]!.data as Float32Array, logits);
    assert.ok(difference < 1e-4, `${difference}`);
  },
});

Deno.test("model import keeps what the flags say, and model info tells it", async () => {
  await using directory = await temporaryDirectory();
  const checkpoint = directory.join("net.pth");
  await Deno.writeFile(checkpoint, writeLegacy({ state_dict: WEIGHTS }));
  const output = directory.join("net.safetensors");
  const names = directory.join("names.txt");
  await Deno.writeTextFile(
    names,
    Array.from({ length: 19 }, (_, id) => `kind ${id}`).join("\n"),
  );
  const flags = ["--padding", "1", "--align-corners", "false", "--classes", names];
  const scale = ["--mean", "127.5,127.5,127.5", "--std", "127.5,127.5,127.5"];
  await run("model", "import", checkpoint, "-o", output, ...flags, ...scale);
  const { traits, classes } = await loadModel(output);
  assert.deepEqual([traits.firstPadding, traits.alignCorners], [1, false]);
  assert.deepEqual([traits.mean, traits.std], [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]);
  assert.equal(classes[18]!.name, "kind 18");
  const info = await run("model", "info", output);
  assert.match(info, /imported {4}from net\.pth, layout public/);
  assert.match(info, /GMACs {7}6\.71 at 2048x1024, 1\.68 at 1024x512, 0\.42 at 512x256/);
  assert.match(info, /normalisation RGB\/255, mean 0\.5 0\.5 0\.5, std 0\.5 0\.5 0\.5/);
  assert.match(info, /classes {5}19: kind 0, kind 1, /);
});

Deno.test("model info tells of the default model what its card says", async () => {
  const info = await run("model", "info");
  assert.match(info, /parameters {2}1,138,051\n/);
  assert.match(info, /classes {5}19: road, sidewalk/);
});

const CHECKER = "import sys, onnx; onnx.checker.check_model(onnx.load(sys.argv[1]), True)";
const python = await findPython();

/** A Python that has ONNX's own checker: Debian's python3-onnx is for /usr/bin/python3. */
async function findPython(): Promise<string | undefined> {
  for (const program of ["python3", "/usr/bin/python3"]) {
    const found = await runCommand(program, ["-c", "import onnx"]).catch(() => undefined);
    if (found?.code === 0) return program;
  }
  return undefined;
}

Deno.test({
  name: "model export writes what ONNX's own checker accepts" +
    (python === undefined ? " (skipped: Python has no onnx; apt-get install python3-onnx)" : ""),
  ignore: python === undefined,
  async fn() {
    await using directory = await temporaryDirectory();
    for (const head of ["logits", "cls", "prob"]) {
      const onnx = directory.join(`${head}.onnx`);
      await run("model", "export", "-o", onnx, "--resolution", "352x480", "--head", head);
      const { code, stderr } = await runCommand(python!, ["-c", CHECKER, onnx]);
      assert.equal(code, 0, stderr);
    }
  },
});

Deno.test("model export gives labels and confidence that ONNX Runtime computes", async () => {
  await using directory = await temporaryDirectory();
  const onnx = directory.join("net.onnx");
  await run("model", "export", "-o", onnx, "--resolution", "128x64", "--head", "prob");
  const image = { data: new Uint8Array(64 * 128 * 3).fill(120), shape: [1, 64, 128, 3] };
  const { labels, confidence } = await runOnnx(await Deno.readFile(onnx), { image });
  assert.deepEqual([labels!.type, labels!.dims], ["uint8", [1, 64, 128]]);
  const values = confidence!.data as Float32Array;
  assert.ok(values.length === 64 * 128 && values.every((value) => value > 1 / 19 && value <= 1));
});

Deno.test("--model runs an ONNX file with its sidecar, its classes and a palette of them", async () => {
  await using directory = await temporaryDirectory();
  const onnx = directory.join("net.onnx");
  await Deno.writeFile(onnx, tinyNetwork({ stride: 4 }));
  await Deno.writeTextFile(
    directory.join("net.json"),
    JSON.stringify({ mean: [0, 0, 0], std: [1, 1, 1], classes: TINY_CLASSES }),
  );
  await Deno.writeTextFile(directory.join("palette.txt"), "reddish 1 2 3\n");
  const output = directory.join("out.mp4");
  const look = ["--legend", "--classes", "reddish,bluish"];
  await run(
    ...["street:size=192x96,seconds=0.4", "-o", output, "--model", onnx, "--quiet"],
    ...[...look, "--palette", directory.join("palette.txt")],
  );
  const { streams } = await probeFile(output);
  assert.equal(streams[0]!.nb_read_frames, "12");
  const { code, stderr } = await runSegstream([
    ...["street:size=192x96,seconds=0.4", "-o", output, "--overwrite", "--model", onnx],
    ...["--classes", "road"],
  ]);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /"road" is no class, .* choose from reddish, greenish, bluish/);
});

Deno.test("--model takes what flags say in place of a sidecar", async () => {
  await using directory = await temporaryDirectory();
  const onnx = directory.join("net.onnx");
  await Deno.writeFile(onnx, tinyNetwork({ output: "labels" }));
  const names = directory.join("names.txt");
  await Deno.writeTextFile(names, TINY_CLASSES.join("\n"));
  const output = directory.join("out.mp4");
  const flags = ["--model-mean", "0.5,0.5,0.5", "--model-std", "0.5,0.5,0.5"];
  await run(
    ...["street:size=192x96,seconds=0.2", "-o", output, "--model", onnx, "--quiet"],
    ...[...flags, "--model-layout", "nchw", "--model-classes", names],
  );
  assert.equal((await probeFile(output)).streams[0]!.nb_read_frames, "6");
  const { code, stderr } = await runSegstream([
    ...["street:size=192x96,seconds=0.2", "-o", output, "--overwrite", "--model", onnx],
    ...["--model-classes", names, "--head", "prob"],
  ]);
  assert.equal(code, 2);
  assert.match(stderr, /gives labels, not logits\. Leave --head prob out\.\n$/);
});

Deno.test("--model NAME@URL#sha256 downloads once, with leave to connect", async () => {
  await using directory = await temporaryDirectory();
  const bytes = tinyNetwork({ classes: 19 });
  const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  let requests = 0;
  // Of the loopback addresses, one that the program is not given leave for anyway.
  await using server = Deno.serve({ hostname: "127.0.0.2", port: 0, onListen() {} }, () => {
    requests++;
    return new Response(bytes);
  });
  const host = `127.0.0.2:${server.addr.port}`;
  const reference = `tiny@http://${host}/tiny.onnx#${sha256}`;
  const segstream = (net: string[], model: string) =>
    runCommand(Deno.execPath(), [
      ...["run", "-q", "-P", "--no-prompt", "--allow-env=XDG_CACHE_HOME", ...net],
      ...["mod.ts", "model", "info", model],
    ], { env: { XDG_CACHE_HOME: directory.path, NO_COLOR: "1" } });
  const refused = await segstream([], reference);
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    new RegExp(`^segstream: Cannot download [^\n]* Add --allow-net=${host} to the command\\.\n$`),
  );
  const wrong = await segstream([`--allow-net=${host}`], reference.replace(/.{4}$/, "0000"));
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /segstream: Cannot download [^\n]*: its SHA-256 is [^\n]*\n$/);
  assert.deepEqual([...Deno.readDirSync(directory.join("segstream/models"))], []);
  for (let i = 0; i < 2; i++) {
    const { code, stdout, stderr } = await segstream([`--allow-net=${host}`], reference);
    assert.equal(code, 0, stderr);
    assert.match(text.decode(stdout), /image: float32 \[1, 3, \?, \?\]/);
  }
  assert.equal(requests, 2);
});

const hostile = new RawPickle("cposix\nsystem\n");

const BAD_CHECKPOINTS: [what: string, bytes: Uint8Array<ArrayBuffer>, message: RegExp][] = [
  ["a truncated checkpoint", writeZip(WEIGHTS).slice(0, -2000), /it is (truncated|damaged)/],
  ["a truncated older one", writeLegacy(WEIGHTS).slice(0, -2000), /it is truncated/],
  ["a foreign global", writeZip({ state_dict: WEIGHTS, hook: hostile }), /run "posix\.system"/],
  ["another network", writeZip({ fc: WEIGHTS.get("classifier.conv.1.bias") }), /"fc" on, are not/],
];

for (const [what, bytes, message] of BAD_CHECKPOINTS) {
  Deno.test(`model import fails with one line and leaves nothing behind, for ${what}`, async () => {
    await using directory = await temporaryDirectory();
    const checkpoint = directory.join("net.pth");
    await Deno.writeFile(checkpoint, bytes);
    const output = directory.join("net.safetensors");
    assert.match(await fail("model", "import", checkpoint, "-o", output), message);
    assert.deepEqual(filesIn(directory), ["net.pth"]);
  });
}

Deno.test("model import and export leave an existing file alone, without --overwrite", async () => {
  await using directory = await temporaryDirectory();
  const checkpoint = directory.join("net.pth");
  await Deno.writeFile(checkpoint, writeZip(WEIGHTS));
  const commands = [["import", checkpoint, "-o", directory.join("net.safetensors")], [
    ...["export", "-o", directory.join("net.onnx"), "--resolution", "64x64"],
  ]];
  for (const args of commands) {
    const output = args[args.indexOf("-o") + 1]!;
    await Deno.writeTextFile(output, "mine");
    assert.match(await fail("model", ...args), /it exists\. Add --overwrite/);
    assert.equal(await Deno.readTextFile(output), "mine");
    await run("model", ...args, "--overwrite");
    assert.ok(Deno.statSync(output).size > 4e6);
  }
});

Deno.test("--model fails with one line, for ONNX files that cannot be run", async () => {
  await using directory = await temporaryDirectory();
  const output = directory.join("out.mp4");
  const segment = async (bytes: Uint8Array<ArrayBuffer>) => {
    await Deno.writeFile(directory.join("net.onnx"), bytes);
    const args = ["street:size=192x96,seconds=0.2", "-o", output];
    return await fail(...args, "--model", directory.join("net.onnx"));
  };
  assert.match(
    await segment(tinyNetwork({ extra: "input" })),
    /it has 2 inputs \("image", "mask"\)/,
  );
  assert.match(await segment(tinyNetwork()), /19 classes are named\. Name as many .*net\.json/);
  assert.match(await segment(new Uint8Array(64)), /no ONNX file/);
  assert.deepEqual(filesIn(directory), ["net.onnx"]);
});
