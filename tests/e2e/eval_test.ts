import assert from "node:assert/strict";
import { drawPictures, writeCamVid } from "../eval/drawn_dataset.ts";
import { runSegstream, startSegstream } from "../testing/segstream.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

const PICTURES = drawPictures(2, { width: 128, height: 96 });
const QUICK = ["--resolution", "quarter,64x64", "--provider", "cpu", "--quiet"];

Deno.test("segstream eval prints the table and writes JSON and a page", async () => {
  await using folder = await temporaryDirectory();
  await writeCamVid(folder.join("set"), PICTURES);
  const [json, html] = [folder.join("scores.json"), folder.join("page.html")];
  const result = await runSegstream([
    ...["eval", folder.join("set"), ...QUICK],
    ...["--json", json, "--html", html, "--worst", "1"],
  ]);
  assert.equal(result.code, 0, result.stderr);
  const text = new TextDecoder().decode(result.stdout);
  assert.match(text, /^CamVid test, 2 pictures of 128x96\n/);
  assert.match(text, /^mean of classes +\d+\.\d +\d+\.\d$/m);
  assert.match(text, /^pixel accuracy +\d+\.\d +\d+\.\d$/m);
  assert.equal(result.stderr, `wrote ${json}\nwrote ${html}\n`);
  const scores = JSON.parse(await Deno.readTextFile(json));
  assert.equal(scores.results[0].resolution, "quarter");
  assert.equal(scores.results[1].resolution, "64x64");
  const { pixelAccuracy, confusion } = scores.results[1];
  const right = confusion.reduce((sum: number, row: number[], id: number) => sum + row[id]!, 0);
  const all = confusion.flat().reduce((sum: number, count: number) => sum + count, 0);
  assert.ok(Math.abs(pixelAccuracy - right / all) < 1e-12);
  assert.equal((await Deno.readTextFile(html)).match(/<figure>/g)?.length, 1);
});

Deno.test("segstream eval --json - prints nothing but JSON", async () => {
  await using folder = await temporaryDirectory();
  await writeCamVid(folder.path, PICTURES);
  const result = await runSegstream(["eval", folder.path, ...QUICK, "--limit", "1", "--json", "-"]);
  assert.equal(result.code, 0, result.stderr);
  const scores = JSON.parse(new TextDecoder().decode(result.stdout));
  assert.equal(scores.dataset.pictures, 1);
  assert.equal(scores.dataset.available, 2);
});

Deno.test("segstream eval fails in one line, and leaves nothing behind", async (t) => {
  await using folder = await temporaryDirectory();
  await writeCamVid(folder.join("set"), PICTURES);
  await Deno.remove(folder.join("set", "testannot", "1.png"));
  await Deno.writeTextFile(folder.join("there.json"), "kept");
  const set = folder.join("set");
  const outputs = ["--json", folder.join("new.json"), "--html", folder.join("new.html")];
  const cases: [string, string[], number, RegExp][] = [
    ["missing annotation", [set, ...outputs], 1, /"test\/1\.png" has no annotation/],
    ["no folder", [folder.join("nowhere"), ...outputs], 1, /there is no such folder/],
    ["output exists", [set, "--json", folder.join("there.json")], 1, /it exists/],
    ["unknown layout", [set, "--layout", "kitti"], 2, /one of cityscapes, camvid, auto/],
    ["unknown resolution", [set, "--resolution", "half,tiny"], 2, /full, half, quarter, or WIDTH/],
  ];
  for (const [name, args, code, pattern] of cases) {
    await t.step(name, async () => {
      const result = await runSegstream(["eval", ...args]);
      assert.equal(result.code, code, result.stderr);
      assert.match(result.stderr, pattern);
      if (code === 1) assert.equal(result.stderr.trim().split("\n").length, 1);
      const names = [...Deno.readDirSync(folder.path)].map((entry) => entry.name).sort();
      assert.deepEqual(names, ["set", "there.json"]);
    });
  }
  assert.equal(await Deno.readTextFile(folder.join("there.json")), "kept");
});

Deno.test({
  name: "segstream eval ends with 130 at Ctrl-C, and leaves nothing behind",
  ignore: Deno.build.os === "windows", // no program can send Ctrl-C to one process there
  async fn() {
    await using folder = await temporaryDirectory();
    // So many that it is at work when Ctrl-C comes, however late that is.
    await writeCamVid(folder.join("set"), Array(100).fill(PICTURES[0]));
    const watcher = Deno.watchFs(folder.path, { recursive: false });
    await using program = startSegstream([
      ...["eval", folder.join("set"), "--resolution", "2048x1536", "--provider", "cpu"],
      ...["--json", folder.join("scores.json")],
    ]);
    program.ended.finally(() => watcher.close()); // then there is nothing to wait for
    for await (const { paths } of watcher) {
      if (paths.some((path) => path.endsWith("scores.partial.json"))) break;
    }
    program.kill("SIGINT");
    const { code, stderr } = await program.ended;
    assert.equal(code, 130, stderr);
    assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["set"]);
  },
});
