import assert from "node:assert/strict";
import { ConfusionMatrix } from "../../src/eval/confusion.ts";
import { evaluate } from "../../src/eval/evaluate.ts";
import { toJson } from "../../src/eval/evaluation.ts";
import { evaluationPage } from "../../src/eval/page.ts";
import { formatEvaluation } from "../../src/eval/table.ts";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { CITYSCAPES_CLASSES } from "../../src/frame/classes.ts";
import { buildOnnx, loadModel } from "../../src/model/model.ts";
import { runOnnx } from "../model/run_onnx.ts";
import { shared } from "../testing/shared.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import {
  CAMVID_OF_TRAIN_ID,
  drawPictures,
  LABEL_ID_OF_TRAIN_ID,
  writeCamVid,
  writeCityscapes,
  writeLabels,
} from "./drawn_dataset.ts";

const SIZE = { width: 256, height: 128 };
const PICTURES = drawPictures(3, SIZE);

Deno.test("evaluate() counts what ONNX Runtime's own upsampling and argmax give", async () => {
  await using folder = await temporaryDirectory();
  await writeCityscapes(folder.path, PICTURES);
  const { results, dataset, workers } = await evaluate(folder.path, {
    resolutions: [SIZE],
    provider: "cpu",
    workers: 2,
  });
  const expected = new ConfusionMatrix(CITYSCAPES_CLASSES.length);
  const onnx = buildOnnx(await loadModel(), { input: "rgb", size: SIZE, head: "cls" });
  for (const { rgb, trainIds } of PICTURES) {
    const image = { data: rgb, shape: [1, SIZE.height, SIZE.width, 3] };
    const { labels } = await runOnnx(onnx, { image });
    expected.count(trainIds, labels!.data as Uint8Array);
  }
  const { confusion, networkSize } = results[0]!;
  assert.deepEqual(networkSize, SIZE);
  const moved = confusion.counts.reduce((sum, n, i) => sum + Math.abs(n - expected.counts[i]!), 0);
  // Two classes may tie to float rounding: a handful of pixels in 98,304.
  assert.ok(moved <= 10, `${moved / 2} pixels differ`);
  assert.deepEqual([dataset.pictures, dataset.size, workers], [3, SIZE, 2]);
});

Deno.test("evaluate() gives the same from train ids as from label ids, with any workers", async () => {
  await using folder = await temporaryDirectory();
  await writeCityscapes(folder.join("a"), PICTURES);
  await writeCityscapes(folder.join("b"), PICTURES, { codes: "labelTrainIds" });
  const options = { resolutions: [{ width: 128, height: 64 }], provider: "cpu" } as const;
  const a = await evaluate(folder.join("a"), { ...options, workers: 1 });
  const b = await evaluate(folder.join("b"), { ...options, workers: 3 });
  assert.deepEqual(b.results, a.results);
});

Deno.test("evaluate() runs several resolutions, and a size once that two of them share", async () => {
  await using folder = await temporaryDirectory();
  await writeCityscapes(folder.path, PICTURES.slice(0, 2));
  const { results, notes } = await evaluate(folder.path, {
    resolutions: ["full", "quarter", { width: 512, height: 256 }],
    provider: "cpu",
    workers: 1,
  });
  const sizes = results.map(({ networkSize }) => networkSize);
  assert.deepEqual(sizes, [SIZE, SIZE, { width: 512, height: 256 }]);
  assert.deepEqual(results[1]!.scores, results[0]!.scores);
  assert.notDeepEqual(results[2]!.scores, results[0]!.scores);
  assert.equal(notes.length, 1);
  assert.match(notes[0]!, /^full and quarter are 256x128 here/);
});

Deno.test("evaluate() joins the classes for CamVid, after the winner is found", async () => {
  await using folder = await temporaryDirectory();
  await writeCamVid(folder.join("camvid"), PICTURES);
  await writeCityscapes(folder.join("cityscapes"), PICTURES);
  const options = { resolutions: [SIZE], provider: "cpu", workers: 1 } as const;
  const camvid = await evaluate(folder.join("camvid"), options);
  const cityscapes = await evaluate(folder.join("cityscapes"), options);
  const joined = new ConfusionMatrix(11);
  for (const [truth, row] of cityscapes.results[0]!.confusion.rows().entries()) {
    for (const [predicted, count] of row.slice(0, 19).entries()) {
      const [to, as] = [CAMVID_OF_TRAIN_ID[truth]!, CAMVID_OF_TRAIN_ID[predicted]!];
      joined.counts[to * 12 + as]! += count;
    }
  }
  assert.deepEqual(camvid.results[0]!.confusion.rows(), joined.rows());
});

