import assert from "node:assert/strict";
import fc from "fast-check";
import { ConfusionMatrix } from "../../src/eval/confusion.ts";
import { scoreConfusion, type Scores } from "../../src/eval/scores.ts";
import {
  CITYSCAPES_CLASSES,
  IGNORE_LABEL,
  type SegmentationClass,
} from "../../src/frame/classes.ts";
import { StreetScene } from "../../src/source/street.ts";

const SIZE = { width: 256, height: 128 };

Deno.test("scoreConfusion() agrees with a matrix worked by hand", () => {
  // road 8 of 10, 2 taken for car; car 3 of 4, 1 for road; truck 1 of 2, 1 for car.
  const matrix = matrixOf([
    [8, 2, 0, 0],
    [1, 3, 0, 0],
    [0, 1, 1, 0],
  ]);
  const scores = scoreConfusion(matrix, pick("road", "car", "truck"));
  // road 8/(10+1), car 3/(4+3), truck 1/(2+0)
  assertClose(ious(scores.classes), [8 / 11, 3 / 7, 1 / 2]);
  assertClose([scores.meanIou], [(8 / 11 + 3 / 7 + 1 / 2) / 3]);
  // flat 8/(10+1); vehicle: 3+1+1 of 6, and 2 false positives
  assert.deepEqual(scores.categories.map(({ name }) => name), ["flat", "vehicle"]);
  assertClose(ious(scores.categories), [8 / 11, 5 / 8]);
  assertClose([scores.meanCategoryIou], [(8 / 11 + 5 / 8) / 2]);
  assertClose([scores.pixelAccuracy], [12 / 16]);
  assert.deepEqual(scores.classes.map(({ pixels }) => pixels), [10, 4, 2]);
  assert.equal(scores.pixels, 16);
});

Deno.test("scoreConfusion() counts a prediction of no class as a miss and as no false positive", () => {
  const scores = scoreConfusion(matrixOf([[6, 0, 4], [0, 5, 0]]), pick("road", "car"));
  assertClose(ious(scores.classes), [6 / 10, 1]);
  assertClose([scores.pixelAccuracy], [11 / 15]);
});

