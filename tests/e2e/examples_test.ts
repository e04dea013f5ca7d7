import assert from "node:assert/strict";
import { join } from "node:path";
import { runCommand } from "../testing/command.ts";
import { frameTimes } from "../testing/media.ts";
import { REPOSITORY, repositoryPath } from "../testing/repository.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

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