Deno.test("evaluate() changes its figures with the skip connection and with I420", async () => {
  await using folder = await temporaryDirectory();
  // Odd sides: video pads them.
  const odd = { width: 255, height: 127 };
  await writeCityscapes(
    folder.path,
    PICTURES.slice(0, 1).map(({ rgb, trainIds }) => ({
      size: odd,
      rgb: cut(rgb, 3),
      trainIds: cut(trainIds, 1),
    })),
  );
  const options = { resolutions: ["full"], provider: "cpu", workers: 1 } as const;
  const plain = await evaluate(folder.path, options);
  const zeroed = await evaluate(folder.path, { ...options, skip: "zero" });
  const video = await evaluate(folder.path, { ...options, input: "i420" });
  const accuracy = (evaluation: typeof plain) => evaluation.results[0]!.scores.pixelAccuracy!;
  assert.notEqual(accuracy(zeroed), accuracy(plain));
  assert.notEqual(accuracy(video), accuracy(plain));
  // 4:2:0 costs little; without the skip connection the weights are lost.
  assert.ok(Math.abs(accuracy(video) - accuracy(plain)) < 0.05);
  assert.equal(video.results[0]!.scores.pixels, plain.results[0]!.scores.pixels);
});

Deno.test("evaluate() gives an ONNX file the scores of the model it was made from", async () => {
  await using folder = await temporaryDirectory();
  await writeCityscapes(folder.path, PICTURES.slice(0, 2));
  const file = folder.join("own.onnx");
  await Deno.writeFile(file, buildOnnx(await loadModel(), { input: "rgb", size: SIZE }));
  const options = { provider: "cpu", workers: 1 } as const;
  const shipped = await evaluate(folder.path, { ...options, resolutions: [SIZE] });
  // It fixes its size, whatever is asked for.
  const own = await evaluate(folder.path, {
    ...options,
    model: file,
    resolutions: ["full", { width: 64, height: 64 }],
  });
  for (const { networkSize, confusion } of own.results) {
    assert.deepEqual(networkSize, SIZE);
    assert.deepEqual(confusion, shipped.results[0]!.confusion);
  }
  await assert.rejects(evaluate(folder.path, { ...options, model: file, skip: "zero" }), TypeError);
});

Deno.test("evaluate() takes pictures of several sizes", async () => {
  await using folder = await temporaryDirectory();
  const small = drawPictures(1, { width: 128, height: 96 });
  await writeCamVid(folder.path, [...small, ...PICTURES.slice(0, 1)]);
  const { dataset, results } = await evaluate(folder.path, {
    resolutions: ["full"],
    provider: "cpu",
    workers: 1,
  });
  assert.equal(dataset.size, undefined);
  assert.equal(results[0]!.networkSize, undefined);
});

