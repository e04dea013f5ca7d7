import type { Size } from "../frame/geometry.ts";

/** Weights are fixed point with this many fractional bits; they sum to one. */
const WEIGHT_BITS = 8;
const WEIGHT_ONE = 1 << WEIGHT_BITS;
const HALF = WEIGHT_ONE >> 1;

/** From this factor on a shrinking resize averages over the pixels that it would skip. */
const ANTIALIAS_FROM = 2;

/** Every other byte of a word: two lanes of 16 bits, in which 255 · WEIGHT_ONE + HALF has room. */
const LANES = 0x00ff00ff;
const LANES_HALF = HALF << 16 | HALF;
const LANE_BITS = 16;
const BYTES_PER_WORD = 4;

/** For each output sample: the first input sample that counts, and `taps` weights that sum to one. */
interface Filter {
  readonly taps: number;
  readonly firsts: Int32Array;
  readonly weights: Int32Array;
}

/** Vertically filtered samples, and the same as words. */
interface Row {
  readonly samples: Uint8Array;
  readonly words: Uint32Array;
}

/**
 * Resizes one 8-bit plane, two rows at a time: first what lies above each other, then along the rows.
 *
 * Bilinear with half-pixel centres, as the network's training resized its images; when it shrinks by
 * more than 2 the triangle widens with the factor, so that every input sample counts (what Pillow
 * calls `BILINEAR`, and PyTorch `antialias=True`). An output sample is within 2 codes of the exact
 * one: weights have 8 bits, and each direction rounds once.
 *
 * Memory: allocates only views after construction. Thread: any, one at a time. Fastest where the
 * width is a multiple of 4 and the plane starts at one: then four samples are filtered at once.
 */
export class PlaneResampler {
  readonly from: Size;
  readonly to: Size;
  readonly #horizontal: Filter;
  readonly #vertical: Filter;
  readonly #keepsWidth: boolean;
  readonly #upper: Row;
  readonly #lower: Row;

  constructor(from: Size, to: Size) {
    this.from = from;
    this.to = to;
    this.#horizontal = triangleFilter(from.width, to.width);
    this.#vertical = triangleFilter(from.height, to.height);
    this.#keepsWidth = from.width === to.width;
    this.#upper = allocateRow(from.width);
    this.#lower = allocateRow(from.width);
  }

  /** Reads `source` (from.width · from.height bytes) and writes all of `target`. */
  run(source: Uint8Array, target: Uint8Array): void {
    const { from, to } = this;
    if (this.#keepsWidth && from.height === to.height) {
      target.set(source);
      return;
    }
    const words = wordsOf(source, from.width);
    for (let y = 0; y < to.height; y += 2) {
      const next = Math.min(y + 1, to.height - 1); // the last row of an odd height is its own pair
      if (words) {
        this.#filterWords(words, y, this.#upper.words);
        this.#filterWords(words, next, this.#lower.words);
      } else {
        this.#filterBytes(source, y, this.#upper.samples);
        this.#filterBytes(source, next, this.#lower.samples);
      }
      if (this.#keepsWidth) {
        target.set(this.#upper.samples, y * to.width);
        target.set(this.#lower.samples, next * to.width);
      } else {
        this.#filterColumns(target, y * to.width, next * to.width);
      }
    }
  }

  /** Row `y` of the output, still at the input's width. */
  #filterBytes(source: Uint8Array, y: number, row: Uint8Array): void {
    const { width } = this.from;
    const { taps, firsts, weights } = this.#vertical;
    const top = firsts[y]! * width;
    for (let x = 0; x < width; x++) {
      let sum = HALF;
      for (let tap = 0; tap < taps; tap++) {
        sum += weights[taps * y + tap]! * source[top + tap * width + x]!;
      }
      row[x] = sum >> WEIGHT_BITS;
    }
  }

  /** The same, four samples at a time in the lanes of two integers. */
  #filterWords(source: Uint32Array, y: number, row: Uint32Array): void {
    const { taps, firsts, weights } = this.#vertical;
    const width = row.length;
    const top = firsts[y]! * width;
    if (taps === 2) {
      const bottom = top + width;
      const upper = weights[2 * y]!;
      const lower = weights[2 * y + 1]!;
      for (let x = 0; x < width; x++) {
        const a = source[top + x]!;
        const b = source[bottom + x]!;
        const even = Math.imul(a & LANES, upper) + Math.imul(b & LANES, lower) + LANES_HALF;
        const odd = Math.imul(a >>> 8 & LANES, upper) + Math.imul(b >>> 8 & LANES, lower) +
          LANES_HALF;
        row[x] = even >>> WEIGHT_BITS & LANES | odd & ~LANES;
      }
      return;
    }
    for (let x = 0; x < width; x++) {
      let even = LANES_HALF;
      let odd = LANES_HALF;
      for (let tap = 0; tap < taps; tap++) {
        const word = source[top + tap * width + x]!;
        const weight = weights[taps * y + tap]!;
        even = even + Math.imul(word & LANES, weight) | 0;
        odd = odd + Math.imul(word >>> 8 & LANES, weight) | 0;
      }
      row[x] = even >>> WEIGHT_BITS & LANES | odd & ~LANES;
    }
  }

  /** Both rows at the output's width, a lane each. */
  #filterColumns(target: Uint8Array, start: number, next: number): void {
    const { width } = this.to;
    const { taps, firsts, weights } = this.#horizontal;
    const upper = this.#upper.samples;
    const lower = this.#lower.samples;
    if (taps === 2) {
      for (let x = 0; x < width; x++) {
        const first = firsts[x]!;
        const left = upper[first]! | lower[first]! << LANE_BITS;
        const right = upper[first + 1]! | lower[first + 1]! << LANE_BITS;
        // A lane's difference may borrow from the one above, and the sum gives it back: it is the
        // same integer, modulo 2³², as the two products that it saves one of.
        const both = (left << WEIGHT_BITS) + Math.imul(right - left, weights[2 * x + 1]!) +
            LANES_HALF | 0;
        target[start + x] = both >>> WEIGHT_BITS;
        target[next + x] = both >>> LANE_BITS + WEIGHT_BITS;
      }
      return;
    }
    for (let x = 0; x < width; x++) {
      const first = firsts[x]!;
      let both = LANES_HALF;
      for (let tap = 0; tap < taps; tap++) {
        const samples = upper[first + tap]! | lower[first + tap]! << LANE_BITS;
        both = both + Math.imul(samples, weights[taps * x + tap]!) | 0;
      }
      target[start + x] = both >>> WEIGHT_BITS;
      target[next + x] = both >>> LANE_BITS + WEIGHT_BITS;
    }
  }
}

function allocateRow(width: number): Row {
  const words = new Uint32Array(Math.ceil(width / BYTES_PER_WORD));
  return { words, samples: new Uint8Array(words.buffer, 0, width) };
}

/** The plane as words, where its rows are whole ones; undefined where not. */
function wordsOf(plane: Uint8Array, width: number): Uint32Array | undefined {
  const { buffer, byteOffset, byteLength } = plane;
  if (width % BYTES_PER_WORD !== 0 || byteOffset % BYTES_PER_WORD !== 0) return undefined;
  return new Uint32Array(buffer, byteOffset, byteLength / BYTES_PER_WORD);
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