Deno.test("scoreConfusion() leaves a class out that is neither true nor predicted", () => {
  const scores = scoreConfusion(
    matrixOf([[3, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]),
    pick("road", "car", "sky"),
  );
  // car was never there but was predicted: that is an IoU of 0, and it counts.
  assert.deepEqual(ious(scores.classes), [3 / 4, 0, undefined]);
  assertClose([scores.meanIou], [3 / 8]);
  assert.deepEqual(ious(scores.categories), [3 / 4, 0, undefined]);
});

Deno.test("scoreConfusion() has no scores, when nothing is labelled", () => {
  const scores = scoreConfusion(new ConfusionMatrix(2), pick("road", "car"));
  assert.equal(scores.meanIou, undefined);
  assert.equal(scores.meanCategoryIou, undefined);
  assert.equal(scores.pixelAccuracy, undefined);
});

Deno.test("scoreConfusion() gives 100% to labels compared with themselves", () => {
  const { labels } = streetLabels();
  labels.fill(IGNORE_LABEL, 0, 500);
  const scores = score(labels, labels);
  assert.equal(scores.meanIou, 1);
  assert.equal(scores.meanCategoryIou, 1);
  assert.equal(scores.pixelAccuracy, 1);
  assert.ok(ious(scores.classes).every((iou) => iou === 1 || iou === undefined));
});

Deno.test("scoreConfusion() gives shuffled labels what chance gives them", () => {
  const { labels, shares } = streetLabels();
  const scores = score(labels, shuffle(labels, 5));
  // A class with the share p is hit by chance in p² of the pixels; its union is 2p − p².
  for (const [id, { iou, name }] of scores.classes.entries()) {
    const share = shares[id]!;
    if (share === 0) assert.equal(iou, undefined);
    else assert.ok(Math.abs(iou! - share / (2 - share)) < 0.01, `${name}: ${iou}, share ${share}`);
  }
  const byChance = shares.reduce((sum, share) => sum + share ** 2, 0);
  assert.ok(Math.abs(scores.pixelAccuracy! - byChance) < 0.01);
});

Deno.test("scoreConfusion() is within 0 and 1, and 1 only when nothing is wrong", () => {
  fc.assert(fc.property(counts(3), (rows) => {
    const scores = scoreConfusion(matrixOf(rows), pick("road", "car", "truck"));
    for (const value of [...ious(scores.classes), ...ious(scores.categories)]) {
      assert.ok(value === undefined || (value >= 0 && value <= 1));
    }
    const wrong = rows.flatMap((row, truth) => row.filter((_, predicted) => predicted !== truth));
    const isPerfect = scores.pixelAccuracy === undefined || scores.pixelAccuracy === 1;
    assert.equal(isPerfect, wrong.every((count) => count === 0));
    if (scores.meanIou !== undefined) assert.equal(scores.meanIou === 1, isPerfect);
  }));
});

Deno.test("scoreConfusion() does not depend on the order of the classes", () => {
  const classes = pick("road", "car", "truck");
  fc.assert(fc.property(counts(3), fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (rows, to) => {
    const moved = to.map((row) => [...to.map((column) => rows[row]![column]!), rows[row]![3]!]);
    const before = scoreConfusion(matrixOf(rows), classes);
    const after = scoreConfusion(matrixOf(moved), to.map((id) => classes[id]!));
    assert.deepEqual(ious(after.classes), to.map((id) => before.classes[id]!.iou));
    assertClose([after.meanIou], [before.meanIou]);
    assertClose([after.meanCategoryIou], [before.meanCategoryIou]);
  }));
});

Deno.test("scoreConfusion() has the IoU of truth and prediction exchanged, when all are classes", () => {
  fc.assert(fc.property(counts(4), (rows) => {
    const square = rows.map((row) => [...row.slice(0, 4), 0]);
    const turned = square.map((_, row) => [...square.map((from) => from[row]!), 0]);
    const classes = CITYSCAPES_CLASSES.slice(0, 4);
    assert.deepEqual(
      ious(scoreConfusion(matrixOf(turned), classes).classes),
      ious(scoreConfusion(matrixOf(square), classes).classes),
    );
  }));
});

/** Rows of random counts, a column for none of the classes at the end. */
function counts(classes: number): fc.Arbitrary<number[][]> {
  const count = fc.oneof(fc.constant(0), fc.nat(1000));
  const row = fc.array(count, { minLength: classes + 1, maxLength: classes + 1 });
  return fc.array(row, { minLength: classes, maxLength: classes });
}

function matrixOf(rows: readonly (readonly number[])[]): ConfusionMatrix {
  return new ConfusionMatrix(rows.length, Float64Array.from(rows.flat()));
}

function pick(...names: string[]): SegmentationClass[] {
  return names.map((name) => CITYSCAPES_CLASSES.find((each) => each.name === name)!);
}

function ious(scores: Scores["classes"]): (number | undefined)[] {
  return scores.map(({ iou }) => iou);
}

function assertClose(
  actual: readonly (number | undefined)[],
  expected: readonly (number | undefined)[],
): void {
  assert.equal(actual.length, expected.length);
  for (const [index, value] of actual.entries()) {
    const wanted = expected[index];
    if (value === undefined || wanted === undefined) assert.equal(value, wanted);
    else assert.ok(Math.abs(value - wanted) < 1e-12, `${value}, not ${wanted}`);
  }
}

function score(truth: Uint8Array, predicted: Uint8Array): Scores {
  const matrix = new ConfusionMatrix(CITYSCAPES_CLASSES.length);
  matrix.count(truth, predicted);
  return scoreConfusion(matrix, CITYSCAPES_CLASSES);
}

function streetLabels(): { labels: Uint8Array; shares: number[] } {
  const area = SIZE.width * SIZE.height;
  const labels = new Uint8Array(area);
  new StreetScene({ size: SIZE, seed: 1 }).draw(0, new Uint8Array(1.5 * area), labels);
  const shares = CITYSCAPES_CLASSES.map((_, id) => labels.filter((each) => each === id).length);
  return { labels, shares: shares.map((pixels) => pixels / area) };
}

/** Fisher and Yates' shuffle, with a small generator of its own (mulberry32) for the same order. */
function shuffle(labels: Uint8Array, seed: number): Uint8Array {
  const shuffled = labels.slice();
  let state = seed;
  const random = () => {
    state = (state + 0x6D2B79F5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}
