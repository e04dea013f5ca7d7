import assert from "node:assert/strict";
import { adaptivePoolMatrix, transposeMatrix } from "../../src/model/pooling.ts";

// Bins by hand from ⌊b·n/bins⌋ to ⌈(b+1)·n/bins⌉, as PyTorch documents adaptive_avg_pool.
const CASES = [
  { length: 4, bins: 1, expected: [[0.25, 0.25, 0.25, 0.25]] },
  { length: 4, bins: 2, expected: [[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]] },
  { name: "which overlap", length: 3, bins: 2, expected: [[0.5, 0.5, 0], [0, 0.5, 0.5]] },
  {
    name: "which overlap unevenly",
    length: 5,
    bins: 3,
    expected: [[0.5, 0.5, 0, 0, 0], [0, 1 / 3, 1 / 3, 1 / 3, 0], [0, 0, 0, 0.5, 0.5]],
  },
  { name: "which repeat", length: 2, bins: 3, expected: [[1, 0], [0.5, 0.5], [0, 1]] },
];

for (const { name = "", length, bins, expected } of CASES) {
  Deno.test(
    `adaptivePoolMatrix() averages ${length} inputs into ${bins} bins ${name}`.trim(),
    () => {
      const matrix = adaptivePoolMatrix(length, bins);
      assert.deepEqual([matrix.rows, matrix.columns], [bins, length]);
      assert.deepEqual([...matrix.data], expected.flat().map(Math.fround));
    },
  );
}

Deno.test("transposeMatrix() exchanges rows and columns", () => {
  const matrix = { rows: 2, columns: 3, data: Float32Array.of(1, 2, 3, 4, 5, 6) };
  assert.deepEqual(transposeMatrix(matrix), {
    rows: 3,
    columns: 2,
    data: Float32Array.of(1, 4, 2, 5, 3, 6),
  });
});
