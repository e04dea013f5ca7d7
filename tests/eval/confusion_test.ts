import assert from "node:assert/strict";
import fc from "fast-check";
import { ConfusionMatrix } from "../../src/eval/confusion.ts";
import { IGNORE_LABEL } from "../../src/frame/classes.ts";

Deno.test("count() counts by true and predicted class, without what is ignored", () => {
  const matrix = new ConfusionMatrix(3);
  // By hand: truth 0 is taken for 0, 0 and 1; truth 1 for 1 and for none; truth 2 for 0.
  matrix.count(
    Uint8Array.of(0, 0, 0, 1, 1, 2, IGNORE_LABEL, IGNORE_LABEL),
    Uint8Array.of(0, 0, 1, 1, 3, 0, 0, 2),
  );
  assert.deepEqual(matrix.rows(), [[2, 1, 0, 0], [0, 1, 0, 1], [1, 0, 0, 0]]);
  assert.equal(matrix.at(1, 3), 1);
});

Deno.test("count() takes every prediction beyond the classes for none of them", () => {
  const matrix = new ConfusionMatrix(2);
  matrix.count(Uint8Array.of(0, 0, 0), Uint8Array.of(2, 100, 255));
  assert.deepEqual(matrix.rows(), [[0, 0, 3], [0, 0, 0]]);
});

Deno.test("count() refuses lengths that differ and a truth that is no class", () => {
  const matrix = new ConfusionMatrix(2);
  assert.throws(() => matrix.count(new Uint8Array(3), new Uint8Array(4)), RangeError);
  assert.throws(() => matrix.count(Uint8Array.of(2), Uint8Array.of(0)), /class 2 of 2/);
});

Deno.test("add() of parts equals count() of the whole", () => {
  const labels = fc.uint8Array({ maxLength: 60, max: 4 });
  fc.assert(fc.property(labels, labels, (truth, other) => {
    const length = Math.min(truth.length, other.length);
    const [a, b] = [truth.slice(0, length), other.slice(0, length)];
    const whole = new ConfusionMatrix(5);
    whole.count(a, b);
    const sum = new ConfusionMatrix(5);
    const cut = length >> 1;
    for (const [from, to] of [[0, cut], [cut, length]] as const) {
      const part = new ConfusionMatrix(5);
      part.count(a.subarray(from, to), b.subarray(from, to));
      sum.add(part);
    }
    assert.deepEqual(sum.rows(), whole.rows());
    assert.equal(sum.counts.reduce((total, count) => total + count, 0), length);
  }));
});

Deno.test("add() and the constructor refuse matrices of other classes", () => {
  assert.throws(() => new ConfusionMatrix(2).add(new ConfusionMatrix(3)), RangeError);
  assert.throws(() => new ConfusionMatrix(2, new Float64Array(4)), RangeError);
});
