import type { Size } from "../frame/geometry.ts";

/** Weights are fixed point with this many fractional bits. */
const WEIGHT_BITS = 7;
const WEIGHT_ONE = 1 << WEIGHT_BITS;

/** From this factor on a shrinking resize averages over the pixels that it would skip. */
const ANTIALIAS_FROM = 2;

/** For each output sample: the first input sample that counts, and `taps` weights that sum to one. */
interface Filter {
  readonly taps: number;
  readonly firsts: Int32Array;
  readonly weights: Int32Array;
}

/**
 * Resizes one 8-bit plane in a single pass over its rows.
 *
 * Bilinear with half-pixel centres, as the network's training resized its images; when it shrinks by
 * more than 2 the triangle widens with the factor, so that every input sample counts (what Pillow
 * calls `BILINEAR`, and PyTorch `antialias=True`). Weights have 7 bits: an output sample is within
 * one code of the exact one.
 *
 * Memory: allocates nothing after construction. Thread: any, one at a time.
 */
export class PlaneResampler {
  readonly from: Size;
  readonly to: Size;
  readonly #horizontal: Filter;
  readonly #vertical: Filter;
  /** One row of vertically filtered samples. */
  readonly #row: Uint16Array;

  constructor(from: Size, to: Size) {
    this.from = from;
    this.to = to;
    this.#horizontal = triangleFilter(from.width, to.width);
    this.#vertical = triangleFilter(from.height, to.height);
    this.#row = new Uint16Array(from.width);
  }

  /** Reads `source` (from.width · from.height bytes) and writes all of `target`. */
  run(source: Uint8Array, target: Uint8Array): void {
    const { from, to } = this;
    if (from.width === to.width && from.height === to.height) {
      target.set(source);
      return;
    }
    for (let y = 0; y < to.height; y++) {
      this.#filterRows(source, y);
      this.#filterColumns(target, y * to.width);
    }
  }

  /** Output row `y`, still at the input's width, with `WEIGHT_BITS` fractional bits. */
  #filterRows(source: Uint8Array, y: number): void {
    const { width } = this.from;
    const { taps, firsts, weights } = this.#vertical;
    const row = this.#row;
    const top = firsts[y]! * width;
    if (taps === 2) {
      const upper = weights[2 * y]!;
      const lower = weights[2 * y + 1]!;
      const bottom = top + width;
      if (lower === 0) {
        for (let x = 0; x < width; x++) row[x] = source[top + x]! << WEIGHT_BITS;
        return;
      }
      for (let x = 0; x < width; x++) {
        row[x] = upper * source[top + x]! + lower * source[bottom + x]!;
      }
      return;
    }
    row.fill(0);
    for (let tap = 0; tap < taps; tap++) {
      const weight = weights[taps * y + tap]!;
      if (weight === 0) continue;
      const start = top + tap * width;
      for (let x = 0; x < width; x++) row[x]! += weight * source[start + x]!;
    }
  }

  #filterColumns(target: Uint8Array, start: number): void {
    const { width } = this.to;
    const { taps, firsts, weights } = this.#horizontal;
    const row = this.#row;
    const shift = 2 * WEIGHT_BITS;
    const half = 1 << (shift - 1);
    if (taps === 2) {
      for (let x = 0; x < width; x++) {
        const first = firsts[x]!;
        target[start + x] =
          (weights[2 * x]! * row[first]! + weights[2 * x + 1]! * row[first + 1]! + half) >> shift;
      }
      return;
    }
    for (let x = 0; x < width; x++) {
      const first = firsts[x]!;
      let sum = half;
      for (let tap = 0; tap < taps; tap++) sum += weights[taps * x + tap]! * row[first + tap]!;
      target[start + x] = sum >> shift;
    }
  }
}

/** A triangle of half-width max(1, shrink factor) around each output sample's centre. */
function triangleFilter(from: number, to: number): Filter {
  const factor = from / to;
  const radius = factor > ANTIALIAS_FROM ? factor : 1;
  const taps = Math.min(from, radius === 1 ? 2 : Math.ceil(2 * radius) + 1);
  const firsts = new Int32Array(to);
  const weights = new Int32Array(to * taps);
  const exact = new Float64Array(taps);
  for (let i = 0; i < to; i++) {
    const centre = Math.min(from - 0.5, Math.max(0.5, (i + 0.5) * factor));
    const first = Math.min(from - taps, Math.max(0, Math.ceil(centre - radius - 0.5)));
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const distance = Math.abs(first + tap + 0.5 - centre) / radius;
      exact[tap] = Math.max(0, 1 - distance);
      sum += exact[tap]!;
    }
    // The largest weight takes what rounding leaves, so that a flat plane stays as it is.
    let rest = WEIGHT_ONE;
    let largest = 0;
    for (let tap = 0; tap < taps; tap++) {
      const weight = Math.round(exact[tap]! / sum * WEIGHT_ONE);
      weights[i * taps + tap] = weight;
      rest -= weight;
      if (exact[tap]! > exact[largest]!) largest = tap;
    }
    weights[i * taps + largest]! += rest;
    firsts[i] = first;
  }
  return { taps, firsts, weights };
}
