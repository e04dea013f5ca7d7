import assert from "node:assert/strict";
import { join } from "node:path";
import { runCommand } from "../testing/command.ts";
import { frameTimes } from "../testing/media.ts";
import { REPOSITORY, repositoryPath } from "../testing/repository.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { TINY_CLASSES, tinyNetwork } from "../testing/tiny_network.ts";

function runExample(name: string, args: readonly string[]) {
  const example = repositoryPath("examples", name);
  return runCommand(Deno.execPath(), ["run", "-q", "-P", example, ...args], { cwd: REPOSITORY });
}

Deno.test("examples/file_to_file.ts writes a tinted video and says what bounds it", async () => {
  await using folder = await temporaryDirectory();
  const output = join(folder.path, "tinted.mp4");
  const { code, stdout, stderr } = await runExample("file_to_file.ts", [
    "street:size=256x128,seconds=0.5",
    output,
  ]);
  assert.equal(code, 0, stderr);
  assert.match(new TextDecoder().decode(stdout), /tinted\.mp4: 15 frames at [\d.]+ fps\n.+bound/s);
  assert.equal((await frameTimes(output)).length, 15);
});

Deno.test("examples/count_pixels.ts prints the share of road in each frame as CSV", async () => {
  const { code, stdout, stderr } = await runExample("count_pixels.ts", [
    "street:fps=5,seconds=1",
  ]);
  assert.equal(code, 0, stderr);
  const [heading, ...rows] = new TextDecoder().decode(stdout).trim().split("\n");
  assert.equal(heading, "frame,seconds,road");
  assert.equal(rows.length, 5);
  rows.forEach((row, i) => {
    const [frame, seconds, road] = row.split(",").map(Number) as [number, number, number];
    assert.equal(frame, i);
    assert.equal(seconds, i / 5);
    // The lower part of every street is road; about a third of the frame.
    assert.ok(road > 0.15 && road < 0.6, `${road} of frame ${i} is road`);
  });
});

Deno.test("examples/custom_model.ts counts the classes of one's own ONNX file", async () => {
  await using folder = await temporaryDirectory();
  const model = join(folder.path, "net.onnx");
  await Deno.writeFile(model, tinyNetwork({ stride: 4 }));
  const { code, stdout, stderr } = await runExample("custom_model.ts", [
    model,
    "street:size=192x96,fps=5,seconds=0.6",
    TINY_CLASSES.join(),
  ]);
  assert.equal(code, 0, stderr);
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  assert.deepEqual(lines.map((line) => line.split(" s:")[0]), ["0.000", "0.200", "0.400"]);
  for (const line of lines) {
    const shares = [...line.matchAll(/(\w+ish) ([\d.]+)%/g)];
    assert.deepEqual(shares.map(([, name]) => name), TINY_CLASSES);
    const total = shares.reduce((sum, [, , share]) => sum + Number(share), 0);
    assert.ok(Math.abs(total - 100) < 0.2, line);
  }
});
