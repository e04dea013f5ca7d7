/**
 * ONNX Runtime that fails while the real program runs: it recovers, or says one line and leaves
 * nothing behind.
 */
import assert from "node:assert/strict";
import { runCommand } from "../testing/command.ts";
import { failingNetwork } from "../testing/failing_network.ts";
import { frameTimes, makeClip } from "../testing/media.ts";
import { REPOSITORY } from "../testing/repository.ts";
import { runSegstream } from "../testing/segstream.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary.ts";
import { TINY_CLASSES } from "../testing/tiny_network.ts";
import { noneLeft, processesNaming } from "./processes.ts";

const FRAMES = 20;

/** The draws that a failing network counts with are those of Linux; `ulimit -d` is Linux's too. */
const ignore = Deno.build.os !== "linux";

/** A folder with a clip and a network that fails in this run of every session. */
async function failingRun(run: number) {
  const folder = await temporaryDirectory();
  const [clip, model, names] = ["in.mp4", "net.onnx", "names.txt"].map((each) => folder.join(each));
  await makeClip(clip!, { size: "128x64", frames: FRAMES });
  await Deno.writeFile(model!, failingNetwork({ run }));
  await Deno.writeTextFile(names!, TINY_CLASSES.join("\n"));
  const args = [
    ...[clip!, "-o", folder.join("out.mp4"), "--stats", folder.join("out.jsonl")],
    ...["--model", model!, "--model-classes", names!, "--resolution", "64x32"],
    ...["--provider", "cpu"],
  ];
  return { folder, args };
}

/** What is in the folder beside what a test put there. */
function outputsIn({ path }: TemporaryDirectory): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name)
    .filter((name) => !["in.mp4", "net.onnx", "names.txt"].includes(name)).sort();
}

for (
  const { when, run, says } of [
    {
      when: "as the network is loaded",
      run: 1,
      says:
        /^segstream: Cannot run model "[^"]+": its ConstantOfShape "zeros" gets no memory, where it asks for 262144\.0 GiB\. Take [^.\n]+\.\n$/,
    },
    {
      when: "for the same frame twice",
      run: 2,
      says:
        /^segstream: Cannot segment frame 0: it failed 2 times\. Cannot run model .* gets no memory, .* Take [^.\n]+\.\n$/,
    },
  ]
) {
  Deno.test({
    name: `segstream fails in one line and leaves nothing, when there is no memory ${when}`,
    ignore,
    async fn() {
      const { folder, args } = await failingRun(run);
      await using _ = folder;
      const { code, stderr } = await runSegstream([...args, "--workers", "1", "--quiet"]);
      assert.equal(code, 1, stderr);
      assert.match(stderr, says);
      assert.deepEqual(outputsIn(folder), []);
      await noneLeft(() => processesNaming(folder.path));
    },
  });
}

Deno.test({
  name: "segstream replaces a worker that gets no memory, tells it, and loses no frame",
  ignore,
  async fn() {
    // The ninth run of a session is its eighth frame: of 20 frames the worker gets through 7, its
    // successor through 7, and the one after that through the rest.
    const { folder, args } = await failingRun(9);
    await using _ = folder;
    const { code, stderr } = await runSegstream([...args, "--workers", "1"]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^2 workers failed and were replaced; no frame was lost$/m);
    assert.deepEqual(outputsIn(folder), ["out.jsonl", "out.mp4"]);
    const records = (await Deno.readTextFile(folder.join("out.jsonl"))).trim().split("\n");
    assert.deepEqual(
      records.map((line) => (JSON.parse(line) as { readonly index: number }).index),
      [...Array(FRAMES).keys()],
    );
    assert.deepEqual(
      (await frameTimes(folder.join("out.mp4"))).map((seconds) => Math.round(seconds * 1e6)),
      Array.from({ length: FRAMES }, (_, index) => index * 40_000),
    );
  },
});

Deno.test({
  name: "segstream of a live stream outlives a run that gets no memory, and loses no frame",
  ignore,
  async fn() {
    const { folder, args } = await failingRun(20); // that of frame 18, of 30
    await using _ = folder;
    const model = args.slice(args.indexOf("--model"));
    const { code, stderr } = await runSegstream([
      ...["street:size=128x64,seconds=1", "-o", folder.join("out.mp4"), "--segment", "1m"],
      ...[...model, "--workers", "1", "--drop", "wait"],
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^street: 30 frames in, 30 out$/m);
    assert.equal(outputsIn(folder).length, 1);
  },
});

Deno.test({
  name: "segstream fails in one line and leaves nothing, when the system gives it no more memory",
  ignore,
  async fn() {
    await using folder = await temporaryDirectory();
    const clip = folder.join("in.mp4");
    await makeClip(clip, { size: "128x64", frames: 2 });
    // 3 GB of memory to write to, of which Deno's threads reserve 1.3 on two cores, and more on more:
    // the program starts, and the first layer at 8192x8192, 2 GiB beside an input of 0.8, does not fit.
    const program = [Deno.execPath(), "run", "-q", "-P", "mod.ts", clip];
    const { code, stderr } = await runCommand("sh", [
      ...["-c", 'ulimit -d 3000000; exec "$@"', "sh", ...program],
      ...["-o", folder.join("out.mp4"), "--resolution", "8192x8192", "--precision", "fp32"],
      ...["--workers", "1", "--provider", "cpu", "--quiet"],
    ], { cwd: REPOSITORY, env: { NO_COLOR: "1" } });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^segstream: Cannot [^\n]+ memory[^\n]+ Take a smaller [^\n]+\.\n$/);
    assert.deepEqual(outputsIn(folder), []);
    await noneLeft(() => processesNaming(folder.path));
  },
});