Deno.test("evaluate() keeps the worst pictures, worst first, and puts them on the page", async () => {
  await using folder = await temporaryDirectory();
  await writeCamVid(folder.path, PICTURES);
  // All sky is mostly wrong.
  await writeLabels(folder.join("testannot", "1.png"), SIZE, new Uint8Array(256 * 128));
  const evaluation = await evaluate(folder.path, {
    resolutions: ["quarter"],
    provider: "cpu",
    worst: 2,
  });
  const { worst, results } = evaluation;
  assert.equal(worst.length, 2);
  assert.equal(worst[0]!.name, "test/1.png");
  assert.ok(worst[0]!.pixelAccuracy <= worst[1]!.pixelAccuracy);
  assert.deepEqual(worst[0]!.rgb, PICTURES[1]!.rgb);
  assert.ok(worst[0]!.truth.every((id) => id === 0));

  const page = await evaluationPage(evaluation, await findFfmpeg());
  assert.equal(page.match(/<figure>/g)?.length, 2);
  assert.equal(page.match(/src="data:image\/(png|jpeg);base64,/g)?.length, 8);
  assert.ok(!/(src|href)="(?!data:)/.test(page), "the page refers to something beside itself");
  const mean = (100 * results[0]!.scores.meanIou!).toFixed(1);
  assert.ok(page.includes(`<b>${mean}</b> mean IoU of classes`));
});

Deno.test("evaluate() rejects with the first error, and with the reason of an abort", async (t) => {
  await using folder = await temporaryDirectory();
  await writeCityscapes(folder.path, PICTURES);
  const options = { resolutions: ["quarter"], provider: "cpu", workers: 2 } as const;
  await t.step("abort", async () => {
    const stopping = new AbortController();
    await assert.rejects(
      evaluate(folder.path, {
        ...options,
        signal: stopping.signal,
        onProgress: () => stopping.abort(new Error("enough")),
      }),
      /enough/,
    );
  });
  await t.step("unknown label", async () => {
    const path = folder.join("gtFine", "val", "town", "town_000002_gtFine_labelIds.png");
    await writeLabels(path, SIZE, new Uint8Array(256 * 128).fill(200));
    await assert.rejects(evaluate(folder.path, options), /label 200 at column 0, row 0 is none of/);
  });
  await t.step("nothing labelled", async () => {
    for (const index of [0, 1, 2]) {
      const path = folder.join("gtFine", "val", "town", `town_00000${index}_gtFine_labelIds.png`);
      await writeLabels(path, SIZE, new Uint8Array(256 * 128));
    }
    await assert.rejects(evaluate(folder.path, options), /no pixel of its split "val" is labelled/);
  });
  await t.step("unknown model", async () => {
    await assert.rejects(evaluate(folder.path, { ...options, model: "none" }), {
      name: "ModelError",
    });
  });
  await t.step("no resolution", async () => {
    await assert.rejects(evaluate(folder.path, { resolutions: [] }), RangeError);
  });
});

Deno.test("formatEvaluation() and toJson() tell the same", async () => {
  await using folder = await temporaryDirectory();
  await writeCityscapes(folder.path, PICTURES.slice(0, 1));
  const evaluation = await evaluate(folder.path, {
    resolutions: ["full", "half", "quarter", SIZE, { width: 64, height: 32 }, {
      width: 96,
      height: 64,
    }],
    provider: "cpu",
    workers: 1,
  });
  const text = formatEvaluation(evaluation);
  for (const line of text.split("\n")) assert.ok(line.length <= 80, line);
  const json = JSON.parse(JSON.stringify(toJson(evaluation)));
  assert.equal(json.results.length, 6);
  const mean = (100 * json.results[0].meanIou).toFixed(1);
  assert.match(text, new RegExp(`^mean of classes +${mean.replace(".", "\\.")} `, "m"));
  // Six columns do not fit: the sixth begins a block of its own.
  assert.equal(text.match(/^pixel accuracy/gm)?.length, 2);
  const absent = json.results[0].classes.find((each: { iou: number | null }) => each.iou === null);
  if (absent !== undefined) assert.match(text, new RegExp(`^${absent.name} .*–`, "m"));
  assert.equal(LABEL_ID_OF_TRAIN_ID.length, json.classes.length);
});

const camvid = shared("data/camvid");
Deno.test({
  name: camvid.name("evaluate() of the shipped weights on a few pictures of CamVid is plausible"),
  ignore: camvid.ignore,
  async fn() {
    const { results } = await evaluate(camvid.path, { resolutions: ["quarter"], limit: 6 });
    const { pixelAccuracy, meanIou } = results[0]!.scores;
    // All 58 in PyTorch: 88.3% of the pixels and a mean IoU of 58.1 (README of the weights).
    assert.ok(pixelAccuracy! > 0.84 && pixelAccuracy! < 0.93, `pixel accuracy ${pixelAccuracy}`);
    assert.ok(meanIou! > 0.48 && meanIou! < 0.68, `mean IoU ${meanIou}`);
  },
});

/** All but the last column and row of 256×128 pixels of `channels` bytes. */
function cut(pixels: Uint8Array, channels: number): Uint8Array<ArrayBuffer> {
  const rows = Array.from({ length: 127 }, (_, row) => {
    const start = row * 256 * channels;
    return [...pixels.subarray(start, start + 255 * channels)];
  });
  return Uint8Array.from(rows.flat());
}
