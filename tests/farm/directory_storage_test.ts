import assert from "node:assert/strict";
import { OutputError } from "../../src/errors.ts";
import { DirectoryStorage } from "../../src/farm/directory_storage.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

Deno.test("DirectoryStorage.removeFolder() removes what another worker adds meanwhile", async () => {
  await using folder = await temporaryDirectory();
  const work = folder.join(".segstream", "film-1");
  await Deno.mkdir(work, { recursive: true });
  const { remove } = Deno;
  let count = 0;
  Deno.remove = async (path, options) => {
    if (count++ > 0) return await remove(path, options);
    // What the system says where a file appears between the last that is removed and the folder.
    await Deno.writeTextFile(`${work}/late.nut`, "");
    throw new Error("Directory not empty (os error 39)");
  };
  try {
    await new DirectoryStorage().removeFolder(work);
  } finally {
    Deno.remove = remove;
  }
  assert.deepEqual([...Deno.readDirSync(folder.path)], []);
});

Deno.test("a workspace of DirectoryStorage does not come back, once its folder was removed", async () => {
  await using folder = await temporaryDirectory();
  const storage = new DirectoryStorage();
  const work = folder.join(".segstream", "film-1");
  await using workspace = await storage.workspace(work);
  await storage.removeFolder(work);
  await assert.rejects(workspace.publish("scratch.nut", `${work}/piece.nut`), OutputError);
  await assert.rejects(storage.writeText(`${work}/piece.json`, "{}"), OutputError);
  assert.deepEqual([...Deno.readDirSync(folder.path)], []);
});
