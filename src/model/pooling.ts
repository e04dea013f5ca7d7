/** A row-major matrix. */
export interface Matrix {
  /** Length of its product with a vector. */
  readonly rows: number;
  /** Length of the vectors it multiplies. */
  readonly columns: number;
  /** rows · columns values. */
  readonly data: Float32Array;
}

/**
 * [bins, length]: row b averages the inputs ⌊b·length/bins⌋ up to, and without,
 * ⌈(b+1)·length/bins⌉, as PyTorch's `adaptive_avg_pool2d` does along each axis. Bins overlap where
 * they do not divide the length, and repeat where there are more of them than inputs.
 */
export function adaptivePoolMatrix(length: number, bins: number): Matrix {
  const data = new Float32Array(bins * length);
  for (let bin = 0; bin < bins; bin++) {
    const start = Math.floor(bin * length / bins);
    const end = Math.ceil((bin + 1) * length / bins);
    data.fill(1 / (end - start), bin * length + start, bin * length + end);
  }
  return { rows: bins, columns: length, data };
}

/** The matrix with rows and columns exchanged. */
export function transposeMatrix({ rows, columns, data }: Matrix): Matrix {
  const transposed = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      transposed[column * rows + row] = data[row * columns + column]!;
    }
  }
  return { rows: columns, columns: rows, data: transposed };
}
