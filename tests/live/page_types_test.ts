import assert from "node:assert/strict";
import { runCommand } from "../testing/command.ts";
import { REPOSITORY, repositoryFiles } from "../testing/repository.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

// They are not part of `deno check`: that knows Deno's globals, not a browser's.
Deno.test("the pages' scripts agree with their types", async () => {
  await using folder = await temporaryDirectory();
  const config = folder.join("deno.json");
  const compilerOptions = {
    checkJs: true,
    lib: ["dom", "dom.iterable", "esnext"],
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
  };
  await Deno.writeTextFile(config, JSON.stringify({ compilerOptions }));
  const files = await repositoryFiles("src/live/page", ".js");
  assert.ok(files.length > 8);
  const { code, stderr } = await runCommand(
    Deno.execPath(),
    ["check", "-q", "--no-lock", "--config", config, ...files],
    { cwd: REPOSITORY, env: { NO_COLOR: "1" } },
  );
  assert.equal(code, 0, stderr);
});
