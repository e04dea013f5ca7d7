import assert from "node:assert/strict";
import { openDataset } from "../../src/eval/dataset.ts";
import { CITYSCAPES_LAYOUT, LABEL_ID_CODES, TRAIN_ID_CODES } from "../../src/eval/cityscapes.ts";
import { CAMVID_LAYOUT } from "../../src/eval/camvid.ts";
import { mapClasses } from "../../src/eval/class_map.ts";
import { CITYSCAPES_CLASSES, IGNORE_LABEL } from "../../src/frame/classes.ts";
import { InputError } from "../../src/errors.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import {
  CAMVID_OF_TRAIN_ID,
  LABEL_ID_OF_TRAIN_ID,
  writeCamVid,
  writeCityscapes,
} from "./drawn_dataset.ts";

/** Names and places matter here, not what the pictures show. */
const DOTS = Array.from({ length: 5 }, () => ({
  size: { width: 1, height: 1 },
  rgb: new Uint8Array(3),
  trainIds: new Uint8Array(1),
}));

Deno.test("openDataset() finds Cityscapes with label ids, and takes val", async () => {
  await using folder = await temporaryDirectory();
  await writeCityscapes(folder.path, DOTS.slice(0, 2));
  await writeCityscapes(folder.path, DOTS.slice(0, 1), { split: "train" });
  const dataset = await openDataset(folder.path);
  assert.equal(dataset.layout.name, "cityscapes");
  assert.equal(dataset.split, "val");
  assert.deepEqual(dataset.samples.map(({ name }) => name), [
    "town/town_000000",
    "town/town_000001",
  ]);
  assert.equal(dataset.samples[0]!.codes, LABEL_ID_CODES);
  assert.equal((await openDataset(folder.path, { split: "train" })).samples.length, 1);
});

Deno.test("openDataset() takes train ids where there are no label ids", async () => {
  await using folder = await temporaryDirectory();
  await writeCityscapes(folder.path, DOTS.slice(0, 2), { codes: "labelTrainIds" });
  await writeCityscapes(folder.path, DOTS.slice(0, 1));
  const { samples } = await openDataset(folder.path);
  assert.deepEqual(samples.map(({ codes }) => codes.name), [
    "Cityscapes label ids",
    "Cityscapes train ids",
  ]);
});

Deno.test("openDataset() finds CamVid, and takes test", async () => {
  await using folder = await temporaryDirectory();
  await writeCamVid(folder.path, DOTS);
  await Deno.writeTextFile(folder.join("test", "notes.txt"), "no picture");
  const dataset = await openDataset(folder.path, { layout: "auto" });
  assert.equal(dataset.layout.name, "camvid");
  assert.equal(dataset.split, "test");
  assert.equal(dataset.samples.length, 5);
  assert.equal(dataset.samples[0]!.annotation, folder.join("testannot", "0.png"));
});

Deno.test("openDataset() spreads a limit evenly over the split", async () => {
  await using folder = await temporaryDirectory();
  await writeCamVid(folder.path, DOTS);
  const { samples, available } = await openDataset(folder.path, { limit: 2 });
  assert.deepEqual(samples.map(({ name }) => name), ["test/0.png", "test/2.png"]);
  assert.equal(available, 5);
  assert.equal((await openDataset(folder.path, { limit: 9 })).samples.length, 5);
});

Deno.test("openDataset() says in one line what is wrong with a folder", async (t) => {
  await using folder = await temporaryDirectory();
  await Deno.mkdir(folder.join("empty"));
  await Deno.mkdir(folder.join("hollow", "test"), { recursive: true });
  await Deno.mkdir(folder.join("hollow", "testannot"));
  await writeCamVid(folder.join("gaps"), DOTS);
  await Deno.remove(folder.join("gaps", "testannot", "1.png"));
  await Deno.remove(folder.join("gaps", "testannot", "4.png"));
  await writeCamVid(folder.join("whole"), DOTS.slice(0, 1));
  const cases = [
    ["nowhere", {}, /there is no such folder/],
    ["empty", {}, /neither leftImg8bit\/SPLIT\/CITY .*\(Cityscapes\) nor SPLIT and SPLITannot/],
    ["whole", { layout: "cityscapes" }, /it has no leftImg8bit/],
    ["hollow", {}, /its split "test" holds no pictures/],
    ["gaps", {}, /"test\/1\.png" and 1 more pictures have no annotation: there is no ".*1\.png"/],
    ["whole", { split: "val" }, /it has no split "val"\. Name one of test with --split/],
  ] as const;
  for (const [name, options, pattern] of cases) {
    await t.step(`${name} ${JSON.stringify(options)}`, async () => {
      await assert.rejects(openDataset(folder.join(name), options), (error: Error) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, pattern);
        assert.ok(!error.message.includes("\n"));
        return true;
      });
    });
  }
});

Deno.test("Cityscapes' label ids are those of the dataset's definitions", () => {
  const counted = [...LABEL_ID_CODES.classOf].filter(([, id]) => id !== IGNORE_LABEL);
  assert.deepEqual(counted, LABEL_ID_OF_TRAIN_ID.map((id, trainId) => [id, trainId]));
  assert.equal(LABEL_ID_CODES.classOf.size, 34);
  assert.equal(LABEL_ID_CODES.classOf.get(0), IGNORE_LABEL); // unlabeled
  assert.equal(LABEL_ID_CODES.classOf.get(34), undefined);
  assert.equal(TRAIN_ID_CODES.classOf.get(255), IGNORE_LABEL);
  assert.equal(TRAIN_ID_CODES.classOf.get(19), undefined);
});

Deno.test("mapClasses() gives every Cityscapes class its CamVid class", () => {
  const { classOf, missing } = mapClasses(CITYSCAPES_CLASSES, CAMVID_LAYOUT.classes);
  assert.deepEqual([...classOf], CAMVID_OF_TRAIN_ID);
  assert.deepEqual(missing, []);
});

Deno.test("mapClasses() maps a set to itself, and names what a network cannot know", () => {
  const same = mapClasses(CITYSCAPES_CLASSES, CITYSCAPES_LAYOUT.classes);
  assert.deepEqual([...same.classOf], CITYSCAPES_CLASSES.map((_, id) => id));
  const road = { name: "Road", colour: [0, 0, 0], category: "flat" } as const;
  const boat = { name: "boat", colour: [0, 0, 0], category: "vehicle" } as const;
  const { classOf, missing } = mapClasses([boat, road], CAMVID_LAYOUT.classes);
  assert.deepEqual([...classOf], [11, 3]);
  assert.equal(missing.length, 10);
  assert.throws(() => mapClasses([boat], CAMVID_LAYOUT.classes), /none in common/);
});
