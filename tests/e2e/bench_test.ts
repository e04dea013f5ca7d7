import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import type { BenchReport } from "../../src/report/bench_report.ts";
import { benchReport, ROWS } from "../report/synthetic_bench.ts";
import { runCommand } from "../testing/command.ts";
import { makeClip } from "../testing/media.ts";
import { runSegstream } from "../testing/segstream.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

/** Chromium's Vulkan driver that needs no GPU: ONNX Runtime's WebGPU runs on it. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("segstream bench measures a file and writes its report as data and as a page", async () => {
  await using directory = await temporaryDirectory();
  const clip = directory.join("clip.mp4");
  const json = directory.join("report.json");
  const page = directory.join("report.html");
  await makeClip(clip, { size: "192x96", frames: 40 });
  const { code, stdout, stderr } = await runSegstream([
    ...["bench", "--quick", "--input", clip, "--resolution", "128x64,192x96", "--provider", "cpu"],
    ...["--precision", "fp32", "--json", json, "--html", page],
  ]);
  assert.equal(code, 0, stderr);
  const report = JSON.parse(await Deno.readTextFile(json)) as BenchReport;
  const ids = new Set(report.rows.map(({ id }) => id));
  for (const size of ["128x64", "192x96"]) {
    for (const id of [`network/cls/cpu/1/${size}`, `network/prob/cpu/1/${size}`]) {
      assert.ok(ids.has(id), id);
    }
    assert.ok(ids.has(`network/naive/cpu/1/${size}`));
    assert.ok(ids.has(`video/fps/naive/${size}`));
  }
  assert.ok(report.rows.every(({ median }) => median > 0));
  assert.equal(report.bills.length, 2);
  assert.equal(report.bills[0]!.report.frames, 40);
  assert.equal(report.environment.input, "clip.mp4");
  assert.match(report.environment.modelSha256, /^[0-9a-f]{64}$/);
  assert.match(text(stdout), /^File to file, fps +128x64 +192x96$/m);
  assert.match(await Deno.readTextFile(page), /<h2>From file to file<\/h2>/);
  const left = [...Deno.readDirSync(directory.path)].map(({ name }) => name).sort();
  assert.deepEqual(left, ["clip.mp4", "report.html", "report.json"]);
});

Deno.test("segstream bench --from --compare shows what became slower, and measures nothing", async () => {
  await using directory = await temporaryDirectory();
  const before = directory.join("before.json");
  const now = directory.join("now.json");
  await Deno.writeTextFile(before, JSON.stringify(benchReport()));
  const slower = ROWS.map((row) => ({ ...row, median: row.median / 1.5 }));
  await Deno.writeTextFile(now, JSON.stringify(benchReport(slower)));
  const { code, stdout } = await runSegstream(["bench", "--from", now, "--compare", before]);
  assert.equal(code, 0);
  assert.match(text(stdout), /^9 rows: 9 slower$/m);
  const same = await runSegstream(["bench", "--from", now, "--compare", now]);
  assert.match(text(same.stdout), /^9 rows: 9 within noise$/m);
});

const wrong: readonly [name: string, args: readonly string[], code: number, line: RegExp][] = [
  ["a report that is missing", ["--compare", "nowhere.json"], 1, /there is no such file/],
  ["a part that is none", ["--only", "sound"], 2, /network, video/],
  ["a provider that is none", ["--provider", "abacus"], 2, /auto, cpu/],
  ["an input that is missing", ["--input", "nowhere.mp4", "--only", "video"], 1, /nowhere\.mp4/],
  ["too many resolutions", ["--resolution", "32x32,64x32,96x32,32x64,32x96"], 2, /4 at most/],
];

for (const [name, args, expected, line] of wrong) {
  Deno.test(`segstream bench tells in a line of ${name}`, async () => {
    const { code, stderr } = await runSegstream(["bench", "--quick", ...args]);
    assert.equal(code, expected, stderr);
    assert.match(stderr, line);
  });
}

Deno.test("segstream bench does not replace a report, nor measure for nothing", async () => {
  await using directory = await temporaryDirectory();
  const json = directory.join("report.json");
  await Deno.writeTextFile(json, "mine");
  const { code, stderr } = await runSegstream(["bench", "--json", json]);
  assert.equal(code, 1);
  assert.match(stderr, /it exists\. Add --overwrite/);
  assert.equal(await Deno.readTextFile(json), "mine");
});

Deno.test("segstream bench keeps a report whose name is taken meanwhile, and says where", async () => {
  await using directory = await temporaryDirectory();
  const report = directory.join("report.json");
  await Deno.writeTextFile(report, JSON.stringify(benchReport()));
  // A link to nothing: no file is there to be seen, and the name cannot be had.
  await Deno.symlink(directory.join("nowhere"), directory.join("new.json"));
  const args = ["bench", "--from", report, "--json", directory.join("new.json")];
  const { code, stderr } = await runSegstream([...args, "--html", directory.join("new.html")]);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /has appeared meanwhile\. The finished output is ".*new\.partial\.json"/);
  const left = [...Deno.readDirSync(directory.path)].map(({ name }) => name).sort();
  assert.deepEqual(left, ["new.json", "new.partial.json", "report.json"]);
});

const missing = await whyNoSwiftShader();

Deno.test({
  name: "segstream bench --provider webgpu labels as the CPU does, on a software adapter" +
    (missing === undefined ? "" : ` (skipped: ${missing})`),
  ignore: missing !== undefined,
  async fn() {
    await using directory = await temporaryDirectory();
    const json = directory.join("report.json");
    const { code, stderr } = await runSegstream([
      ...["bench", "--quick", "--only", "network", "--provider", "webgpu"],
      ...["--resolution", "128x64", "--json", json],
    ], { env: { VK_ICD_FILENAMES: SWIFTSHADER } });
    assert.equal(code, 0, stderr);
    const { rows } = JSON.parse(await Deno.readTextFile(json)) as BenchReport;
    const row = rows.find(({ id }) => id === "network/cls/webgpu/1/128x64");
    assert.ok(row !== undefined && row.median > 0);
    assert.match(row.adapter!, /SwiftShader.*\(software adapter\)/);
    const agreement = rows.find(({ id }) => id === "agreement/webgpu/128x64");
    assert.ok(agreement!.median >= 99.9, `${agreement!.median}% of the labels agree`);
  },
});

const chromium = await findChromium();

Deno.test({
  name: "the page of segstream bench draws its charts without an error in the console" +
    (chromium === undefined ? " (skipped: there is no chromium)" : ""),
  ignore: chromium === undefined,
  async fn() {
    await using directory = await temporaryDirectory();
    const json = directory.join("report.json");
    const page = directory.join("report.html");
    await Deno.writeTextFile(json, JSON.stringify(benchReport()));
    const { code } = await runSegstream(["bench", "--from", json, "--html", page]);
    assert.equal(code, 0);
    const { stdout, stderr } = await runCommand(chromium!, [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
      ...[`--user-data-dir=${directory.join("profile")}`, "--enable-logging=stderr"],
      ...["--window-size=1280,3000", "--dump-dom", pathToFileURL(page).href],
    ]);
    const canvases = [...text(stdout).matchAll(/<div class="chart" id="([\w-]+)">.*?<canvas/gs)];
    assert.deepEqual(canvases.map(([, id]) => id), [
      "chart-speed",
      "chart-latency",
      "chart-steadiness",
    ]);
    assert.doesNotMatch(stderr, /CONSOLE/);
  },
});

/** Undefined where it can run. */
async function whyNoSwiftShader(): Promise<string | undefined> {
  if (!await exists(SWIFTSHADER)) return "Debian's chromium, which carries SwiftShader, is absent";
  const loaders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64"];
  for (const folder of loaders) if (await exists(`${folder}/libvulkan.so.1`)) return undefined;
  return "the Vulkan loader libvulkan.so.1 is absent";
}

async function findChromium(): Promise<string | undefined> {
  for (const path of ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]) {
    if (await exists(path)) return path;
  }
  return undefined;
}

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
