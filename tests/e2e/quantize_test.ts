import assert from "node:assert/strict";
import { findModel } from "../../src/model/registry.ts";
import { drawPictures, writeCamVid } from "../eval/drawn_dataset.ts";
import { runSegstream } from "../testing/segstream.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

const QUANTIZE = ["model", "quantize"];

Deno.test("segstream model quantize makes what --precision int8 needs, and prints what it costs", async () => {
  await using folder = await temporaryDirectory();
  const weights = folder.join("mine.safetensors");
  await Deno.copyFile((await findModel("fast_scnn_street19_v0")).path, weights);
  const run = ["street:size=128x64,seconds=0.1", "--no-video", "--masks", folder.join("masks")];
  const int8 = ["--model", weights, "--precision", "int8", "--workers", "1"];

  const before = await runSegstream([...run, ...int8]);
  assert.equal(before.code, 1);
  assert.match(before.stderr, /in int8: it has no calibration\. Make one with/);

  await writeCamVid(folder.join("set"), drawPictures(2, { width: 128, height: 96 }));
  const images = folder.join("set", "test");
  const made = await runSegstream([
    ...[...QUANTIZE, weights, "--calibrate", images, "--resolution", "full,64x64"],
  ]);
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stderr, /^ +\d+\.\d\d % +\d+\.\d dB {2}all$/m);
  assert.match(made.stderr, /^ +\d+\.\d\d % +\d+\.\d dB {2}classifier\.conv\.1/m);
  assert.match(
    made.stderr,
    /wrote .*mine\.int8: calibrated on 2 images, \d+ layers stay in fp32\n$/,
  );

  const again = await runSegstream([...QUANTIZE, weights, "--calibrate", images]);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /mine\.int8": it exists\. Add --overwrite/);

  const after = await runSegstream([...run, ...int8]);
  assert.equal(after.code, 0, after.stderr);
  assert.match(after.stderr, /on cpu in int8/);
});

Deno.test("segstream model quantize says which folder has no images", async () => {
  await using folder = await temporaryDirectory();
  const out = ["-o", folder.join("x.int8")];
  const empty = await runSegstream([...QUANTIZE, "--calibrate", folder.path, ...out]);
  assert.equal(empty.code, 1);
  assert.match(empty.stderr, /there is no JPEG, PNG or other image in it/);
  const missing = folder.join("nowhere");
  const absent = await runSegstream([...QUANTIZE, "--calibrate", missing, ...out]);
  assert.equal(absent.code, 1);
  assert.match(absent.stderr, /nowhere": it is no folder that can be read/);
  assert.deepEqual([...Deno.readDirSync(folder.path)], [], "nothing is left behind");
});

Deno.test("segstream eval --precision int8 scores within 2 points of fp32 on drawn pictures", async () => {
  await using folder = await temporaryDirectory();
  await writeCamVid(folder.path, drawPictures(2, { width: 512, height: 256 }));
  const accuracies = [];
  for (const precision of ["fp32", "int8"]) {
    const result = await runSegstream([
      ...["eval", folder.path, "--resolution", "full", "--input", "i420", "--json", "-"],
      ...["--provider", "cpu", "--precision", precision],
    ]);
    assert.equal(result.code, 0, result.stderr);
    const { results, notes } = JSON.parse(new TextDecoder().decode(result.stdout));
    assert.equal(notes.includes("the network ran in int8"), precision === "int8");
    accuracies.push(results[0].pixelAccuracy);
  }
  const [fp32, int8] = accuracies;
  assert.ok(Math.abs(fp32 - int8) < 0.02, `fp32 ${fp32}, int8 ${int8}`);
  assert.notEqual(fp32, int8);
});
