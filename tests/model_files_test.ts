import assert from "node:assert/strict";
import { OutputError } from "../src/errors.ts";
import { exportModel } from "../src/model_files.ts";
import { quantizeModel } from "../src/quantize.ts";
import { drawPictures, writeCamVid } from "./eval/drawn_dataset.ts";
import { namesIn } from "./sink/synthetic.ts";
import { temporaryDirectory } from "./testing/temporary.ts";

/** What is written under a name that is taken while the work goes on. */
const WRITERS: readonly (readonly [name: string, write: (output: string) => Promise<unknown>])[] = [
  ["exportModel", (output) => exportModel(output, { resolution: { width: 64, height: 64 } })],
  ["quantizeModel", async (output) => {
    await using pictures = await temporaryDirectory();
    await writeCamVid(pictures.path, drawPictures(1, { width: 64, height: 64 }));
    const resolutions = [{ width: 64, height: 64 }];
    await quantizeModel(pictures.join("test"), { output, resolutions });
  }],
];

for (const [name, write] of WRITERS) {
  Deno.test(`${name}() keeps what it made, when another took its name meanwhile`, async () => {
    await using folder = await temporaryDirectory();
    // A link to nothing: no file is there to be seen, and the name cannot be had.
    await Deno.symlink(folder.join("nowhere"), folder.join("net"));
    await assert.rejects(write(folder.join("net")), (error) => {
      assert.ok(error instanceof OutputError);
      assert.match(error.message, /has appeared meanwhile\. The finished output is .*net\.partial/);
      return true;
    });
    assert.deepEqual(await namesIn(folder.path), ["net", "net.partial"]);
    assert.ok((await Deno.stat(folder.join("net.partial"))).size > 1000);
  });
}
