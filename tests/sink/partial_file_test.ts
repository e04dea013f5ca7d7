import assert from "node:assert/strict";
import { OutputError } from "../../src/errors.ts";
import { PartialFile, writeError } from "../../src/sink/partial_file.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { namesIn } from "./synthetic.ts";

/** The message of the OutputError that `work` rejects with; it must be one line. */
async function messageOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(() => undefined, (error) => error);
  assert(error instanceof OutputError, String(error));
  assert(!error.message.includes("\n"));
  return error.message;
}

Deno.test("PartialFile.create() reserves free names beside the target, and complete() renames", async () => {
  await using folder = await temporaryDirectory();
  const target = folder.join("demo.mp4");
  const first = await PartialFile.create(target);
  const second = await PartialFile.create(target);
  assert.equal(first.path, folder.join("demo.partial.mp4"));
  assert.equal(second.path, folder.join("demo.partial-2.mp4"));
  await Deno.writeTextFile(first.path, "first");
  assert.equal(await first.complete(), target);
  assert.equal(await Deno.readTextFile(target), "first");
  assert.deepEqual(await namesIn(folder.path), ["demo.mp4", "demo.partial-2.mp4"]);
  await second.discard();
  await second.discard();
  assert.deepEqual(await namesIn(folder.path), ["demo.mp4"]);
});

Deno.test("PartialFile.complete() replaces no file that appeared meanwhile, without overwrite", async () => {
  await using folder = await temporaryDirectory();
  const target = folder.join("demo.mp4");
  const partial = await PartialFile.create(target);
  await Deno.writeTextFile(target, "somebody's");
  assert.match(
    await messageOf(partial.complete()),
    /appeared meanwhile.*demo\.partial\.mp4.*rename/,
  );
  assert.equal(await Deno.readTextFile(target), "somebody's");
  assert.deepEqual(await namesIn(folder.path), ["demo.mp4", "demo.partial.mp4"]);
});

Deno.test("PartialFile.complete() replaces a file, with overwrite", async () => {
  await using folder = await temporaryDirectory();
  const target = folder.join("demo.mp4");
  await Deno.writeTextFile(target, "old");
  const partial = await PartialFile.create(target, { overwrite: true });
  assert.equal(await Deno.readTextFile(target), "old");
  await Deno.writeTextFile(partial.path, "new");
  await partial.complete();
  assert.equal(await Deno.readTextFile(target), "new");
});

Deno.test("PartialFile.create() says what is wrong with a target and how to mend it", async () => {
  await using folder = await temporaryDirectory();
  const existing = folder.join("demo.mp4");
  await Deno.writeTextFile(existing, "");
  await Deno.mkdir(folder.join("folder.mp4"));
  await Deno.symlink(existing, folder.join("link.mp4"));
  await Deno.link(existing, folder.join("hard.mp4"));
  const cases: [string, { overwrite?: boolean; input?: string }, RegExp][] = [
    [existing, {}, /it exists\. Add --overwrite, or give/],
    [folder.join("none", "demo.mp4"), {}, /there is no directory ".*none"\. Create it/],
    [folder.join("demo.mp4", "x.mp4"), {}, /is not a directory/],
    [folder.join("folder.mp4"), { overwrite: true }, /is a directory\. Name a file in it/],
    [folder.path + "/", {}, /is a directory/],
    [existing, { overwrite: true, input: existing }, /is the input itself/],
    [existing, { overwrite: true, input: folder.join("link.mp4") }, /is the input itself/],
    [folder.join("hard.mp4"), { overwrite: true, input: existing }, /is the input itself/],
  ];
  const before = await namesIn(folder.path);
  for (const [target, options, expected] of cases) {
    assert.match(await messageOf(PartialFile.create(target, options)), expected);
  }
  assert.deepEqual(await namesIn(folder.path), before);
});

Deno.test("writeError() says that the directory may not be written, when the system denies it", () => {
  const { message } = writeError("out/demo.mp4", new Deno.errors.PermissionDenied("os error 13"));
  assert.match(
    message,
    /^Cannot write "out\/demo\.mp4": you may not write in "out"\. Name another/,
  );
});

Deno.test({
  name: "PartialFile.create() asks for --allow-write, when Deno was not given leave",
  permissions: { read: true, write: false },
  async fn() {
    assert.match(await messageOf(PartialFile.create("new_file.mp4")), /Add --allow-write/);
  },
});

Deno.test("PartialFile.discard() leaves what another run has made under the name since", async () => {
  await using folder = await temporaryDirectory();
  const first = await PartialFile.create(folder.join("out.mp4"));
  await first.discard();
  const second = await PartialFile.create(folder.join("out.mp4"));
  assert.equal(second.path, first.path);
  await first.discard();
  assert.deepEqual(await namesIn(folder.path), ["out.partial.mp4"]);
});
