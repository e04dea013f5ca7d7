import assert from "node:assert/strict";
import { pageFile } from "../../src/live/page_files.ts";

Deno.test("pageFile() reads a file again, after it could not be read once", async () => {
  const { readFile } = Deno;
  const busy = new Error("Too many open files (os error 24)");
  let reads = 0;
  Deno.readFile = (path) => reads++ === 0 ? Promise.reject(busy) : readFile(path);
  try {
    await assert.rejects(pageFile("icon.svg")!, busy);
    assert.equal((await pageFile("icon.svg")!).contentType, "image/svg+xml");
    await pageFile("icon.svg");
    assert.equal(reads, 2);
  } finally {
    Deno.readFile = readFile;
  }
});
